/** Light, dark, or as the system has it. */

import { h, put } from "./element.js";
import { icon } from "./icons.js";

const NEXT = { system: "light", light: "dark", dark: "system" };
const NAMES = { system: ["system", "System theme"], light: ["sun", "Light theme"], dark: ["moon", "Dark theme"] };
export const changes = new EventTarget();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);

/** Return a button that goes through the three. */
export function theme_button(bare) {
  const button = h("button", {
    type: "button",
    class: `button quiet ${bare ? "bare" : ""}`,
    onclick: () => choose(NEXT[chosen()]),
  });
  const show = () => {
    const [name, words] = NAMES[chosen()];
    put(button, icon(name), h("span", { class: bare ? "off-screen" : "" }, words));
    button.title = `${words}: change`;
    button.setAttribute("aria-label", `${words}. Change the theme`);
  };
  changes.addEventListener("change", show);
  show();
  return button;
}

const chosen = () => document.documentElement.dataset.theme ?? "system";

function choose(theme) {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    if (theme === "system") localStorage.removeItem("theme");
    else localStorage.setItem("theme", theme);
  } catch {
    /* storage is switched off: it holds until the page is loaded anew */
  }
  changed();
}

function changed() {
  changes.dispatchEvent(new Event("change"));
}
