/** "Was this right?": yes, no, or taken back by a second press. */

import { put as send } from "../app/api.js";
import { h } from "../app/element.js";
import { icon } from "../app/icons.js";
import { tell } from "../app/notices.js";

/** Return the two buttons; *asked*: with the question before them. */
export function verdict(event, { asked = false } = {}) {
  const right = button("right", "check", "Yes");
  const wrong = button("wrong", "cross", "No");
  show();
  return h(
    "div",
    { class: "verdict row", role: "group", "aria-label": `Was this right? ${event.label}` },
    asked && h("span", { class: "muted" }, "Was this right?"),
    right,
    wrong,
  );

  function button(value, sign, words) {
    return h(
      "button",
      {
        type: "button",
        class: `button ${value} ${asked ? "" : "bare"}`,
        title: asked ? "" : `Was this right? ${words}`,
        "aria-label": asked ? undefined : words,
        onclick: () => choose(value),
      },
      icon(sign),
      asked && words,
    );
  }

  function show() {
    right.setAttribute("aria-pressed", event.verdict === "right");
    wrong.setAttribute("aria-pressed", event.verdict === "wrong");
  }

  async function choose(value) {
    const before = event.verdict;
    event.verdict = before === value ? null : value;
    show();
    try {
      await send(`events/${encodeURIComponent(event.id)}/verdict`, { verdict: event.verdict });
    } catch (error) {
      event.verdict = before;
      show();
      tell(error.message, "bad");
    }
  }
}
