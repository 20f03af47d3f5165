/** What is being trained: how far it is, how well it does, and where it errs. */

import { get } from "../app/api.js";
import { h, look, put } from "../app/element.js";
import { count } from "../app/format.js";
import { empty, failure, fetching } from "../app/notices.js";
import { classes } from "./classes.js";
import { confusion } from "./confusion.js";
import { curve } from "./curve.js";

const EACH_MS = 2000;

export function mount(page, app, signal) {
  const body = h("div", { class: "stack" }, h("section", { class: "card" }, fetching()));
  put(page, body);
  let runs = new Map();
  let failed = false;
  const ticking = setInterval(() => !document.hidden && !failed && load(), EACH_MS);
  signal.addEventListener("abort", () => clearInterval(ticking));
  load();

  async function load() {
    try {
      const found = (await get("training", signal)).runs;
      failed = false;
      show(found);
    } catch (error) {
      if (signal.aborted || (runs.size && error.status === 0)) return; // the banner says so already
      failed = true;
      runs = new Map();
      put(body, h("section", { class: "card" }, failure(error, load)));
    }
  }

  function show(found) {
    if (!found.length) {
      runs = new Map();
      put(
        body,
        h(
          "section",
          { class: "card" },
          empty(
            "training",
            "Nothing is being trained",
            "A flow with a train step shows here how it learns. Your own sounds are enough to begin, and what you judged right or wrong:",
            h("pre", { tabindex: "0" }, "flowrun flows/train_my_sounds.yaml --web"),
          ),
        ),
      );
      return;
    }
    if (found.map(key).join("\n") !== [...runs.keys()].join("\n")) {
      runs = new Map(found.map((one) => [key(one), new Run()]));
      put(
        body,
        [...runs.values()].map(({ node }) => node),
      );
    }
    for (const one of found) runs.get(key(one)).show(one);
  }
}

const key = ({ name, stream }) => `${name} ${stream}`;
const measured = ([, points]) => points.some(([, ...values]) => values.some((value) => value !== null));
const watched = ([, points]) => points.some(([, , validation]) => validation !== null);

class Run {
  constructor() {
    this.name = h("h2");
    this.share = h("span", { class: "figures muted" });
    this.fill = h("i");
    this.bar = h(
      "div",
      { class: "bar", role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100, "aria-label": "Progress" },
      this.fill,
    );
    this.text = h("p", { class: "muted small figures" });
    this.results = h("ul", { class: "results" });
    this.curves = h("div", { class: "curves" });
    this.per_class = h("section", { class: "card" });
    this.confusion = h("section", { class: "card" });
    const head = h(
      "section",
      { class: "card" },
      h("header", {}, this.name, h("span", { class: "grow" }), this.share),
      h("div", { class: "inside stack tight" }, this.bar, this.text, this.results),
    );
    this.node = h(
      "div",
      { class: "stack" },
      head,
      this.curves,
      h("div", { class: "beside" }, this.per_class, this.confusion),
    );
  }

  #drawn = {};

  show(run) {
    this.name.textContent = run.name;
    const done = Math.floor(100 * (run.share ?? 0));
    this.share.textContent = run.share === null ? "" : `${done} %`;
    this.bar.setAttribute("aria-valuenow", done);
    look(this.fill, { "--share": run.share ?? 0 });
    this.text.textContent = [run.step > 0 && `step ${count(run.step)}`, run.text].filter(Boolean).join(" · ");
    this.#once("results", run.results, (lines) =>
      put(
        this.results,
        lines.map((line) => h("li", {}, line)),
      ),
    );
    this.#once("curves", run.curves, (curves) => {
      const known = Object.entries(curves ?? {}).filter(measured);
      known.sort((a, b) => watched(b) - watched(a)); // how well it does, before how fast
      put(
        this.curves,
        known.map(([name, points]) => h("section", { class: "card" }, curve(name, points))),
      );
    });
    this.#once("per_class", run.per_class, (rows) => {
      this.per_class.hidden = !rows?.length;
      if (rows?.length)
        put(
          this.per_class,
          h("header", {}, h("h2", {}, "Classes"), h("span", { class: "muted small" }, count(rows.length))),
          classes(rows),
        );
    });
    this.#once("confusion", run.confusion, (matrix) => {
      this.confusion.hidden = !matrix;
      if (matrix)
        put(
          this.confusion,
          h(
            "header",
            {},
            h("h2", {}, "Confusion"),
            h("span", { class: "muted small" }, "rows: what it was, columns: what it was taken for"),
          ),
          confusion(matrix),
        );
    });
  }

  /** Draw anew only what has changed: a table keeps its order and its scrolling. */
  #once(name, value, draw) {
    const text = JSON.stringify(value ?? null);
    if (this.#drawn[name] === text) return;
    this.#drawn[name] = text;
    draw(value);
  }
}
