/**
 * The colours of loudness, the same as in the pictures of clips.
 *
 * Source: nine points of Matplotlib's "magma", by N. Smith and S. van der Walt, CC0.
 */

const MAGMA = [
  [0, 0, 4],
  [28, 16, 68],
  [79, 18, 123],
  [129, 37, 129],
  [181, 54, 122],
  [229, 80, 100],
  [251, 135, 97],
  [254, 194, 135],
  [252, 253, 191],
];
const QUIETEST = 0.1;
const LOUDEST = 0.9; // of the range that is sent: what lies between takes all the colours

/** The colour of each byte, as canvas data has it: red first in memory. */
export const COLOURS = new Uint32Array(256).map((_, byte) => {
  const share = Math.min(1, Math.max(0, (byte / 255 - QUIETEST) / (LOUDEST - QUIETEST)));
  const at = share * (MAGMA.length - 1);
  const i = Math.min(MAGMA.length - 2, Math.floor(at));
  const [red, green, blue] = MAGMA[i].map((low, k) => Math.round(low + (at - i) * (MAGMA[i + 1][k] - low)));
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
});

export const SILENCE = "#000004";
