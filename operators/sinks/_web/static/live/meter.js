/** The level of a stream, dBFS: its mean power, and the peak, which is held for a moment. */

import { h, look } from "../app/element.js";

const FLOOR_DB = -60;
const HOLD_S = 1.5;
const FALL_DB_PER_S = 20;
const HOT_DB = -3; // above it a sound is about to be clipped
const share = (db) => Math.min(1, Math.max(0, 1 - db / FLOOR_DB));

export class Meter {
  constructor() {
    this.fill = h("i", { class: "fill" });
    this.hold = h("i", { class: "hold" });
    this.words = h("output", { class: "figures", "aria-label": "Level" }, "–");
    const scale = [-60, -40, -20, -6, 0].map((db) => look(h("span", {}, String(db)), { "--at": share(db) }));
    this.node = h(
      "div",
      { class: "meter" },
      h("span", { class: "muted" }, "Level"),
      h(
        "div",
        { class: "grow" },
        h("div", { class: "track" }, this.fill, this.hold),
        h("div", { class: "scale", "aria-hidden": "true" }, scale),
      ),
      this.words,
    );
    this.clear();
  }

  clear() {
    this.peak_db = FLOOR_DB;
    this.held_s = 0;
    this.told_s = 0;
    look(this.fill, { "--share": 0 });
    look(this.hold, { "--share": 0 });
    this.words.textContent = "–";
  }

  show({ rms_db, peak_db }, now_s = performance.now() / 1000) {
    const fallen_db = this.peak_db - Math.max(0, now_s - this.held_s - HOLD_S) * FALL_DB_PER_S;
    if (peak_db >= fallen_db) [this.peak_db, this.held_s] = [peak_db, now_s];
    const held_db = Math.max(peak_db, fallen_db);
    look(this.fill, { "--share": share(rms_db) });
    look(this.hold, { "--share": share(held_db) });
    this.hold.classList.toggle("hot", held_db > HOT_DB);
    if (now_s - this.told_s < 0.25) return; // figures that change ten times a second cannot be read
    this.told_s = now_s;
    this.words.textContent = rms_db > -100 ? `${rms_db.toFixed(0).replace("-", "−")} dBFS` : "silence";
  }
}
