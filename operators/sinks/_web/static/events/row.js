/** One event in the list of all. */

import { h, look } from "../app/element.js";
import { duration, full, in_file, offset, score, time_of, when } from "../app/format.js";
import { play_button } from "./clip_player.js";
import { picture } from "./picture.js";
import { verdict } from "./verdict.js";

/** Return the row of *event*, which follows what plays until *until*; *placed*: it names its stream. */
export function row(event, until, placed) {
  const path = `/events/${encodeURIComponent(event.id)}`;
  const seen = event.spectrogram ? picture(event, "") : h("span", { class: "muted small" }, "No clip");
  const about = [
    h("time", { datetime: time_of(event), title: full(time_of(event)) }, when(time_of(event))),
    in_file(event) && `at ${offset(event.start_s)}`,
    duration(event.end_s - event.start_s),
    placed && event.stream,
  ]
    .filter(Boolean)
    .flatMap((part, i) => (i ? [" · ", part] : [part]));
  return h(
    "li",
    {},
    play_button(event, until),
    h("a", { class: "thumb", href: path, tabindex: "-1", "aria-hidden": "true" }, seen),
    h(
      "div",
      { class: "words" },
      h("a", { href: path, class: "ellipsis" }, event.label),
      h("p", { class: "muted small ellipsis" }, about),
      h("p", { class: "muted small reason ellipsis", title: event.reason }, event.reason),
    ),
    h(
      "div",
      { class: "strength" },
      h("span", { class: "figures" }, score(event.score)),
      h("div", { class: "bar", "aria-hidden": "true" }, look(h("i"), { "--share": event.score })),
    ),
    verdict(event),
  );
}
