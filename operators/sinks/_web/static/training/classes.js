/** How well each class is learnt: a table that sorts by the column that is pressed. */

import { h, look, put } from "../app/element.js";
import { count, score } from "../app/format.js";

const COLUMNS = [
  ["label", "Class", (value) => value],
  ["positives", "Examples", count],
  ["average_precision", "Average precision", score],
  ["auc", "AUC", score],
];

export function classes(rows) {
  let by = "average_precision";
  let sign = -1;
  const body = h("tbody");
  const heads = COLUMNS.map(([key, words]) =>
    h("th", { scope: "col" }, h("button", { type: "button", onclick: () => sort(key) }, words)),
  );
  draw();
  const table = h(
    "table",
    { class: "classes" },
    h("caption", { class: "off-screen" }, "Measures of each class"),
    h("thead", {}, h("tr", {}, heads)),
    body,
  );
  return h("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": "Classes" }, table);

  function sort(key) {
    sign = by === key ? -sign : key === "label" ? 1 : -1;
    by = key;
    draw();
  }

  function draw() {
    COLUMNS.forEach(([key], i) =>
      heads[i].setAttribute("aria-sort", key === by ? (sign > 0 ? "ascending" : "descending") : "none"),
    );
    const sorted = rows.toSorted(
      (a, b) =>
        (a[by] === null) - (b[by] === null) ||
        sign * (typeof a[by] === "string" ? a[by].localeCompare(b[by]) : a[by] - b[by]),
    );
    put(body, sorted.map(row));
  }
}

function row(one) {
  return h(
    "tr",
    {},
    COLUMNS.map(([key, , words], i) => {
      const text = one[key] === null ? "–" : words(one[key]);
      if (i === 0) return h("th", { scope: "row" }, text);
      const bar =
        key === "average_precision" &&
        h("span", { class: "bar", "aria-hidden": "true" }, look(h("i"), { "--share": one[key] ?? 0 }));
      return h("td", { class: "figures" }, bar, text);
    }),
  );
}
