/** Where the ticks of the scrolling picture are. */

import { clock } from "../app/format.js";

const PIXELS_PER_S = 32;
const SHORTEST_S = 12; // what is shown at least
const EACH_S = 5;
const TICKS_HZ = [250, 500, 1000, 2000, 4000];
const USUAL = { low_hz: 125, high_hz: 7500, bins: 64 }; // until the server has told
const htk = (hz) => 1127 * Math.log(1 + hz / 700); // mel, as the frames were made

/** Return how many pixels a second takes. */
export const speed = (plot) => Math.min(PIXELS_PER_S, plot.width / SHORTEST_S);

/** Return x and text of each full five seconds; the right edge is at *shown_s*, Unix time. */
export function time_ticks(plot, shown_s) {
  const ticks = [];
  const right = plot.x + plot.width;
  for (let second = Math.floor(shown_s / EACH_S) * EACH_S; ; second -= EACH_S) {
    const x = right - (shown_s - second) * speed(plot);
    if (x < plot.x) return ticks;
    ticks.push({ x, words: clock(second * 1000) });
  }
}

/** Return y and text of each frequency; the centres of the mel bins lie evenly between the two outer edges. */
export function frequency_ticks(plot, mel = USUAL) {
  const { low_hz, high_hz, bins } = mel;
  const bin = (hz) => ((htk(hz) - htk(low_hz)) / (htk(high_hz) - htk(low_hz))) * (bins + 1) - 1;
  const words = (hz) => (hz < 1000 ? `${hz}` : hz === TICKS_HZ.at(-1) ? `${hz / 1000} kHz` : `${hz / 1000}k`);
  return TICKS_HZ.filter((hz) => hz > low_hz && hz < high_hz).map((hz) => ({
    y: plot.y + plot.height * (1 - (bin(hz) + 0.5) / bins),
    words: words(hz),
  }));
}
