/** All events, newest first, by paging and filter. */

import { get, url } from "../app/api.js";
import { h, put } from "../app/element.js";
import { count } from "../app/format.js";
import { icon } from "../app/icons.js";
import { empty, failure, fetching } from "../app/notices.js";
import { filter, KEYS, query } from "./filter.js";
import { row } from "./row.js";

const LIMIT = 10;

export function mount(page, app, signal) {
  const { model } = app;
  let rows = new Map(); // by id
  let missed = 0;
  let drawn = new AbortController();
  const address = () => new URLSearchParams(location.search);
  const bar = h("div");
  const more = h("button", { type: "button", class: "button first", hidden: true, onclick: newest });
  const total = h("span", { class: "muted figures", role: "status" });
  const exported = h(
    "a",
    {
      class: "button",
      href: url("verdicts.zip"),
      download: "verdicts.zip",
      title: "A folder per label, for flows/train_my_sounds.yaml",
    },
    icon("download"),
    "Export verdicts",
  );
  const list = h("div");
  const feet = h("nav", { class: "row paging", "aria-label": "Older and newer events" });
  put(
    page,
    h(
      "div",
      { class: "stack" },
      bar,
      h("div", { class: "row wrap" }, total, more, h("span", { class: "grow" }), exported),
      list,
      feet,
    ),
  );
  signal.addEventListener("abort", () => drawn.abort());
  model.addEventListener("event", ({ detail }) => (detail.first ? came() : changed(detail.event)), { signal });
  let known = { labels: [], streams: [] };
  form();
  load();

  function form() {
    put(
      bar,
      filter(known, address(), (found) => {
        const before = document.activeElement?.id;
        const text = found.size ? `?${found}` : "";
        if (text === location.search) return;
        history.replaceState(null, "", `/events${text}`);
        if (!found.size) form();
        else bar.querySelector(".button").hidden = false;
        if (!document.activeElement?.id && before) document.getElementById(before)?.focus();
        load();
      }),
    );
  }

  function learn({ labels, streams }) {
    if (JSON.stringify({ labels, streams }) === JSON.stringify(known) || bar.contains(document.activeElement)) return;
    known = { labels, streams };
    form();
  }

  async function load() {
    missed = 0;
    more.hidden = true;
    drawn.abort();
    const { signal: until } = (drawn = new AbortController());
    if (!list.firstChild) put(list, h("section", { class: "card" }, fetching()));
    try {
      const asked = query(address(), LIMIT);
      const found = await get(`events?${asked}`, until);
      learn(found);
      show(found, until);
    } catch (error) {
      if (until.aborted) return;
      put(feet);
      put(list, h("section", { class: "card" }, failure(error, load)));
    }
  }

  function show({ events, next, total: all }, until) {
    total.textContent = all === 1 ? "1 event" : `${count(all)} events`;
    exported.hidden = !all;
    if (!events.length) put(list, h("section", { class: "card" }, none()));
    rows = new Map(events.map((event) => [event.id, row(event, until, known.streams.length > 1)]));
    if (events.length) put(list, h("ol", { class: "card rows" }, [...rows.values()]));
    const paged = address().has("before");
    put(
      feet,
      paged && link({ before: null }, icon("back"), "Newest"),
      h("span", { class: "grow" }),
      next && link({ before: next }, "Older", icon("next")),
    );
  }

  function none() {
    if (KEYS.some((key) => address().has(key))) {
      return empty(
        "search",
        "No event is like that",
        "Widen the filter, or clear it to see all events.",
        h("a", { class: "button", href: "/events" }, "Clear the filter"),
      );
    }
    return empty(
      "events",
      "No events yet",
      "When the flow recognises something, it is kept here, with the sound of it if the flow has a clip_archiver.",
      h("a", { class: "button", href: "/" }, "See what it hears now"),
    );
  }

  function link(change, ...words) {
    const to = address();
    for (const [name, value] of Object.entries(change)) {
      if (value === null) to.delete(name);
      else to.set(name, value);
    }
    return h("a", { class: "button", href: to.size ? `/events?${to}` : "/events" }, words);
  }

  function changed(event) {
    // its clip has been written, or somebody judged it elsewhere
    const before = rows.get(event.id);
    if (!before || before.contains(document.activeElement)) return;
    const now = row(event, drawn.signal, known.streams.length > 1);
    before.replaceWith(now);
    rows.set(event.id, now);
  }

  function came() {
    missed += 1;
    if (address().has("before")) return;
    put(more, missed === 1 ? "Show 1 new event" : `Show ${missed} new events`);
    more.hidden = false;
  }

  function newest() {
    load().then(() => list.querySelector("a")?.focus());
  }
}
