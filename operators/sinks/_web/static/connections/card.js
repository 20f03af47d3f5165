/** One connection: how it is, and where it leads. */

import { post, put as send } from "../app/api.js";
import { h, put } from "../app/element.js";
import { count, full, when } from "../app/format.js";
import { icon } from "../app/icons.js";
import { tell } from "../app/notices.js";

const KINDS = { devicehive: "DeviceHive", mqtt: "MQTT" };
const TONES = { connected: "good", connecting: "warn", lost: "bad", off: "" };
const NAMES = { connected: "Connected", connecting: "Connecting", lost: "Not connected", off: "Switched off" };

export class Card {
  constructor({ kind, step, url, device_id }, again) {
    this.again = again;
    this.step = step;
    this.pill = h("span", { class: "pill" });
    this.facts = h("dl", { class: "facts" });
    this.toggle = h("button", { type: "button", class: "button", onclick: () => this.#ask(this.off) });
    this.hurry = h("button", { type: "button", class: "button", onclick: () => this.#ask(true) }, "Try now");
    this.message = h("p", { class: "said" });
    const id = (name) => `${step}-${name}`;
    const field = (name, words, properties) =>
      h(
        "div",
        { class: "field" },
        h("label", { for: id(name) }, words),
        (this[name] = h("input", { class: "input", id: id(name), name, ...properties })),
      );
    this.complaint = h("p", { class: "complaint", role: "alert" });
    this.save = h("button", { class: "button first" }, "Save and connect");
    const form = h(
      "form",
      { class: "stack", onsubmit: (submit) => this.#save(submit) },
      field("url", kind === "mqtt" ? "Broker" : "Server", {
        value: url,
        required: true,
        spellcheck: "false",
        autocomplete: "off",
      }),
      device_id !== null &&
        field("device_id", "Device id", { value: device_id, spellcheck: "false", autocomplete: "off" }),
      field("token", kind === "mqtt" ? "Password" : "Token", {
        type: "password",
        placeholder: "Unchanged unless you type one",
        autocomplete: "new-password",
      }),
      h(
        "p",
        { class: "muted small" },
        "Holds until flowrun is started again; the token is never shown, and another server needs its own. To keep it, write it into the flow.",
      ),
      this.complaint,
      h("div", {}, this.save),
    );
    const head = h(
      "header",
      {},
      icon("connections"),
      h("h2", {}, KINDS[kind] ?? kind),
      h("span", { class: "muted" }, step),
      h("span", { class: "grow" }),
      this.pill,
    );
    this.node = h(
      "section",
      { class: "card connection", "aria-label": `${KINDS[kind] ?? kind}, ${step}` },
      head,
      h("div", { class: "inside stack" }, this.message, this.facts, h("div", { class: "row wrap" }, this.toggle, this.hurry), form),
    );
  }

  show(one) {
    this.one = one;
    this.pill.className = `pill ${TONES[one.state] ?? ""}`;
    this.pill.textContent = NAMES[one.state] ?? one.state;
    this.message.textContent = one.message;
    const facts = [
      one.connected_since && [
        "Connected",
        h(
          "time",
          { datetime: one.connected_since, title: full(one.connected_since) },
          `since ${when(one.connected_since)}`,
        ),
      ],
      [
        "Waiting",
        one.backlog === null
          ? "–"
          : one.backlog
            ? `${count(one.backlog)} ${one.backlog === 1 ? "event" : "events"} to be sent`
            : "Nothing: all is sent",
      ],
      ["Last error", one.last_error || "None"],
    ].filter(Boolean);
    put(
      this.facts,
      facts.map(([name, value]) => h("div", {}, h("dt", { class: "muted" }, name), h("dd", {}, value))),
    );
    const off = one.state === "off";
    if (this.off !== off) put(this.toggle, off ? "Connect" : "Disconnect");
    this.off = off;
    this.hurry.hidden = one.state !== "lost";
  }

  async #ask(connect) {
    this.toggle.disabled = this.hurry.disabled = true;
    try {
      await post(`connections/${encodeURIComponent(this.step)}/${connect ? "connect" : "disconnect"}`);
      await this.again();
    } catch (error) {
      tell(error.message, "bad");
    }
    this.toggle.disabled = this.hurry.disabled = false;
  }

  async #save(submit) {
    submit.preventDefault();
    this.save.disabled = true;
    this.complaint.textContent = "";
    const { url, device_id, token } = this;
    try {
      const wanted = {
        url: url.value,
        ...(device_id?.value && { device_id: device_id.value }),
        ...(token.value && { token: token.value }),
      };
      await send(`connections/${encodeURIComponent(this.step)}`, wanted);
      token.value = "";
      tell("Saved: connecting with it now.");
      await this.again();
    } catch (error) {
      this.complaint.textContent = error.message;
    }
    this.save.disabled = false;
  }
}
