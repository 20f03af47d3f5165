/**
 * The sound of a stream in the loudspeaker: blocks of s16le with their start time, as the link brings them.
 *
 * Each block is scheduled to the sample at the end of the one before, LEAD_S ahead of what is heard: that is the jitter
 * buffer. No AudioWorklet: browsers have it on https and localhost only, and most boxes are visited by http.
 */

const RATE_HZ = 16000;
const LEAD_S = 0.2; // how much is waiting when playing begins, and begins again after a drought
const LATEST_S = 1.2; // how far it may fall behind before the surplus is left out
const FADE_S = 0.005; // where blocks do not meet, so that there is no click

export class Listener extends EventTarget {
  stream = null;
  #context = null;
  #gain = null;
  #until_s = 0;
  #next_s = null; // stream time that would continue what is scheduled

  constructor(link) {
    super();
    this.link = link;
    link.addEventListener("sound", ({ detail }) => this.stream !== null && this.#play(detail));
  }

  /** Begin to listen to *stream*: to be called where the user has asked for it, or browsers refuse. */
  async start(stream) {
    this.stop();
    this.#context = new AudioContext({ sampleRate: RATE_HZ, latencyHint: "interactive" });
    this.#gain = this.#context.createGain();
    this.#gain.connect(this.#context.destination);
    this.#until_s = 0;
    this.#next_s = null;
    this.stream = stream;
    this.link.listen(stream);
    this.#tell();
    await this.#context.resume();
  }

  stop() {
    if (this.stream === null) return;
    this.stream = null;
    this.link.listen(null);
    this.#context.close();
    this.#context = null;
    this.#tell();
  }

  /** Return how much sound is waiting to be heard, s. */
  get waiting_s() {
    return this.#context ? Math.max(0, this.#until_s - this.#context.currentTime) : 0;
  }

  #play(message) {
    const start_s = new DataView(message).getFloat64(0, true);
    const words = new Int16Array(message, 8, (message.byteLength - 8) >> 1);
    if (!words.length || this.waiting_s > LATEST_S) return;
    const buffer = this.#context.createBuffer(1, words.length, RATE_HZ);
    buffer.getChannelData(0).set(Float32Array.from(words, (word) => word / 32768));
    const dry = this.waiting_s === 0;
    const broken = dry || this.#next_s === null || Math.abs(start_s - this.#next_s) > 1 / RATE_HZ;
    const at_s = dry ? this.#context.currentTime + LEAD_S : this.#until_s;
    const source = new AudioBufferSourceNode(this.#context, { buffer });
    source.connect(this.#gain);
    if (broken) this.#fade(at_s);
    source.start(at_s);
    this.#until_s = at_s + buffer.duration;
    this.#next_s = start_s + buffer.duration;
  }

  #fade(at_s) {
    this.#gain.gain.setValueAtTime(0, at_s);
    this.#gain.gain.linearRampToValueAtTime(1, at_s + FADE_S);
  }

  #tell() {
    this.dispatchEvent(new Event("change"));
  }
}
