/** Plays clips: one at a time, wherever on the page its button stands. */

import { url } from "../app/api.js";
import { h, look, put } from "../app/element.js";
import { icon } from "../app/icons.js";
import { tell } from "../app/notices.js";
import { time_of, when } from "../app/format.js";

const DRAWN_S = 120; // of a longer clip only the beginning is drawn
const sound = new Audio();
const changes = new EventTarget();
let playing = null; // id of the event whose clip it is

for (const type of ["play", "pause", "ended", "timeupdate", "durationchange", "seeked"]) {
  sound.addEventListener(type, () => changes.dispatchEvent(new Event("change")));
}
sound.addEventListener(
  "error",
  () => sound.hasAttribute("src") && tell("This clip cannot be played: it may have been deleted since.", "bad"),
);

/** Return a button that plays and pauses the clip of *event*, with its progress around it. */
export function play_button(event, signal, { wide = false } = {}) {
  const button = h("button", {
    type: "button",
    class: `button play ${wide ? "first" : "round"}`,
    onclick: () => toggle(event),
  });
  const show = () => {
    const on = playing === event.id && !sound.paused;
    const words = on ? "Pause" : "Play";
    put(button, icon(on ? "pause" : "play"), wide && h("span", {}, words));
    button.setAttribute("aria-label", `${words} the clip: ${event.label}, ${when(time_of(event))}`);
    button.classList.toggle("on", on);
    look(button, { "--share": playing === event.id && sound.duration ? sound.currentTime / sound.duration : 0 });
  };
  button.disabled = !event.clip;
  if (!event.clip) button.title = "No clip was kept of this event";
  changes.addEventListener("change", show, { signal });
  show();
  return button;
}

/** Return a slider over the length of the clip, and the time beside it. */
export function position(event, signal) {
  const slider = h("input", {
    type: "range",
    min: 0,
    max: 1000,
    value: 0,
    "aria-label": "Position in the clip",
    oninput: seek,
  });
  const words = h("span", { class: "figures muted" });
  const show = () => {
    const mine = playing === event.id && Number.isFinite(sound.duration);
    const [at, length] = mine ? [sound.currentTime, sound.duration] : [0, null];
    slider.value = length ? (1000 * at) / length : 0;
    slider.setAttribute("aria-valuetext", `${at.toFixed(1)} s`);
    words.textContent = length === null ? "" : `${at.toFixed(1)} / ${length.toFixed(1)} s`;
  };
  function seek() {
    if (playing !== event.id) load(event);
    if (Number.isFinite(sound.duration)) sound.currentTime = (slider.value / 1000) * sound.duration;
  }
  changes.addEventListener("change", show, { signal });
  show();
  return h("div", { class: "row grow" }, slider, words);
}

/** Return the line over a picture of the clip at what is heard. */
export function playhead(event, signal) {
  const line = h("i", { class: "playhead" });
  const show = () => {
    line.hidden = playing !== event.id || !Number.isFinite(sound.duration);
    if (!line.hidden) look(line, { "--share": Math.min(1, sound.currentTime / Math.min(sound.duration, DRAWN_S)) });
  };
  const turn = () => {
    if (signal.aborted) return;
    show();
    if (!sound.paused) requestAnimationFrame(turn);
  };
  changes.addEventListener("change", turn, { signal });
  show();
  return line;
}

/** Stop what plays. */
export const silence = () => sound.pause();

function load(event) {
  playing = event.id;
  sound.src = url(`events/${encodeURIComponent(event.id)}/clip`);
}

function toggle(event) {
  if (playing === event.id && !sound.paused) return sound.pause();
  if (playing !== event.id || sound.error) load(event);
  return sound.play().catch(() => null); // the error has been told by the element itself
}
