/** The thresholds of the flow as sliders: what is set is tried at once, and the user's file stays as it is. */

import { get, put as send, remove, url } from "../app/api.js";
import { h, look, put } from "../app/element.js";
import { score } from "../app/format.js";
import { icon } from "../app/icons.js";
import { tell } from "../app/notices.js";

const SETTLED_MS = 200; // after the last movement of a slider it is sent

export class Thresholds {
  constructor(flow, app, signal) {
    this.node = h("section", { class: "card thresholds" });
    this.rows = [];
    this.reset = h(
      "button",
      { type: "button", class: "button", onclick: () => this.#forget() },
      icon("reset"),
      "Reset all",
    );
    this.changed = h("span", { class: "muted small", role: "status" });
    const saved = h("a", { class: "button", href: url("flow.yaml"), download: "" }, icon("download"), "Export YAML");
    this.list = h("ul", { class: "inside" });
    const head = h(
      "header",
      {},
      h("h2", {}, "Thresholds"),
      this.changed,
      h("span", { class: "grow" }),
      this.reset,
      saved,
    );
    put(
      this.node,
      head,
      h(
        "p",
        { class: "muted small lead" },
        "Tried live as you move them. Your file stays as it is: export the flow to keep what works.",
      ),
      this.list,
    );
    app.model.addEventListener("scores", ({ detail }) => this.#heard(new Map(detail.top)), { signal });
    this.show(flow.thresholds);
  }

  show(thresholds) {
    this.node.hidden = !thresholds.length;
    this.rows = thresholds.map((one) => this.#row({ ...one }));
    put(
      this.list,
      this.rows.map((row) => row.node),
    );
    this.#told();
  }

  #row(one) {
    let waiting = 0;
    let known = one.value; // what the flow goes by
    const name = one.label ?? "All labels";
    const words = h("output", { class: "figures" });
    const slider = h("input", {
      type: "range",
      min: 0,
      max: 1,
      step: 0.01,
      value: one.value,
      "aria-label": `${one.step}: threshold of ${name}`,
      oninput: moved,
    });
    const back = h(
      "button",
      {
        type: "button",
        class: "button quiet bare",
        "aria-label": `${name}: as written, ${score(one.written)}`,
        title: `As written: ${score(one.written)}`,
        onclick: () => set(one.written),
      },
      icon("reset"),
    );
    const now = h("i"),
      written = h("b");
    const track = h("div", { class: "hearing", "aria-hidden": "true" }, now, written);
    const node = h(
      "li",
      {},
      h(
        "span",
        { class: "words" },
        h("strong", {}, name),
        h("span", { class: "muted small ellipsis" }, one.step),
      ),
      h("div", { class: "slide" }, slider, track),
      words,
      back,
    );
    look(node, { "--written": one.written });
    const row = { node, one, now };
    const show = () => {
      words.textContent = score(one.value);
      back.classList.toggle("unseen", !differs(one));
      back.disabled = !differs(one);
      look(node, { "--value": one.value });
      node.classList.toggle("changed", differs(one));
    };
    const set = (value) => {
      slider.value = value;
      moved();
    };
    const told = () => this.#told();
    show();
    return row;

    function moved() {
      one.value = Number(slider.value);
      show();
      told();
      clearTimeout(waiting);
      waiting = setTimeout(sent, SETTLED_MS);
    }

    async function sent() {
      const { step, label, value } = one;
      try {
        await send("thresholds", { step, label, value });
        known = value;
      } catch (error) {
        tell(error.message, "bad");
        if (one.value !== value) return; // it has been moved on meanwhile
        slider.value = one.value = known;
        show();
        told();
      }
    }
  }

  #heard(scores) {
    for (const { one, node, now } of this.rows) {
      const value = one.label === null ? Math.max(0, ...scores.values()) : (scores.get(one.label) ?? 0);
      look(now, { "--share": value });
      node.classList.toggle("over", value >= one.value);
    }
  }

  #told() {
    const count = this.rows.filter(({ one }) => differs(one)).length;
    this.changed.textContent = count ? `${count} changed` : "";
    this.reset.disabled = !count;
  }

  async #forget() {
    try {
      await remove("thresholds");
      this.show((await get("flow")).thresholds);
      tell("The thresholds are those of the flow again.");
    } catch (error) {
      tell(error.message, "bad");
    }
  }
}

const differs = (one) => Math.abs(one.value - one.written) > 0.0005;
