/** The flow, drawn: each step with what passes it now. */

import { look, put, s } from "../app/element.js";
import { count, rate } from "../app/format.js";
import { told } from "../app/states.js";
import { curve, layout } from "./layout.js";

const SIZE = { width: 168, height: 76 };
const GAP = 44;
const EDGE = 3; // px around the drawing, for strokes
const NARROW = 720; // px: below, the flow runs down

/** Return the drawing; *choose* is called with the name of a step that is clicked. */
export class Graph {
  constructor(flow, choose, signal) {
    this.flow = flow;
    this.choose = choose;
    this.node = s("svg", { class: "graph", role: "group", "aria-label": `The steps of ${flow.name}` });
    this.steps = new Map();
    this.edges = [];
    const observer = new ResizeObserver(([{ contentRect }]) => this.#draw(contentRect.width < NARROW));
    signal.addEventListener("abort", () => observer.disconnect());
    this.watch = (box) => observer.observe(box);
  }

  #down = null;
  #latest = [{}, {}];

  #draw(down) {
    if (down === this.#down) return;
    this.#down = down;
    const { nodes, edges, width, height } = layout(this.flow.nodes, this.flow.edges, { size: SIZE, gap: GAP, down });
    const box = [-EDGE, -EDGE, width + 2 * EDGE, height + 2 * EDGE];
    this.node.classList.toggle("across", !down);
    this.node.setAttribute("viewBox", box.join(" "));
    this.node.setAttribute("width", box[2]);
    this.node.setAttribute("height", box[3]);
    this.edges = edges.map(({ from, to, port, points }) => ({
      from,
      path: s(
        "path",
        { class: "edge", d: curve(points, down) },
        s("title", {}, `${from} to ${to}${port ? `, ${port}` : ""}`),
      ),
    }));
    this.steps = new Map(this.flow.nodes.map((node) => [node.name, this.#step(node, nodes.get(node.name))]));
    put(
      this.node,
      this.edges.map(({ path }) => path),
      [...this.steps.values()].map(({ group }) => group),
    );
    this.show(...this.#latest);
  }

  #step({ name, use, group: kind }, { x, y }) {
    const press = (key) => (key.key === "Enter" || key.key === " ") && (key.preventDefault(), this.choose(name));
    const speed = s("text", { class: "speed", x: 12, y: 60 });
    const lost = s("text", { class: "lost", x: SIZE.width - 12, y: 60, "text-anchor": "end" });
    const queue = s("rect", { class: "queue", x: 12, y: SIZE.height - 7, width: SIZE.width - 24, height: 3, rx: 1.5 });
    const state = s("circle", { class: "state", cx: SIZE.width - 15, cy: 19, r: 4 });
    const title = s("title");
    const group = s(
      "g",
      {
        class: `step ${kind}`,
        transform: `translate(${x} ${y})`,
        tabindex: 0,
        role: "button",
        "aria-label": `${name}, ${use}`,
        onclick: () => this.choose(name),
        onkeydown: press,
      },
      title,
      s("rect", { class: "box", width: SIZE.width, height: SIZE.height, rx: 8 }),
      s("text", { class: "name", x: 12, y: 24 }, short(name, 17)),
      " ",
      s("text", { class: "use", x: 12, y: 41 }, short(use, 22)),
      " ",
      speed,
      " ",
      lost,
      queue,
      state,
    );
    return { group, speed, lost, queue, state, title, name, use };
  }

  /** Show numbers by step (from `steps`) and states by step (from `state`). */
  show(numbers, states) {
    this.#latest = [numbers, states];
    for (const [name, step] of this.steps) {
      const { items_per_s = 0, queue = 0, queue_size = null, dropped = 0, errors = 0 } = numbers[name] ?? {};
      const state = states[name]?.state ? told(states[name].state) : null;
      step.speed.textContent = numbers[name] ? `${rate(items_per_s)}/s` : "";
      const lost = [
        dropped && `${count(dropped)} dropped`,
        errors && `${count(errors)} ${errors === 1 ? "error" : "errors"}`,
      ].filter(Boolean);
      step.lost.textContent = lost.at(-1) ?? "";
      look(step.queue, { "--share": queue_size ? queue / queue_size : 0 });
      step.group.classList.toggle("full", Boolean(queue_size) && queue / queue_size > 0.8);
      step.group.classList.toggle("wrong", errors > 0 || state?.tone === "bad");
      step.group.classList.toggle("losing", dropped > 0);
      step.state.setAttribute("class", `state ${state?.tone ?? "none"}`);
      const words = [
        state && `${state.name}: ${states[name].message}`,
        numbers[name] && `${rate(items_per_s)} items a second`,
        queue_size && `queue ${queue} of ${queue_size}`,
        ...lost,
      ].filter(Boolean);
      step.title.textContent = [step.name, ...words].join("\n");
      const seen = [step.name, step.use, step.speed.textContent, step.lost.textContent].filter(Boolean).join(" ");
      // What is seen comes first: so it is called by who speaks to the page.
      step.group.setAttribute("aria-label", [seen, ...words].join(", "));
    }
    for (const { from, path } of this.edges) path.classList.toggle("moving", (numbers[from]?.items_per_s ?? 0) > 0);
  }

  /** Mark the step that is chosen. */
  mark(name) {
    for (const [one, { group }] of this.steps) group.classList.toggle("chosen", one === name);
  }
}

const short = (text, length) => (text.length > length ? `${text.slice(0, length - 1)}…` : text);
