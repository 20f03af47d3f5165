/** The last ten events at a glance, as they come. */

import { h, put } from "../app/element.js";
import { ago, full, in_file, offset, score, time_of } from "../app/format.js";
import { empty, failure } from "../app/notices.js";
import { play_button } from "./clip_player.js";

const AGING_MS = 5000;

/** Return the card; it follows the model until *signal*. */
export function recent(app, signal) {
  const { model } = app;
  const box = h("div");
  const list = h("ol");
  let rows = []; // {event, node, time, gone}
  const all = h("a", { href: "/events", class: "small" }, "All events");
  model.addEventListener("events", () => show(true), { signal });
  model.addEventListener("trouble", () => model.events || show(false), { signal });
  const ticking = setInterval(age, AGING_MS);
  signal.addEventListener("abort", () => {
    clearInterval(ticking);
    for (const { gone } of rows) gone.abort();
  });
  show(false);
  return h("section", { class: "card recent" }, h("header", {}, h("h2", { class: "grow" }, "Recent events"), all), box);

  function show(live) {
    const { events, trouble } = model;
    if (!events && trouble)
      return put(
        box,
        failure(trouble, () => model.refresh()),
      );
    if (!events) return put(box, h("p", { class: "muted inside small" }, "Waiting for flowrun…"));
    if (!events.length) {
      return put(
        box,
        empty("events", "No events yet", "When the flow recognises something, it appears here within a second or two."),
      );
    }
    if (list.parentNode !== box) put(box, list);
    return draw(events, live);
  }

  /** Change only what is new, so that what is under a finger or has the focus stays. */
  function draw(events, live) {
    const before = new Map(rows.map((row) => [row.event.id, row]));
    rows = events.map((event) => {
      const known = before.get(event.id);
      return known && same(known.event, event) ? known : made(event, live && !known);
    });
    for (const row of before.values()) {
      if (rows.includes(row)) continue;
      row.gone.abort();
      row.node.remove();
    }
    rows.forEach(({ node }, i) => list.children[i] !== node && list.insertBefore(node, list.children[i] ?? null));
  }

  function made(event, fresh) {
    const gone = new AbortController();
    const time = h(
      "time",
      { class: "muted small", datetime: time_of(event), title: full(time_of(event)) },
      since(event),
    );
    const name = h("a", { href: `/events/${encodeURIComponent(event.id)}`, class: "ellipsis" }, event.label);
    const place = model.streams.length > 1 && h("span", { class: "muted small ellipsis" }, ` · ${event.stream}`);
    const words = h(
      "div",
      { class: "grow" },
      h("div", { class: "row" }, name),
      h("div", { class: "ellipsis" }, time, place),
    );
    const node = h(
      "li",
      { class: fresh ? "fresh" : "" },
      play_button(event, gone.signal),
      words,
      h("span", { class: "figures muted" }, score(event.score)),
    );
    return { event, node, time, gone };
  }

  function age() {
    for (const { event, time } of rows) time.textContent = since(event);
  }
}

const since = (event) => (in_file(event) ? `at ${offset(event.start_s)}` : ago(time_of(event)));
const same = (a, b) =>
  ["label", "score", "clip", "stream"].every((key) => a[key] === b[key]) && time_of(a) === time_of(b);
