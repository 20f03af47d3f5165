/** Who wants to see the pages of a box that others can reach. */

import { post } from "./api.js";
import { h } from "./element.js";
import { brand } from "./shell.js";

export function mount(root, app) {
  document.title = "Log in · flowrun";
  const complaint = h("p", { class: "complaint", id: "complaint", role: "alert" });
  const password = h("input", {
    class: "input",
    id: "password",
    type: "password",
    autocomplete: "current-password",
    required: true,
    "aria-describedby": "complaint",
  });
  const button = h("button", { class: "button first" }, "Log in");
  const form = h(
    "form",
    { onsubmit: enter },
    h("div", { class: "field" }, h("label", { for: "password" }, "Password"), password),
    complaint,
    button,
  );
  const title = h("h1", {}, "Log in");
  const text = h("p", { class: "muted" }, "This flow is protected: its password is in the flow, or with who runs it.");
  root.append(h("main", { class: "alone", id: "page" }, h("div", { class: "card" }, brand(), title, text, form)));
  password.focus();

  async function enter(submit) {
    submit.preventDefault();
    button.disabled = true;
    complaint.textContent = "";
    try {
      await post("login", { password: password.value });
      app.go(wanted(), { replace: true });
    } catch (error) {
      complaint.textContent = error.message;
      password.setAttribute("aria-invalid", "true");
      password.select();
    }
    button.disabled = false;
  }
}

/** Return where to go then: a path of this site, never an address elsewhere. */
function wanted() {
  const next = new URLSearchParams(location.search).get("next") ?? "/";
  const address = new URL(next, location.origin);
  return address.origin === location.origin ? address.pathname + address.search : "/";
}
