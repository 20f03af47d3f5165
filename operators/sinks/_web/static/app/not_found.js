/** An address without a page. */

import { h, put } from "./element.js";
import { empty } from "./notices.js";

export function mount(page) {
  const home = h("a", { class: "button", href: "/" }, "Go to Live");
  put(
    page,
    h(
      "section",
      { class: "card" },
      empty("search", "There is nothing here", `${location.pathname} is no page of flowrun.`, home),
    ),
  );
}
