/** A curve of learning: one measure over the steps, of training and validation. */

import { h, s } from "../app/element.js";
import { count } from "../app/format.js";

const BOX = { width: 360, height: 190, right: 12, top: 10, bottom: 26 };
const LETTER = 6.5; // its width
const TICKS = 4;

/** Return the figure of *points*, rows of step, training and validation; a measure that is not there is null. */
export function curve(name, points) {
  const measured = points.flatMap(([, ...values]) => values).filter((value) => value !== null && value !== undefined);
  const [low, high, step] = range(Math.min(...measured), Math.max(...measured));
  const steps = points.map(([at]) => at);
  const [first, last] = [steps[0], steps.at(-1)];
  const ticks = Array.from({ length: Math.round((high - low) / step) + 1 }, (_, i) => low + i * step);
  const left = 14 + LETTER * Math.max(...ticks.map((value) => figure(value, step).length));
  const x = (at) => left + (last === first ? 0.5 : (at - first) / (last - first)) * (BOX.width - left - BOX.right);
  const y = (value) => BOX.top + (1 - (value - low) / (high - low)) * (BOX.height - BOX.top - BOX.bottom);
  const grid = [];
  for (const value of ticks) {
    grid.push(s("line", { class: "grid", x1: left, x2: BOX.width - BOX.right, y1: y(value), y2: y(value) }));
    grid.push(s("text", { x: left - 8, y: y(value) + 4, "text-anchor": "end" }, figure(value, step)));
  }
  for (const at of [...new Set([first, last])]) {
    grid.push(
      s(
        "text",
        { x: x(at), y: BOX.height - 8, "text-anchor": at === first && first !== last ? "start" : "end" },
        at === last ? `step ${count(at)}` : count(at),
      ),
    );
  }
  const lines = [
    ["training", 1],
    ["validation", 2],
  ].map(([part, column]) => {
    const known = points.filter((row) => row[column] !== null && row[column] !== undefined);
    if (!known.length) return null;
    const path = known.map((row, i) => `${i ? "L" : "M"}${x(row[0]).toFixed(1)} ${y(row[column]).toFixed(1)}`).join("");
    const end = known.at(-1);
    return [
      s("path", { class: `line ${part}`, d: path }),
      s("circle", { class: part, cx: x(end[0]), cy: y(end[column]), r: 3 }),
    ];
  });
  const ends = [
    ["training", 1],
    ["validation", 2],
  ].map(([part, column]) => {
    const value = points.findLast((row) => row[column] !== null && row[column] !== undefined)?.[column];
    return (
      value !== undefined &&
      h("span", { class: `legend ${part}` }, part, " ", h("b", { class: "figures" }, figure(value, step / 10)))
    );
  });
  const told = `${name} by step: ${ends
    .filter(Boolean)
    .map((one) => one.textContent)
    .join(", ")}`;
  const drawing = s("svg", { viewBox: `0 0 ${BOX.width} ${BOX.height}`, role: "img", "aria-label": told }, grid, lines);
  return h("figure", { class: "curve" }, h("figcaption", {}, h("h3", {}, name), ends), drawing);
}

/** Return round limits around *low* and *high*, and the distance of the lines between them. */
export function range(low, high) {
  if (low === high) [low, high] = [low - Math.abs(low || 1) / 2, high + Math.abs(high || 1) / 2];
  const rough = (high - low) / TICKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].find((times) => times * power >= rough) * power;
  return [Math.floor(low / step + 1e-9) * step, Math.ceil(high / step - 1e-9) * step, step];
}

function figure(value, step) {
  return value.toFixed(
    Math.min(6, Math.max(0, Math.ceil(-Math.log10(step) - 1e-9) + (/25/.test(step.toPrecision(2)) ? 1 : 0))),
  );
}
