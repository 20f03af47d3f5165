/**
 * What was heard in the last minute, as a picture: a ring of columns, one per frame, and the events on it.
 *
 * Columns are counted since the history began, by this computer's clock; stream time is only used to put frames side by
 * side. So a picture survives a flow that starts again at zero, and shows a loss as the hole that it is.
 */

import { COLOURS } from "./palette.js";

const LENGTH_S = 60;
const SLACK_S = 0.5; // by how much clocks and networks may be off before frames are put where the clock says
const SHORTEST_S = 0.25;
const LONGEST_S = 2.5; // the delay of the picture, which hides that frames come in blocks

export class MelHistory {
  /** mel: bins, hop_s, low_hz and high_hz of the frames. */
  constructor(mel) {
    this.mel = mel;
    this.columns = Math.round(LENGTH_S / mel.hop_s);
    this.picture = Object.assign(document.createElement("canvas"), { width: this.columns, height: mel.bins });
    this.written = 0; // the column after the last
    this.marks = []; // {event, from, to}, in columns
    this.delay_s = SHORTEST_S;
    this.#ink = this.picture.getContext("2d");
  }

  #ink;
  #began_s = null;
  #end_s = 0; // of the stream
  #arrived_s = 0;

  /** Return the column, with its fraction, that the clock is at. */
  at(now_s) {
    return this.#began_s === null ? 0 : (now_s - this.#began_s) / this.mel.hop_s;
  }

  /** Take the frames of a message. */
  add({ start_s, mel }, now_s) {
    const bytes = Uint8Array.from(atob(mel), (letter) => letter.charCodeAt(0));
    const { bins, hop_s } = this.mel;
    const frames = Math.floor(bytes.length / bins);
    if (!frames) return;
    this.#began_s ??= now_s - frames * hop_s;
    this.#settle(now_s, frames);
    const first = this.#place(start_s, frames, now_s);
    this.#blank(this.written, first);
    this.#draw(bytes, frames, first);
    this.written = first + frames;
    this.#end_s = start_s + frames * hop_s;
    this.marks = this.marks.filter((mark) => mark.to > this.written - this.columns);
  }

  /** Note where an event lies; the same event again replaces it. */
  mark(event) {
    const column = (second) => this.written - (this.#end_s - second) / this.mel.hop_s;
    const known = this.marks.find((mark) => mark.event.id === event.id);
    const from = known?.from ?? column(event.start_s);
    const to = from + Math.max(event.end_s - event.start_s, 0.1) / this.mel.hop_s;
    if (known) Object.assign(known, { event, to });
    else if (from > this.written - this.columns && from <= this.written + 1 / this.mel.hop_s)
      this.marks.push({ event, from, to });
  }

  /** Return the column that the frames go to: beside the last ones if that is where the clock has them too. */
  #place(start_s, frames, now_s) {
    const { hop_s } = this.mel;
    const slack = SLACK_S / hop_s;
    const clock = Math.round(this.at(now_s)) - frames;
    const beside = this.written + Math.round((start_s - this.#end_s) / hop_s);
    if (beside >= this.written && Math.abs(beside - clock) <= slack) return beside;
    if (Math.abs(start_s - this.#end_s) < 2 * hop_s && beside > clock) {
      // a file, faster than life: the picture hurries
      this.#began_s -= (beside - clock) * hop_s;
      return beside;
    }
    return Math.max(clock, this.written);
  }

  #settle(now_s, frames) {
    const between_s = this.#arrived_s ? now_s - this.#arrived_s : 0;
    this.#arrived_s = now_s;
    const wanted_s = Math.min(
      LONGEST_S,
      Math.max(SHORTEST_S, 1.5 * frames * this.mel.hop_s, between_s > LONGEST_S ? 0 : 1.2 * between_s),
    );
    this.delay_s += (wanted_s - this.delay_s) * (wanted_s > this.delay_s ? 0.5 : 0.02); // later soon, earlier by and by
  }

  #draw(bytes, frames, first) {
    const { bins } = this.mel;
    const image = new ImageData(frames, bins);
    const pixels = new Uint32Array(image.data.buffer);
    for (let frame = 0; frame < frames; frame++) {
      for (let bin = 0; bin < bins; bin++)
        pixels[(bins - 1 - bin) * frames + frame] = COLOURS[bytes[frame * bins + bin]];
    }
    const x = first % this.columns;
    this.#ink.putImageData(image, x, 0);
    if (x + frames > this.columns) this.#ink.putImageData(image, x - this.columns, 0); // over the seam of the ring
  }

  #blank(from, to) {
    const count = Math.min(to - from, this.columns);
    for (let column = to - count; column < to; column++)
      this.#ink.clearRect(column % this.columns, 0, 1, this.mel.bins);
  }
}
