/** What stands around every page: the way to the others, the flow's state, and whether the server answers. */

import { post } from "./api.js";
import { h, put } from "./element.js";
import { icon } from "./icons.js";
import { overall } from "./states.js";
import { theme_button } from "./theme.js";

export const PAGES = [
  { path: "/", icon: "live", name: "Live" },
  { path: "/events", icon: "events", name: "Events" },
  { path: "/flow", icon: "flow", name: "Flow" },
  { path: "/connections", icon: "connections", name: "Connections" },
  { path: "/training", icon: "training", name: "Training" },
];

export const brand = () =>
  h("a", { class: "brand", href: "/", "aria-label": "flowrun" }, icon("sound"), h("span", {}, "flowrun"));

export class Shell {
  constructor(root, app, signal) {
    this.app = app;
    this.heading = h("h1", { tabindex: "-1" });
    this.flow = h("span", { class: "flow ellipsis" });
    this.pill = h("span", { class: "pill" });
    this.banner = h("div", { id: "banner", role: "status" });
    this.page = h("main", { id: "page", tabindex: "-1" });
    this.links = PAGES.map(({ path, name, icon: of }) => h("a", { href: path }, icon(of), h("span", {}, name)));
    const leave = h(
      "button",
      { type: "button", class: "button quiet", onclick: () => this.#leave() },
      icon("leave"),
      h("span", {}, "Log out"),
    );
    this.leave = leave;
    const foot = h("div", { class: "foot" }, theme_button(), leave);
    const side = h("aside", { class: "side" }, brand(), h("nav", { "aria-label": "Pages" }, this.links), foot);
    const top = h(
      "header",
      { class: "top" },
      this.heading,
      this.flow,
      h("span", { class: "grow" }),
      this.pill,
      h("span", { class: "on-phone" }, theme_button(true)),
    );
    put(root, side, h("div", {}, top, this.banner, this.page));
    app.model.addEventListener("state", () => this.#told(), { signal });
    app.link.addEventListener("status", () => this.#connected(), { signal });
    signal.addEventListener("abort", () => clearInterval(this.ticking));
    this.#told();
    this.#connected();
  }

  /** Show the frame of a page, and return where it goes. */
  open(title, path) {
    this.name(title);
    const section = `/${path.split("/")[1]}`;
    for (const link of this.links) {
      if (link.getAttribute("href") === section) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    return put(this.page);
  }

  /** Show what the page is called. */
  name(title) {
    document.title = `${title} · flowrun`;
    this.heading.textContent = title;
  }

  #told() {
    const { state } = this.app.model;
    this.flow.textContent = state?.flow ?? "";
    this.flow.hidden = !state;
    this.leave.hidden = !state?.login;
    const lost = this.app.link.name === "lost";
    const { name, tone } = lost ? { name: "Reconnecting", tone: "bad" } : overall(state);
    this.pill.className = `pill ${tone}`;
    this.pill.textContent = name;
  }

  #connected() {
    clearInterval(this.ticking);
    this.#told();
    if (this.app.link.name !== "lost") return put(this.banner);
    const left = h("span", { "aria-hidden": "true" });
    const tick = () => {
      const seconds = Math.ceil((this.app.link.retry_at - Date.now()) / 1000);
      left.textContent = seconds > 0 ? ` Next attempt in ${seconds} s.` : " Trying now…";
    };
    tick();
    this.ticking = setInterval(tick, 500);
    if (this.banner.firstChild) return this.banner.querySelector(".left").replaceChildren(left);
    const text = h(
      "div",
      {},
      h("p", {}, h("strong", {}, "No answer from flowrun.")),
      h(
        "p",
        {},
        "What you see is what was known last. This page comes back by itself.",
        h("span", { class: "left" }, left),
      ),
    );
    const retry = h("button", { type: "button", class: "button", onclick: () => this.app.link.retry() }, "Try now");
    return put(this.banner, h("div", { class: "notice bad" }, icon("lost"), text, retry));
  }

  async #leave() {
    await post("logout").catch(() => null); // what cannot be ended there is ended here
    this.app.link.stop();
    this.app.go("/login");
  }
}
