"""Which way leads from audio to a model's output, as its manifest tells.

`WAYS` is the one place that knows the kinds of models: by what they take, embeddings or what their front end gives, and
by their outputs. No model is known by its name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from flowrun.models.bundle import Bundle, bundle
from flowrun.operators.audio.log_mel import log_mel
from flowrun.operators.inference import listener, yamnet
from flowrun.operators.inference._way import Link, Way, link
from flowrun.operators.inference.classifier import classifier
from flowrun.operators.inference.vggish import vggish
from flowrun.schemas.errors import ModelError
from flowrun.schemas.stream_info import Mismatch

EMBEDDINGS = "embeddings"
HOP_S = 0.48  # of a model that names none: YAMNet's


def way_to_scores(model: str, hop_s: float | None, threads: int) -> Way:
    """Return the way to the scores of a model.

    Args:
        model: Name of the bundle, or the path of its folder.
        hop_s: Distance between the starts of two windows; the model's own where none is given.
        threads: Threads that work on one window.

    Raises:
        ModelError: there is no such model, or it gives no scores of sound.
    """
    found = _way(model, hop_s, threads)
    if not found.gives_scores:
        raise ModelError(
            f"model {model!r} gives embeddings, no scores: read them with `embed`, or name a classifier trained on them"
        )
    return found


def way_to_embeddings(model: str, hop_s: float | None, threads: int) -> Way:
    """Return the way to the embeddings of a model, as `way_to_scores` does.

    Raises:
        ModelError: there is no such model, or it gives no embeddings of sound.
    """
    found = _way(model, hop_s, threads)
    if not found.gives_embeddings:
        raise ModelError(
            f"model {model!r} gives scores, no embeddings: name {bundle(model).embedding!r}, which it is on"
        )
    return found


def known_way(find: Callable[[str, float | None, int], Way], model: str, hop_s: float | None, threads: int) -> Way:
    """Return the way that *find* finds for the options of a step, while the flow is checked.

    Raises:
        Mismatch: there is none.
    """
    try:
        return find(model, hop_s, threads)
    except ModelError as error:
        raise Mismatch(str(error), "model") from None


def _way(model: str, hop_s: float | None, threads: int) -> Way:
    found = bundle(model)
    taken, given = _takes(found), frozenset(found.data.get("outputs", ()))
    if (taken, given) not in WAYS:
        outputs = " and ".join(sorted(given)) or "nothing"
        raise ModelError(f"model {found.name!r} makes {outputs} of {taken}: no way is known from audio to that")
    return WAYS[taken, given](model, found, hop_s or found.data.get("hop_s"), threads)


def _takes(found: Bundle) -> str:
    """Return `embeddings`, or the name of the front end; that of a network on samples is `inside the network`."""
    if found.embedding is not None:
        return EMBEDDINGS
    front_end = found.data.get("input", {}).get("front_end") or found.data.get("front_end", "an unknown input")
    return str(front_end["name"] if isinstance(front_end, Mapping) else front_end)


def _waveform_network(model: str, _: Bundle, hop_s: float | None, threads: int) -> Way:
    network = link(yamnet.yamnet, yamnet.heard, model=model, hop_s=hop_s or HOP_S, threads=threads)
    return Way((network,), paired=True)


def _patch_network(model: str, _: Bundle, hop_s: float | None, threads: int) -> Way:
    network = link(listener.listener, listener.heard, model=model, threads=threads)
    return Way((_patches(hop_s), network), paired=True)


def _patch_embedder(model: str, _: Bundle, hop_s: float | None, threads: int) -> Way:
    return Way((_patches(hop_s), link(vggish, model=model, threads=threads)))


def _patches(hop_s: float | None) -> Link:
    return link(log_mel, hop_s=hop_s or HOP_S, tail="pad")  # a sound in the last moment is heard too


def _classifier(model: str, found: Bundle, hop_s: float | None, threads: int) -> Way:
    trained_hop_s = found.data["input"].get("hop_s")
    try:
        below = way_to_embeddings(str(found.embedding), hop_s or trained_hop_s, threads)
    except ModelError as error:
        raise ModelError(f"model {found.name!r} takes {found.embedding} embeddings: {error}") from None
    return replace(below, classifier=link(classifier, model=model, threads=threads))


BOTH = frozenset({"scores", "embedding"})
WAYS: Mapping[tuple[str, frozenset[str]], Callable[[str, Bundle, float | None, int], Way]] = {
    ("inside the network", BOTH): _waveform_network,
    ("log_mel", BOTH): _patch_network,
    ("log_mel", frozenset({"embedding"})): _patch_embedder,
    (EMBEDDINGS, frozenset({"scores"})): _classifier,
}
