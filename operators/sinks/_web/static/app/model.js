/** What is known of the running flow, from the live link; pages read it, and are told of changes by its name. */

import { get } from "./api.js";
import { MelHistory } from "../live/mel_history.js";

export const GLANCE = 10; // events at a glance
const HISTORIES = 16; // a folder is a stream per file

export class Model extends EventTarget {
  state = null;
  mel = null;
  labels = [];
  steps = {};
  trouble = null; // why the events are not known
  events = null; // the last ten, newest first; null until they are known
  scores = new Map(); // by stream
  histories = new Map();
  #meanwhile = null; // events that come while the last ones are asked for

  constructor(link) {
    super();
    const on = (type, take) => link.addEventListener(type, ({ detail }) => take.call(this, detail));
    on("hello", this.#hello);
    on("state", ({ state }) => this.#set("state", state));
    on("steps", ({ steps }) => this.#set("steps", steps));
    on("scores", this.#scored);
    on("audio", this.#heard);
    on("level", (message) => this.#emit("level", message));
    on("event", ({ event }) => this.add(event));
  }

  /** Return the names of the streams that are under way, or that of the last one. */
  get streams() {
    const told = (this.state?.streams ?? []).map((stream) => stream.name);
    return told.length ? told : [...this.histories.keys()].slice(-1);
  }

  /** Ask for what the link does not repeat: the last events. */
  async refresh() {
    const meanwhile = (this.#meanwhile = []);
    try {
      const { events } = await get(`events?limit=${GLANCE}`);
      this.trouble = null;
      this.#meanwhile = null;
      this.#set("events", events);
      for (const event of meanwhile) this.add(event); // told after the server had written its answer
    } catch (error) {
      this.#meanwhile = null;
      this.#set("trouble", error);
    }
  }

  /** Note an event, or what has become of one. */
  add(event) {
    this.#meanwhile?.push(event);
    const before = this.events ?? [];
    const others = before.filter((one) => one.id !== event.id);
    const older = others.findIndex((one) => one.told_at <= event.told_at);
    this.events = others.toSpliced(older < 0 ? others.length : older, 0, event).slice(0, GLANCE);
    this.histories.get(event.stream)?.mark(event);
    // An old one comes again when it is judged.
    const first = others.length === before.length && this.events[0] === event;
    this.#emit("event", { event, first });
    this.#emit("events", this.events);
  }

  #hello({ mel, labels }) {
    this.mel = mel;
    this.labels = labels ?? [];
    this.refresh();
  }

  #scored(message) {
    this.scores.set(message.stream, message);
    this.#emit("scores", message);
  }

  #heard(message) {
    const known = this.histories.get(message.stream);
    const history = known ?? new MelHistory(this.mel);
    const dark = !history.written; // the first blocks may be shorter than a frame
    history.add(message, Date.now() / 1000);
    this.histories.set(message.stream, history);
    if (this.histories.size > HISTORIES) this.histories.delete(this.histories.keys().next().value);
    if (dark && history.written) this.#emit("streams", null);
    this.#emit("audio", message);
  }

  #set(name, value) {
    this[name] = value;
    this.#emit(name, value);
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
