/** Icons of our own, drawn on a grid of 24 with lines. */

import { s } from "./element.js";

const PATHS = {
  sound: "M5 10v4M9.5 6v12M14 9v6M18.5 11v2",
  live: "M3 12h3l2.5-7 4 14 3-9 1.5 2h4",
  events: "M8 6h12M8 12h12M8 18h12M3.5 6h.01M3.5 12h.01M3.5 18h.01",
  flow: "M3 5h6v5H3zM15 14h6v5h-6zM9 7.5h3.5a2 2 0 0 1 2 2V14.5a2 2 0 0 0 .5 2",
  connections: "M9 3v5M15 3v5M6.5 8h11v3.5a5.5 5.5 0 0 1-11 0zM12 17v4",
  training: "M4 4v16h16M7.5 15l3.5-4 3 2.5 5-6.5",
  play: "M8 5.5v13l10.5-6.5z",
  pause: "M8 5.5v13M16 5.5v13",
  listen: "M4 14v-2a8 8 0 0 1 16 0v2M4 14h3v6H5.5A1.5 1.5 0 0 1 4 18.5zM20 14h-3v6h1.5a1.5 1.5 0 0 0 1.5-1.5z",
  microphone: "M9 6a3 3 0 0 1 6 0v5a3 3 0 0 1-6 0zM5.5 11a6.5 6.5 0 0 0 13 0M12 17.5V21",
  no_microphone:
    "M9 6a3 3 0 0 1 6 0v4M15 13.2A3 3 0 0 1 9 11M5.5 11a6.5 6.5 0 0 0 10.5 5M18.5 11c0 .8-.1 1.5-.4 2.2M12 17.5V21M4 4l16 16",
  warning: "M12 4 2.8 20h18.4zM12 10v4.5M12 17.3v.01",
  clock: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 7.5V12l3 2",
  lost: "M5 12.5a10 10 0 0 1 5-2.7M19 12.5a10 10 0 0 0-3-2M2 9a14 14 0 0 1 5-3.2M22 9a14 14 0 0 0-11-3.9M8.5 16a5 5 0 0 1 6.5-.4M12 19.5v.01M4 3l16 18",
  check: "M5 12.5l4.5 4.5L19 7",
  cross: "M6 6l12 12M18 6 6 18",
  next: "M9 5l7 7-7 7",
  back: "M15 5l-7 7 7 7",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z",
  system: "M3.5 5h17v11h-17zM9 20h6M12 16v4",
  leave: "M14 4h5v16h-5M3.5 12H15M11 8l4 4-4 4",
  download: "M12 4v11M7.5 11l4.5 4.5 4.5-4.5M4.5 20h15",
  reset: "M4.5 12a7.5 7.5 0 1 0 2.3-5.4L4.5 9M4.5 4.5V9H9",
  search: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.5 15.5 20 20",
  sources: "M9 6a3 3 0 0 1 6 0v5a3 3 0 0 1-6 0zM5.5 11a6.5 6.5 0 0 0 13 0M12 17.5V21",
  audio: "M3 12h3l2.5-7 4 14 3-9 1.5 2h4",
  inference: "M12 3.5 19.5 8v8L12 20.5 4.5 16V8zM4.5 8l7.5 4.5L19.5 8M12 12.5v8",
  detection: "M4 16h4V8h5v8h3v-5h4M3 20h18",
  sinks: "M12 4v10M8 10.5l4 4 4-4M4 15v5h16v-5",
};

/** Return the icon *name*; it says nothing to a screen reader, the words beside it do. */
export function icon(name) {
  return s(
    "svg",
    { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true" },
    s("path", { d: PATHS[name] ?? PATHS.audio }),
  );
}
