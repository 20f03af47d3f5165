/** The text of the flow with line numbers, a little colour, and the state of each step at its line. */

import { h } from "../app/element.js";
import { told } from "../app/states.js";

const PIECES =
  /("(?:[^"\\]|\\.)*"|'(?:[^']|'')*')|(#.*$)|([\w.-]+)(?=\s*:(?:\s|$))|(\$\{[^}]*\}|\$\w+)|(?<![\w-])(-?\d+(?:\.\d+)?(?:e-?\d+)?|true|false|null)(?![\w-])/g;
const KINDS = ["string", "comment", "key", "variable", "number"];

export class Text {
  constructor(yaml, steps) {
    const lines = yaml.replace(/\n$/, "").split("\n");
    this.at = places(lines, steps);
    const by_line = new Map([...this.at].map(([name, line]) => [line, name]));
    this.dots = new Map();
    this.rows = lines.map((line, i) => {
      const name = by_line.get(i);
      const dot = h("i", { class: "dot none" });
      if (name) this.dots.set(name, dot);
      return h(
        "li",
        {},
        name ? dot : h("i"),
        h("span", { class: "number", "aria-hidden": "true" }, String(i + 1)),
        h("span", { class: "line" }, coloured(line)),
      );
    });
    this.node = h("ol", { class: "yaml code", tabindex: "0", "aria-label": "The flow's YAML" }, this.rows);
  }

  show(states) {
    for (const [name, dot] of this.dots) {
      const state = states[name]?.state && told(states[name].state);
      dot.className = `dot ${state ? state.tone : "none"}`;
      dot.title = state ? `${state.name}: ${states[name].message}` : "";
    }
  }

  mark(name) {
    const line = this.at.get(name);
    this.rows.forEach((row, i) => row.classList.toggle("chosen", i === line));
    if (line === undefined) return;
    const { node, rows } = this;
    // Not scrollIntoView: the page itself stays where it is.
    node.scrollTop = rows[line].offsetTop - node.offsetTop - node.clientHeight / 2;
  }
}

/** Return the line of each step: below `steps:`, the first that begins with its name, one level in. */
function places(lines, steps) {
  const from = lines.findIndex((line) => /^steps\s*:/.test(line));
  const found = new Map();
  for (let i = from + 1; from >= 0 && i < lines.length; i++) {
    if (/^[^\s#]/.test(lines[i])) break;
    const key = /^\s+["']?([\w.-]+)["']?\s*:/.exec(lines[i])?.[1];
    if (steps.includes(key) && !found.has(key)) found.set(key, i);
  }
  return found;
}

function coloured(line) {
  const parts = [];
  let end = 0;
  for (const piece of line.matchAll(PIECES)) {
    const kind = KINDS[piece.slice(1).findIndex((text) => text !== undefined)];
    if (kind === "comment" && piece.index && !/\s/.test(line[piece.index - 1])) continue; // a # inside a word
    parts.push(line.slice(end, piece.index), h("span", { class: kind }, piece[0]));
    end = piece.index + piece[0].length;
  }
  return [...parts, line.slice(end) || (parts.length ? "" : " ")];
}
