/** What is said where no sound comes: what is wrong, since when, and what to do about it. */

import { h } from "../app/element.js";
import { clock } from "../app/format.js";
import { icon } from "../app/icons.js";
import { STATES, told } from "../app/states.js";

/** Return the notice of a stream's state, or null where it listens. */
export function trouble(stream) {
  const state = told(stream.state);
  if (!state.what) return null;
  const since = stream.since && `since ${clock(stream.since)}`;
  const heading = h("p", { class: "row wrap" }, h("strong", {}, state.name), h("span", { class: "small" }, since));
  const text = h("div", {}, heading, stream.message && h("p", {}, stream.message), h("p", {}, worded(state.what)));
  return h("div", { class: `notice ${state.tone}` }, icon(state.icon), text);
}

/** Return what stands over a picture that has nothing to show; null where there is something. */
export function veil(state, stream, history) {
  if (state?.paused) return over("pause", "Paused", "Nothing is heard and nothing is kept until you resume.");
  if (history?.written) return null;
  if (state?.ended) return over("check", "All is done", "What was found stays here until flowrun is ended.");
  if (!state) return over("clock", "Connecting…", "");
  const told_state = stream && STATES[stream.state];
  if (told_state?.what) return over(told_state.icon, told_state.name, "The picture begins when there is sound.");
  if (!state.ready)
    return over(null, "Loading the model…", "The first start takes some seconds; listening begins by itself.");
  return over(null, "Waiting for sound…", "");
}

function over(name, heading, text) {
  const sign = name ? icon(name) : h("div", { class: "spinner" });
  return h("div", { class: "veil" }, sign, h("h2", {}, heading), text && h("p", {}, text));
}

function worded(text) {
  return text.split("`").map((part, i) => (i % 2 ? h("code", {}, part) : part));
}
