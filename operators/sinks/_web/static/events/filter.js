/** Which events: the filter, kept in the address of the page. */

import { h } from "../app/element.js";
import { icon } from "../app/icons.js";

const TIMES = [
  ["", "Any time"],
  ["3600", "Last hour"],
  ["86400", "Last 24 hours"],
  ["604800", "Last 7 days"],
  ["own", "From … to …"],
];
export const KEYS = ["label", "stream", "within", "since", "until", "min_score"];
const TYPING_MS = 300;

/** Return the filter's form; *known* are the labels and streams of events, *apply* is called with what is chosen. */
export function filter(known, wanted, apply) {
  let waiting = 0;
  const labels = h(
    "datalist",
    { id: "labels" },
    known.labels.map((label) => h("option", { value: label })),
  );
  const label = input("label", { type: "search", list: "labels", placeholder: "Any sound", autocomplete: "off" });
  const stream = select("stream", [
    ["", "All streams"],
    ...[...new Set([...known.streams, ...wanted.getAll("stream")])].map((name) => [name, name]),
  ]);
  const within = select("within", TIMES);
  const since = input("since", { type: "datetime-local" }),
    until = input("until", { type: "datetime-local" });
  const least = input("min_score", {
    type: "number",
    min: 0,
    max: 1,
    step: 0.05,
    placeholder: "0.00",
    inputmode: "decimal",
  });
  const clear = h(
    "button",
    { type: "button", class: "button quiet", onclick: () => apply(new URLSearchParams()) },
    icon("cross"),
    "Clear",
  );
  const own = [field("From", since), field("To", until)];
  const form = h(
    "form",
    {
      class: "filter",
      role: "search",
      "aria-label": "Filter events",
      onsubmit: (submit) => submit.preventDefault(),
      oninput: soon,
    },
    labels,
    field("Sound", label),
    field("Stream", stream),
    field("Time", within),
    own,
    field("Score at least", least),
    clear,
  );
  if (wanted.has("since") || wanted.has("until")) within.value = "own";
  shape();
  return form;

  function input(name, properties) {
    return h("input", { class: "input", name, id: `filter-${name}`, value: wanted.get(name) ?? "", ...properties });
  }

  function select(name, options) {
    const chosen = wanted.get(name) ?? "";
    return h(
      "select",
      { class: "input", name, id: `filter-${name}` },
      options.map(([value, words]) => h("option", { value, selected: value === chosen }, words)),
    );
  }

  function field(words, control) {
    return h("div", { class: "field" }, h("label", { for: control.id }, words), control);
  }

  function shape() {
    for (const one of own) one.hidden = within.value !== "own";
    clear.hidden = !KEYS.some((key) => wanted.has(key));
  }

  function soon() {
    shape();
    clearTimeout(waiting);
    waiting = setTimeout(() => apply(values()), TYPING_MS);
  }

  function values() {
    const found = new URLSearchParams();
    const controls = [label, stream, within, least, ...(within.value === "own" ? [since, until] : [])];
    for (const { name, value } of controls) if (value && value !== "own") found.set(name, value);
    return found;
  }
}

/** Return the parameters of the API for those of the page. */
export function query(address, limit, now = Date.now()) {
  const asked = new URLSearchParams({ limit });
  for (const key of ["label", "stream", "min_score"]) if (address.get(key)) asked.set(key, address.get(key));
  for (const key of ["since", "until"]) {
    const time = new Date(address.get(key) ?? NaN); // local, as typed
    if (!Number.isNaN(time.valueOf())) asked.set(key, time.toISOString());
  }
  const within = Number(address.get("within"));
  if (within > 0) asked.set("since", new Date(now - 1000 * within).toISOString());
  if (address.get("before")) asked.set("before", address.get("before"));
  return asked;
}
