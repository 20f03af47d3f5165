/** Which class was taken for which: a row per true class, shares of the row as depth of colour. */

import { h, look } from "../app/element.js";

const DEEP = 0.55; // the share from which a figure is in the other colour
/** Return how much of the accent a cell has; between the two ranges no figure could be read. */
const depth = (share) => (share > DEEP ? 0.88 + 0.27 * (share - DEEP) : 0.76 * share);

export function confusion({ labels, counts }) {
  const head = h(
    "tr",
    {},
    h("td"),
    labels.map((label) => h("th", { scope: "col" }, h("span", {}, label))),
  );
  const rows = counts.map((row, i) => {
    const all = row.reduce((sum, value) => sum + value, 0);
    return h(
      "tr",
      {},
      h("th", { scope: "row" }, labels[i]),
      row.map((value, k) => {
        const share = all ? value / all : 0;
        const words = `${labels[i]} taken for ${labels[k]}: ${value} of ${all}`;
        return look(
          h(
            "td",
            { class: `figures ${share > DEEP ? "deep" : ""} ${i === k ? "right" : ""}`, title: words },
            value || "·",
          ),
          { "--depth": depth(share) },
        );
      }),
    );
  });
  const table = h(
    "table",
    { class: "confusion" },
    h("caption", { class: "off-screen" }, "Confusion matrix: true classes in rows, recognised ones in columns"),
    h("thead", {}, head),
    h("tbody", {}, rows),
  );
  return h("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": "Confusion matrix" }, table);
}
