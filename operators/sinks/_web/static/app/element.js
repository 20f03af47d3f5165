/** Elements from plain data. Text is always text: no label and no file name can become markup. */

const SVG = "http://www.w3.org/2000/svg";

/** Return an HTML element; a property `onclick` is a listener, `true` an attribute without a value. */
export function h(tag, properties, ...children) {
  return fill(document.createElement(tag), properties, children);
}

/** Return an element of SVG. */
export function s(tag, properties, ...children) {
  return fill(document.createElementNS(SVG, tag), properties, children);
}

/** Put *children* into *node* in place of what it holds. */
export function put(node, ...children) {
  node.replaceChildren(...present(children));
  return node;
}

/** Set custom properties of CSS; the page's policy refuses `style` attributes, and this is none. */
export function look(node, values) {
  for (const [name, value] of Object.entries(values)) node.style.setProperty(name, value);
  return node;
}

function fill(node, properties, children) {
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...present(children));
  return node;
}

function present(children) {
  return children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
}
