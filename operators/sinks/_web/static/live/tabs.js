/** One tab per stream, each with its state and its level, so that all are seen at a glance. */

import { h, look, put } from "../app/element.js";
import { told } from "../app/states.js";

const SPAN_DB = 60;

/** Return the tabs, hidden where there is one stream; *select* is called with the one that is chosen. */
export function tabs(model, signal, select) {
  const node = h("div", { class: "tabs", role: "tablist", "aria-label": "Streams", onkeydown: walk });
  let made = new Map();
  model.addEventListener(
    "audio",
    ({ detail }) => {
      const level = made.get(detail.stream)?.level;
      if (level) look(level, { "--share": Math.max(0, 1 + detail.rms_db / SPAN_DB) });
    },
    { signal },
  );

  function show(shown) {
    const names = model.streams;
    node.hidden = names.length < 2;
    if (names.join("\n") !== [...made.keys()].join("\n")) {
      made = new Map(names.map((name) => [name, tab(name)]));
      put(
        node,
        [...made.values()].map(({ button }) => button),
      );
    }
    for (const [name, { button, dot, words }] of made) {
      const stream = model.state?.streams.find((one) => one.name === name);
      const state = told(stream?.state ?? "starting");
      button.setAttribute("aria-selected", name === shown);
      button.tabIndex = name === shown ? 0 : -1;
      dot.className = `dot ${state.tone}`;
      words.textContent = state.tone === "good" ? "" : state.name; // a colour alone says nothing to many
    }
  }

  function tab(name) {
    const dot = h("i", { class: "dot" });
    const level = h("i");
    const words = h("span", { class: "small" });
    const row = h("span", { class: "row wrap" }, dot, h("span", { class: "ellipsis name", title: name }, name), words);
    return {
      dot,
      level,
      words,
      button: h(
        "button",
        { type: "button", role: "tab", "aria-controls": "stream", onclick: () => select(name) },
        row,
        h("span", { class: "bar", "aria-hidden": "true" }, level),
      ),
    };
  }

  function walk(press) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[press.key];
    if (!step) return;
    press.preventDefault();
    const all = [...made.keys()];
    const at = all.findIndex((name) => made.get(name).button === document.activeElement);
    const name = all[(at + step + all.length) % all.length];
    select(name);
    made.get(name).button.focus();
  }

  return { node, show };
}
