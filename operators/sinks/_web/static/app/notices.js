/** Short messages that come and go, and are read out. */

import { h, put } from "./element.js";
import { icon } from "./icons.js";

const SHOWN_MS = 6000;

/** Show *text*; tone is "" or "bad". */
export function tell(text, tone = "") {
  const box = h("div", { class: `notice ${tone}` }, icon(tone === "bad" ? "warning" : "check"), h("p", {}, text));
  put(document.getElementById("notices"), box);
  setTimeout(() => box.remove(), SHOWN_MS);
}

/** Return the state of something that holds nothing, or could not be had. */
export function empty(name, heading, text, ...more) {
  return h("div", { class: "empty" }, icon(name), h("h2", {}, heading), text && h("p", {}, text), ...more);
}

/** Return what stands for something that is being fetched. */
export const fetching = () => h("div", { class: "empty" }, h("div", { class: "spinner" }), h("p", {}, "Loading…"));

/** Return what is shown when the server refused *what*. */
export function failure(error, again) {
  const retry = h("button", { class: "button", type: "button", onclick: again }, icon("reset"), "Try again");
  return empty("warning", "This could not be loaded", error.message, retry);
}
