/** The scrolling picture: frames and events of a history, with the axes of frequency and time. */

import { h } from "../app/element.js";
import { score } from "../app/format.js";
import { changes } from "../app/theme.js";
import { frequency_ticks, speed, time_ticks } from "./axes.js";
import { SILENCE } from "./palette.js";

const LEFT = 40; // px, of the axis of frequency
const BELOW = 24; // px, of the axis of time
const FRAME_MS = 30; // between two pictures: it moves a pixel in that time, and each costs
const STEP_MS = 500; // the same, for those who want no motion
const MARK = "#4fe0cc"; // none of the colours of loudness
const ON_MARK = "#04211d";
const CHIP = 20; // px, height of the label of an event

export class Spectrogram {
  /** Then `history` is what it shows, and `frozen_s` the second (Unix time) it stands still at, null while it moves. */
  constructor(name, signal) {
    this.canvas = h("canvas", { class: "spectrogram", role: "img", "aria-label": name });
    this.history = null;
    this.frozen_s = null;
    this.#ink = this.canvas.getContext("2d");
    this.#calm = matchMedia("(prefers-reduced-motion: reduce)");
    const observer = new ResizeObserver(() => this.#fit());
    observer.observe(this.canvas);
    changes.addEventListener("change", () => (this.#colours = null), { signal });
    signal.addEventListener("abort", () => observer.disconnect());
    const turn = (ms) => {
      if (signal.aborted) return;
      requestAnimationFrame(turn);
      if (ms - this.#drawn_ms < (this.#calm.matches ? STEP_MS : FRAME_MS)) return;
      this.#drawn_ms = ms;
      this.draw();
    };
    requestAnimationFrame(turn);
  }

  #ink;
  #calm;
  #drawn_ms = 0;
  #colours = null;
  #size = { width: 0, height: 0 };

  #fit() {
    const { width, height } = this.canvas.getBoundingClientRect();
    const ratio = devicePixelRatio;
    this.#size = { width, height };
    Object.assign(this.canvas, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
    this.#ink.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.draw();
  }

  draw() {
    const { width, height } = this.#size;
    const plot = { x: LEFT, y: 0, width: width - LEFT, height: height - BELOW };
    if (plot.width <= 0 || plot.height <= 0) return;
    this.#colours ??= getComputedStyle(this.canvas).color;
    const ink = this.#ink;
    const { history } = this;
    const now_s = this.frozen_s ?? Date.now() / 1000;
    const shown_s = now_s - (history?.delay_s ?? 0);
    ink.clearRect(0, 0, width, height);
    ink.save();
    ink.beginPath();
    ink.roundRect(plot.x, plot.y, plot.width, plot.height, 6);
    ink.clip();
    ink.fillStyle = SILENCE;
    ink.fillRect(plot.x, plot.y, plot.width, plot.height);
    if (history) {
      this.#frames(history, history.at(shown_s), plot);
      this.#grid(plot, shown_s);
      this.#events(history, history.at(shown_s), plot);
    }
    ink.restore();
    this.#axes(plot, shown_s);
  }

  #frames(history, head, plot) {
    const per_column = speed(plot) * history.mel.hop_s;
    const to = Math.min(head, history.written);
    let from = Math.max(head - plot.width / per_column, history.written - history.columns, 0);
    this.#ink.imageSmoothingEnabled = true;
    while (from < to) {
      // in one piece, or in two where the ring begins anew
      const x = from % history.columns;
      const count = Math.min(to - from, history.columns - x);
      const left = plot.x + plot.width - (head - from) * per_column;
      this.#ink.drawImage(
        history.picture,
        x,
        0,
        count,
        history.mel.bins,
        left,
        plot.y,
        count * per_column,
        plot.height,
      );
      from += Math.max(count, 1e-6);
    }
  }

  #grid(plot, shown_s) {
    this.#ink.fillStyle = "rgb(255 255 255 / 7%)";
    for (const { x } of time_ticks(plot, shown_s)) this.#ink.fillRect(Math.round(x), plot.y, 1, plot.height);
    for (const { y } of frequency_ticks(plot, this.history?.mel))
      this.#ink.fillRect(plot.x, Math.round(y), plot.width, 1);
  }

  #events(history, head, plot) {
    const ink = this.#ink;
    const per_column = speed(plot) * history.mel.hop_s;
    const right = plot.x + plot.width;
    const lanes = [];
    ink.font = "600 12px system-ui, sans-serif";
    ink.textBaseline = "middle";
    for (const { event, from, to } of history.marks.toSorted((a, b) => a.from - b.from)) {
      const [begin, end] = [from, to].map((column) => right - (head - column) * per_column);
      const text = `${event.label}  ${score(event.score)}`;
      const wide = ink.measureText(text).width + 14;
      if (Math.max(end, begin + wide) < plot.x || begin > right) continue;
      // It stays in sight as long as its event.
      const chip = Math.min(Math.max(begin, Math.min(plot.x, end - wide)), right - wide);
      let lane = lanes.findIndex((taken) => taken <= chip);
      if (lane < 0) lane = lanes.length;
      lanes[lane] = chip + wide + 4;
      const top = plot.y + 8 + lane * (CHIP + 4);
      ink.fillStyle = "rgb(79 224 204 / 14%)";
      ink.fillRect(begin, plot.y, end - begin, plot.height);
      ink.fillStyle = MARK;
      ink.fillRect(begin, plot.y, 1.5, plot.height);
      ink.fillRect(end - 1.5, plot.y, 1.5, plot.height);
      ink.beginPath();
      ink.roundRect(chip, top, wide, CHIP, [0, 4, 4, 0]);
      ink.fill();
      ink.fillStyle = ON_MARK;
      ink.fillText(text, chip + 7, top + CHIP / 2 + 0.5);
    }
  }

  #axes(plot, shown_s) {
    const ink = this.#ink;
    ink.font = "11px system-ui, sans-serif";
    ink.fillStyle = this.#colours;
    ink.textBaseline = "middle";
    ink.textAlign = "right";
    for (const { y, words } of frequency_ticks(plot, this.history?.mel)) ink.fillText(words, LEFT - 8, y);
    ink.textAlign = "center";
    for (const { x, words } of time_ticks(plot, shown_s)) {
      if (x > plot.x + 24 && x < plot.x + plot.width - 24) ink.fillText(words, x, plot.y + plot.height + BELOW / 2 + 1);
    }
    ink.textAlign = "left";
  }
}
