/** What the box hears now: the picture, the level, the classes, and the last events. */

import { get, put as send } from "../app/api.js";
import { h, put } from "../app/element.js";
import { icon } from "../app/icons.js";
import { tell } from "../app/notices.js";
import { deaf, told } from "../app/states.js";
import { recent } from "../events/recent.js";
import { Bars } from "./bars.js";
import { Listener } from "./listen.js";
import { Meter } from "./meter.js";
import { Spectrogram } from "./spectrogram.js";
import { tabs } from "./tabs.js";
import { trouble, veil } from "./trouble.js";

export function mount(page, app, signal) {
  const { model, link } = app;
  app.listener ??= new Listener(link);
  let shown = model.streams[0] ?? null;

  const picture = new Spectrogram(
    "Spectrogram of the last seconds, low frequencies at the bottom, events marked",
    signal,
  );
  const meter = new Meter();
  const bars = new Bars();
  const choice = tabs(model, signal, (stream) => select(stream));
  const notice = h("div", { class: "told" });
  const cover = h("div", { class: "cover" });
  const name = h("h2"),
    words = h("p", { class: "muted small ellipsis grow" });
  const listen = h("button", { type: "button", class: "button", onclick: hear });
  const pause = h("button", { type: "button", class: "button", onclick: halt });
  const nothing = h("p", { class: "muted none" }, "Classes appear here when sound comes.");

  const head = h("header", {}, name, words, h("span", { class: "row" }, listen, pause));
  const seen = h(
    "section",
    { class: "card picture", "aria-label": "Sound" },
    head,
    h("div", { class: "inside" }, h("div", { class: "frame" }, picture.canvas, cover), meter.node),
  );
  const heard = h(
    "section",
    { class: "card" },
    h("header", {}, h("h2", {}, "What it hears")),
    h("div", { class: "inside hears" }, nothing, bars.node),
  );
  const panel = h("div", { class: "stack", id: "stream" }, notice, seen, heard);
  put(page, choice.node, h("div", { class: "live" }, panel, recent(app, signal)));

  const on = (target, type, take) => target.addEventListener(type, take, { signal });
  on(model, "level", ({ detail }) => {
    if (detail.stream === shown && !picture.history) meter.show({ rms_db: detail.level_db, peak_db: detail.level_db });
  });
  on(model, "audio", ({ detail }) => detail.stream === shown && model.state?.paused !== true && meter.show(detail));
  on(model, "audio", () => shown === null && select(model.streams[0]));
  on(model, "scores", ({ detail }) => detail.stream === shown && scored(detail));
  on(model, "streams", told_state);
  on(model, "state", told_state);
  on(link, "status", told_state);
  on(app.listener, "change", buttons);
  signal.addEventListener("abort", () => app.listener.stop());
  get("flow", signal)
    .then(({ thresholds }) => {
      bars.thresholds = new Map(thresholds.filter(({ label }) => label).map(({ label, value }) => [label, value]));
    })
    .catch(() => null); // without them the bars just have no marks
  select(shown);

  function select(stream) {
    if (app.listener.stream !== null && stream !== app.listener.stream) app.listener.stop();
    shown = stream;
    meter.clear();
    bars.clear();
    const scores = model.scores.get(stream);
    if (scores) scored(scores);
    told_state();
  }

  function told_of(stream) {
    return model.state?.streams.find(({ name }) => name === stream);
  }

  function scored({ top }) {
    if (model.state?.paused || deaf(told_of(shown))) return;
    bars.show(top);
  }

  function told_state() {
    const { state } = model;
    shown ??= model.streams[0] ?? null;
    picture.history = model.histories.get(shown) ?? null;
    const stream = told_of(shown);
    const still = state?.paused || state?.ended || link.name !== "open";
    picture.frozen_s = still ? (picture.frozen_s ?? Date.now() / 1000) : null;
    if (still || deaf(stream)) meter.clear();
    if (deaf(stream)) bars.clear(); // what it heard last is not what it hears
    nothing.hidden = bars.rows.size > 0;
    name.textContent = shown ?? "Sound";
    words.textContent = stream
      ? `${told(stream.state).name}${stream.rate_hz ? ` · ${stream.rate_hz / 1000} kHz` : ""}`
      : "";
    words.title = stream?.message ?? "";
    put(notice, stream && !state.paused && trouble(stream));
    put(cover, veil(state, stream, picture.history));
    choice.show(shown);
    buttons();
  }

  function buttons() {
    const on_air = app.listener.stream === shown && shown !== null;
    put(listen, icon("listen"), on_air ? "Stop listening" : "Listen");
    listen.setAttribute("aria-pressed", on_air);
    listen.disabled = !model.histories.has(shown) || link.name !== "open" || model.state?.ended;
    const paused = model.state?.paused;
    put(pause, icon(paused ? "play" : "pause"), paused ? "Resume" : "Pause");
    pause.classList.toggle("first", Boolean(paused));
    pause.disabled = !model.state || link.name !== "open" || model.state.ended;
  }

  function hear() {
    if (app.listener.stream === shown) return app.listener.stop();
    return app.listener.start(shown).catch(() => tell("This browser plays no sound here.", "bad"));
  }

  async function halt() {
    pause.disabled = true;
    await send("paused", { paused: !model.state.paused }).catch((error) => tell(error.message, "bad"));
    buttons(); // the state itself comes by the link
  }

  on(model, "scores", () => (nothing.hidden = bars.rows.size > 0));
}
