/** One event: how it sounded and looked, why it was raised, and whether that was right. */

import { get, url } from "../app/api.js";
import { h, look, put } from "../app/element.js";
import { duration, full, in_file, offset, score, time_of } from "../app/format.js";
import { icon } from "../app/icons.js";
import { empty, failure, fetching } from "../app/notices.js";
import { playhead, play_button, position } from "./clip_player.js";
import { picture } from "./picture.js";
import { verdict } from "./verdict.js";

export function mount(page, app, signal, id) {
  const back = h("a", { class: "button quiet", href: "/events" }, icon("back"), "All events");
  const body = h("div", {}, h("section", { class: "card" }, fetching()));
  put(page, h("div", { class: "stack narrow" }, h("div", {}, back), body));
  app.model.addEventListener(
    "event",
    ({ detail }) => detail.event.id === id && !shown_clip && detail.event.clip && load(),
    { signal },
  );
  let shown_clip = false;
  load();

  async function load() {
    try {
      const event = await get(`events/${encodeURIComponent(id)}`, signal);
      shown_clip = event.clip;
      app.title(event.label);
      put(body, shown(event, signal));
    } catch (error) {
      if (signal.aborted) return;
      const gone = error.status === 404 && empty("search", "This event is not there any more", error.message);
      put(body, h("section", { class: "card" }, gone || failure(error, load)));
    }
  }
}

function shown(event, signal) {
  const place = `events/${encodeURIComponent(event.id)}`;
  const player = event.clip
    ? h(
        "div",
        { class: "row player" },
        play_button(event, signal, { wide: true }),
        position(event, signal),
        h(
          "a",
          {
            class: "button bare quiet",
            href: url(`${place}/clip`),
            download: "",
            "aria-label": "Download the clip",
            title: "Download the clip",
          },
          icon("download"),
        ),
      )
    : h("p", { class: "muted" }, "No clip was kept: add a clip_archiver to the flow to hear events again.");
  const strength = h(
    "span",
    { class: "row" },
    h("span", { class: "figures" }, score(event.score)),
    h("span", { class: "bar wide", "aria-hidden": "true" }, look(h("i"), { "--share": event.score })),
  );
  const facts = [
    [in_file(event) ? "Found" : "Heard", h("time", { datetime: time_of(event) }, full(time_of(event)))],
    in_file(event) && ["In the recording", `at ${offset(event.start_s)}`],
    ["Score", strength],
    ["Lasted", duration(event.end_s - event.start_s)],
    ["Stream", event.stream],
    ["Reason", event.reason || "–"],
  ].filter(Boolean);
  return h(
    "article",
    { class: "card detail" },
    event.spectrogram &&
      h("div", { class: "seen" }, picture(event, `Spectrogram of the clip: ${event.label}`), playhead(event, signal)),
    h(
      "div",
      { class: "inside stack" },
      player,
      h(
        "dl",
        { class: "facts" },
        facts.map(([name, value]) => h("div", {}, h("dt", { class: "muted" }, name), h("dd", {}, value))),
      ),
      verdict(event, { asked: true }),
    ),
  );
}
