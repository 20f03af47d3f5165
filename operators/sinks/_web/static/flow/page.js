/** The flow: its graph with what passes each step now, its thresholds, its text. */

import { get } from "../app/api.js";
import { h, put } from "../app/element.js";
import { count, rate } from "../app/format.js";
import { failure, fetching } from "../app/notices.js";
import { told } from "../app/states.js";
import { Graph } from "./graph.js";
import { Thresholds } from "./thresholds.js";
import { Text } from "./yaml.js";

export function mount(page, app, signal) {
  const { model } = app;
  const body = h("div", { class: "stack" });
  put(page, body);
  load();

  async function load() {
    put(body, h("section", { class: "card" }, fetching()));
    try {
      draw(await get("flow", signal));
    } catch (error) {
      if (!signal.aborted) put(body, h("section", { class: "card" }, failure(error, load)));
    }
  }

  function draw(flow) {
    const graph = new Graph(flow, choose, signal);
    const text = new Text(
      flow.yaml,
      flow.nodes.map(({ name }) => name),
    );
    const thresholds = new Thresholds(flow, app, signal);
    const detail = h(
      "p",
      { class: "muted small figures about", role: "status" },
      "Choose a step to see its numbers and its lines.",
    );
    const frame = h(
      "div",
      { class: "drawn", tabindex: "0", role: "group", "aria-label": "Graph of the flow" },
      graph.node,
    );
    const drawing = h("section", { class: "card" }, h("header", {}, h("h2", {}, "Steps"), detail), frame);
    const written = h("section", { class: "card written" }, h("header", {}, h("h2", {}, "YAML")), text.node);
    put(body, drawing, h("div", { class: "beside" }, thresholds.node, written));
    graph.watch(frame);
    let chosen = null;
    model.addEventListener("steps", show, { signal });
    model.addEventListener("state", show, { signal });
    show();

    function show() {
      const states = model.state?.steps ?? {};
      graph.show(model.steps, states);
      text.show(states);
      if (chosen) detail.textContent = numbers(chosen, model.steps[chosen], states[chosen]);
    }

    function choose(name) {
      chosen = name;
      graph.mark(name);
      text.mark(name);
      show();
    }
  }
}

function numbers(name, step, state) {
  const words = [name];
  if (state?.state) words.push(`${told(state.state).name}: ${state.message}`);
  if (!step) return words.join(" · ");
  words.push(`${rate(step.items_per_s)} items/s`);
  if (step.queue_size) words.push(`queue ${step.queue} of ${step.queue_size}`);
  words.push(`${count(step.dropped ?? 0)} dropped`, `${count(step.errors ?? 0)} errors`);
  if (step.busy_s > 1) words.push(`busy for ${step.busy_s.toFixed(0)} s`);
  return words.join(" · ");
}
