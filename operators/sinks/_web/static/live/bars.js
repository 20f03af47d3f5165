/** The top classes as bars that move: each keeps its element, and its place changes by a transform. */

import { h, look } from "../app/element.js";
import { score } from "../app/format.js";

const ROWS = 8;
const LEAST = 0.01;
const FADING = 0.1; // a score below the first shows as 0.00: its bar stays until its mean has faded
const SHARE = 0.35; // of what is new in the score that decides the order: bars must not swap at each breath

const heard = (row) => row.score >= LEAST || row.mean >= FADING;

export class Bars {
  constructor() {
    this.rows = new Map();
    this.list = h("ol", { class: "bars", "aria-label": "What it hears, best first" });
    this.most = 0; // the card grows with what is heard, and does not shrink again: nothing below it jumps
    this.node = this.list;
    this.thresholds = new Map();
  }

  clear() {
    this.rows.clear();
    this.list.replaceChildren();
  }

  /** Show pairs of label and score. */
  show(top) {
    const now = new Map(top);
    for (const label of now.keys()) if (!this.rows.has(label)) this.rows.set(label, this.#row(label));
    const order = [...this.rows.values()];
    for (const row of order) {
      row.score = now.get(row.label) ?? 0;
      row.mean += (row.score - row.mean) * SHARE;
    }
    order.sort((a, b) => heard(b) - heard(a) || b.mean - a.mean);
    this.most = Math.max(this.most, Math.min(ROWS, order.filter(heard).length));
    look(this.list, { "--rows": this.most });
    order.forEach((row, rank) => this.#place(row, heard(row) ? rank : Math.max(rank, ROWS)));
  }

  #row(label) {
    const fill = h("i"),
      mark = h("b"),
      words = h("span", { class: "figures" });
    const node = h(
      "li",
      {},
      h("span", { class: "ellipsis", title: label }, label),
      h("div", { class: "track", "aria-hidden": "true" }, fill, mark),
      words,
    );
    const row = { label, node, fill, mark, words, score: 0, mean: 0 };
    look(node, { "--rank": ROWS });
    this.list.append(node);
    return row;
  }

  #place(row, rank) {
    if (rank >= ROWS) {
      row.node.classList.add("gone");
      if (row.mean < LEAST / 2) {
        row.node.remove();
        this.rows.delete(row.label);
      }
      return;
    }
    const threshold = this.thresholds.get(row.label);
    row.mark.hidden = threshold === undefined;
    look(row.node, { "--rank": rank, "--share": row.score, "--threshold": threshold ?? 0 });
    row.node.classList.remove("gone");
    row.node.classList.toggle("over", threshold !== undefined && row.score >= threshold);
    row.words.textContent = score(row.score);
  }
}
