/** The spectrogram of a clip, without the axes that the server draws around it. */

import { url } from "../app/api.js";
import { h } from "../app/element.js";

export function picture(event, alternative) {
  const gone = ({ target }) => target.remove(); // the clip was deleted: the dark plot stays
  return h(
    "span",
    { class: "plot" },
    h("img", {
      src: url(`events/${encodeURIComponent(event.id)}/spectrogram.png`),
      alt: alternative,
      loading: "lazy",
      decoding: "async",
      onerror: gone,
    }),
  );
}
