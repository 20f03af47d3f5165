/** Numbers and times as people read them. */

const CLOCK = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});
const DAY = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short" });
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });

/** Return the local time of day of a UTC time. */
export const clock = (iso) => CLOCK.format(new Date(iso));

/** Return day and time in full. */
export const full = (iso) => FULL.format(new Date(iso));

/** Return when an event was: when it was heard where that is known, else when it was told. */
export const time_of = (event) => event.heard_at ?? event.told_at;

/** Return whether an event was in a recording: then its place there says more than when it was found. */
export const in_file = (event) => event.heard_at === null;

/** Return a place in a recording: 0:06.7, 1:02:15.0. */
export function offset(seconds) {
  const tenths = Math.round(10 * seconds);
  const [h, min, s] = [Math.floor(tenths / 36000), Math.floor(tenths / 600) % 60, (tenths % 600) / 10];
  const padded = `${h ? String(min).padStart(2, "0") : min}:${s.toFixed(1).padStart(4, "0")}`;
  return h ? `${h}:${padded}` : padded;
}

/** Return when something was: the time today, the day and the time before. */
export function when(iso, now = new Date()) {
  const then = new Date(iso);
  return then.toDateString() === now.toDateString() ? clock(iso) : `${DAY.format(then)}, ${clock(iso)}`;
}

/** Return how long ago something was, in one unit. */
export function ago(iso, now = Date.now()) {
  const seconds = Math.max(0, (now - new Date(iso)) / 1000);
  if (seconds < 5) return "just now";
  const [unit, length] = [
    ["day", 86400],
    ["h", 3600],
    ["min", 60],
    ["s", 1],
  ].find(([, size]) => seconds >= size);
  const count = Math.floor(seconds / length);
  return `${count} ${unit === "day" && count > 1 ? "days" : unit} ago`;
}

/** Return a length of time: 0.8 s, 12 s, 3 min 20 s, 2 h 5 min. */
export function duration(seconds) {
  if (seconds < 10) return `${Number(seconds.toFixed(1))} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`;
}

/** Return a count: 1,234. */
export const count = (value) => value.toLocaleString("en-US");

/** Return a rate with two or three figures. */
export const rate = (value) => (value === 0 ? "0" : value < 10 ? value.toFixed(1) : count(Math.round(value)));

/** Return a score or measure with two decimals; a dash where there is none. */
export const score = (value) => (value === null || Number.isNaN(value) ? "–" : value.toFixed(2));
