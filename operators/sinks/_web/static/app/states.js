/** The states of a source of sound: what they are called, and what one does about them. */

export const STATES = {
  starting: { name: "Starting", tone: "", icon: "clock" },
  listening: { name: "Listening", tone: "good", icon: "microphone" },
  working: { name: "Working", tone: "good", icon: "microphone" },
  paused: { name: "Paused", tone: "warn", icon: "pause" },
  missing: {
    name: "No microphone",
    tone: "bad",
    icon: "no_microphone",
    what:
      "Plug it in, or name another one in the flow: " +
      "`flowrun devices` lists what this machine has. It is tried again by itself.",
  },
  stalled: {
    name: "Nothing comes",
    tone: "warn",
    icon: "warning",
    what: "The device is open but sends no sound. Another program may hold it. It is opened again by itself.",
  },
  silent: {
    name: "Only silence",
    tone: "warn",
    icon: "no_microphone",
    what:
      "Every sample is zero: the microphone is muted, or another input is chosen. " +
      "Look at its switch and at the mixer.",
  },
  lost: {
    name: "Microphone lost",
    tone: "bad",
    icon: "no_microphone",
    what: "The system closed the device. Plug it in again: listening goes on by itself.",
  },
  failing: {
    name: "Failing",
    tone: "bad",
    icon: "warning",
    what: "The step raised an error; the log of flowrun has the whole story.",
  },
  ended: { name: "Ended", tone: "", icon: "clock", what: "The sound has ended. Start the flow again to hear more." },
};

/** Return what to show of a state; an unknown one goes by its own name. */
export const told = (state) => STATES[state] ?? { name: state, tone: "", icon: "clock" };

/** Whether a stream that was heard gives no sound any more. */
export const deaf = (stream) => ["missing", "lost", "stalled", "ended"].includes(stream?.state);

/** Return the one state that stands for the whole flow: the worst of its streams. */
export function overall(state) {
  if (!state) return { name: "Connecting", tone: "", icon: "clock" };
  if (state.ended) return { name: "Done", tone: "good", icon: "check" };
  if (state.stopping) return { name: "Stopping", tone: "warn", icon: "clock" };
  if (state.paused) return { name: "Paused", tone: "warn", icon: "pause" };
  const all = state.streams.map((stream) => told(stream.state));
  const worst = ["bad", "warn"].map((tone) => all.find((one) => one.tone === tone)).find(Boolean);
  if (worst) return worst;
  if (!state.ready) return STATES.starting;
  return all[0] ?? STATES.working;
}
