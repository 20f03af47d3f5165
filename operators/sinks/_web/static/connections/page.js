/** Where events are sent: DeviceHive and MQTT, how it goes with them, and where they lead. */

import { get } from "../app/api.js";
import { h, put } from "../app/element.js";
import { empty, failure, fetching } from "../app/notices.js";
import { Card } from "./card.js";

const EACH_MS = 2000; // so that a server that dies is seen within seconds
const EXAMPLE = `steps:
  …
  iot:  {use: devicehive, from: alerts, url: ws://hub.local/api/websocket, device_id: flowrun-1, token: \${file:token}}
  home: {use: mqtt, from: alerts, url: mqtt://broker.local}`;

export function mount(page, app, signal) {
  const body = h("div", { class: "connections" }, h("section", { class: "card" }, fetching()));
  put(page, body);
  let cards = new Map();
  let shown = null;
  let failed = false;
  const ticking = setInterval(() => !document.hidden && !failed && load(), EACH_MS);
  signal.addEventListener("abort", () => clearInterval(ticking));
  load();

  async function load() {
    try {
      const found = await get("connections", signal);
      failed = false;
      show(found);
    } catch (error) {
      if (signal.aborted) return;
      if (shown !== null && error.status === 0) return; // the banner says so already
      failed = true;
      shown = null;
      put(body, h("section", { class: "card" }, failure(error, load)));
    }
  }

  function show(found) {
    const steps = found.map(({ step }) => step).join("\n");
    if (steps !== shown) {
      shown = steps;
      cards = new Map(found.map((one) => [one.step, new Card(one, load)]));
      put(body, found.length ? [...cards.values()].map(({ node }) => node) : h("section", { class: "card" }, none()));
    }
    for (const one of found) cards.get(one.step).show(one);
  }
}

function none() {
  return empty(
    "connections",
    "Nothing is connected",
    "Add a devicehive or an mqtt step to the flow, and its events go there; they wait on disk while it is away.",
    h("pre", { tabindex: "0" }, EXAMPLE),
  );
}
