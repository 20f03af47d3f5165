/** Which page stands at which address. */

import { sessions } from "./app/api.js";
import { Link } from "./app/link.js";
import * as login from "./app/login.js";
import { Model } from "./app/model.js";
import * as not_found from "./app/not_found.js";
import { put } from "./app/element.js";
import { Shell } from "./app/shell.js";
import * as connections from "./connections/page.js";
import { silence } from "./events/clip_player.js";
import * as event from "./events/detail.js";
import * as events from "./events/page.js";
import * as flow from "./flow/page.js";
import * as live from "./live/page.js";
import * as training from "./training/page.js";

// All of them at once: a page that is fetched when it is asked for cannot be, while the server is away.
const ROUTES = [
  [/^\/$/, "Live", live],
  [/^\/events$/, "Events", events],
  [/^\/events\/(.+)$/, "Event", event],
  [/^\/flow$/, "Flow", flow],
  [/^\/connections$/, "Connections", connections],
  [/^\/training$/, "Training", training],
];

const root = document.getElementById("app");
const link = new Link();
const app = { link, model: new Model(link), go, title: (words) => shell.name(words) };
let shell = null;
let leaving = new AbortController(); // the page
let closing = new AbortController(); // what stands around all pages

/** Show the page at *path*, as if a link had been followed. */
function go(path, { replace = false } = {}) {
  if (replace) history.replaceState(null, "", path);
  else history.pushState(null, "", path);
  return show(true);
}

function show(followed) {
  leaving.abort();
  silence();
  const { signal } = (leaving = new AbortController());
  const path = location.pathname;
  if (path === "/login") return sign_in();
  if (!shell) {
    shell = new Shell(root, app, (closing = new AbortController()).signal);
    link.start();
  }
  const [pattern, title, { mount }] = ROUTES.find(([one]) => one.test(path)) ?? [/()/, "Not found", not_found];
  const page = shell.open(title, path);
  if (followed) {
    scrollTo(0, 0);
    shell.heading.focus({ preventScroll: true });
  }
  mount(page, app, signal, decoded(pattern.exec(path)[1] ?? ""));
}

function sign_in() {
  link.stop();
  closing.abort();
  shell = null;
  login.mount(put(root), app);
}

/** Return a part of an address as it was meant; one that nobody wrote so is taken as it is. */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

sessions.addEventListener("login", () => {
  if (location.pathname !== "/login")
    go(`/login?next=${encodeURIComponent(location.pathname + location.search)}`, { replace: true });
});
addEventListener("popstate", () => show(false));
document.addEventListener("click", (click) => {
  const anchor = click.target.closest?.("a[href^='/']");
  if (!anchor || anchor.hasAttribute("download") || click.defaultPrevented || click.button) return;
  if (click.metaKey || click.ctrlKey || click.shiftKey || /^\/(api|static)\//.test(anchor.pathname)) return;
  click.preventDefault();
  go(anchor.pathname + anchor.search);
});
show(false);
