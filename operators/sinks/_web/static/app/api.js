/** Calls of the JSON API. */

const PREFIX = "/api/v1/";

/** Tells by the event `login` that the session has ended, or that there was none. */
export const sessions = new EventTarget();

/** What the server refused: `status` of HTTP (0: it did not answer), and its own words. */
export class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export const url = (path) => PREFIX + path;
export const get = (path, signal) => call("GET", path, undefined, signal);
export const put = (path, body) => call("PUT", path, body);
export const post = (path, body) => call("POST", path, body);
export const remove = (path, body) => call("DELETE", path, body);

async function call(method, path, body, signal) {
  const headers = { Accept: "application/json" };
  if (method !== "GET") headers["X-Flowrun"] = "1"; // a form of another site cannot send this
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(url(path), { method, headers, body: body && JSON.stringify(body), signal, cache: "no-store" });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Refusal(0, "flowrun does not answer. Is it running?");
  }
  const said = await answer.json().catch(() => null);
  if (answer.ok) return said;
  if (answer.status === 401 && path !== "login") sessions.dispatchEvent(new Event("login"));
  throw new Refusal(answer.status, said?.error ?? `flowrun answered ${answer.status} to ${method} ${path}.`);
}
