/**
 * The live WebSocket: opens by itself again, later each time, and at once when there is reason to hope.
 *
 * Messages arrive as events named by their type, with the message as `detail`; sound as `sound`. `status` tells of
 * `name`: connecting, open, lost or resting.
 */

import { get, url } from "./api.js";

const FIRST_MS = 500;
const LONGEST_MS = 8000;
const QUIET_MS = 6000; // the steps come each second: a server that is silent for so long is gone without a farewell
const REST_AFTER_MS = 30000; // a page nobody looks at costs the box nothing

export class Link extends EventTarget {
  name = "connecting";
  retry_at = 0;
  #socket = null;
  #wait_ms = FIRST_MS;
  #timers = {};
  #listening = null;
  #wanted = false;

  constructor() {
    super();
    window.addEventListener("online", () => this.#hasten());
    document.addEventListener("visibilitychange", () => this.#seen());
  }

  /** Be connected from now on. */
  start() {
    this.#wanted = true;
    this.retry();
  }

  /** Ask for the sound of a stream, or for none. */
  listen(stream) {
    this.#listening = stream;
    this.#send({ type: "listen", stream });
  }

  /** Try now. */
  retry() {
    this.#wait_ms = FIRST_MS;
    this.#open();
  }

  /** Be disconnected until `start`. */
  stop() {
    this.#wanted = false;
    this.#rest();
  }

  #rest() {
    this.#drop();
    this.#tell("resting");
  }

  #open() {
    this.#drop();
    if (this.name !== "lost") this.#tell("connecting");
    const socket = (this.#socket = new WebSocket(url("live")));
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.#opened();
    socket.onmessage = ({ data }) => this.#heard(data);
    socket.onclose = () => this.#lost();
    this.#watch();
  }

  #opened() {
    this.#wait_ms = FIRST_MS;
    this.#tell("open");
    if (this.#listening !== null) this.listen(this.#listening);
  }

  #heard(data) {
    this.#watch();
    if (typeof data !== "string") return this.#emit("sound", data);
    const message = JSON.parse(data);
    this.#emit(message.type, message);
  }

  async #lost() {
    this.#drop();
    const wait_ms = this.#wait_ms * (0.8 + 0.4 * Math.random()); // so that all pages of a box do not come at once
    this.#wait_ms = Math.min(2 * this.#wait_ms, LONGEST_MS);
    this.retry_at = Date.now() + wait_ms;
    this.#timers.retry = setTimeout(() => this.#open(), wait_ms);
    this.#tell("lost");
    await get("state").catch(() => null); // the browser does not say whether a login is asked for; this does
  }

  #watch() {
    clearTimeout(this.#timers.quiet);
    this.#timers.quiet = setTimeout(() => this.#lost(), QUIET_MS);
  }

  #hasten() {
    if (this.#wanted && (this.name === "lost" || this.name === "resting")) this.retry();
  }

  #seen() {
    clearTimeout(this.#timers.rest);
    if (!document.hidden) return this.#hasten();
    if (this.#listening === null) this.#timers.rest = setTimeout(() => this.#rest(), REST_AFTER_MS);
  }

  #drop() {
    for (const timer of Object.values(this.#timers)) clearTimeout(timer);
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  #send(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #tell(name) {
    this.name = name;
    this.#emit("status", { name });
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
