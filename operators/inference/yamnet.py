"""Google's YAMNet."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, NamedTuple

from reactivex import Observable

from flowrun.models.bundle import bundle
from flowrun.models.framing import Framer, padding
from flowrun.models.window_network import WindowNetwork
from flowrun.operators._known_model import known_model
from flowrun.operators._rate import need_rate
from flowrun.operators._timeline import Timeline
from flowrun.schemas.kernel import fork, per_stream
from flowrun.schemas.late import np
from flowrun.schemas.parameters import Field
from flowrun.schemas.ports import Audio, Embeddings, Scores
from flowrun.schemas.spec import operator
from flowrun.schemas.stream_info import StreamInfo

RATE_HZ = 16000
WINDOW_SAMPLES = 15600  # 0.975 s


class Outputs(NamedTuple):
    """What YAMNet gives: scores of 521 AudioSet classes, and embeddings of 1024."""

    scores: Observable[Scores]
    embeddings: Observable[Embeddings]


def _info(*, audio: StreamInfo, model: str, hop_s: float, **_: Any) -> StreamInfo:
    audio.need_rate(RATE_HZ)
    known = StreamInfo(window_s=WINDOW_SAMPLES / RATE_HZ, hop_s=hop_s, delay=audio.delay)
    return replace(known, labels=known_model(model, WINDOW_SAMPLES).labels, embedding="yamnet")


@operator(info=_info)
def yamnet(
    audio: Observable[Audio],
    *,
    hop_s: Annotated[float, Field("s", ge=0.01, le=60)] = 0.48,
    model: str = "yamnet",
    threads: Annotated[int, Field(ge=1, le=64)] = 1,
) -> Outputs:
    """Score windows of 0.975 s with YAMNet: 521 AudioSet classes, from audio at 16 kHz.

    The end of a stream is padded with silence to a whole window, as YAMNet's own code does. Its embeddings are read
    with `from: STEP.embeddings`.

    Args:
        hop_s: Distance between the starts of two windows.
        model: Name of the model bundle, or the path of its folder.
        threads: Threads that work on one window; `workers` of a `directory` serve many files better.
    """
    return Outputs(*fork(heard(audio, hop_s=hop_s, model=model, threads=threads)))


def heard(audio: Observable[Audio], *, hop_s: float, model: str, threads: int) -> Observable[tuple[Scores, Embeddings]]:
    """Return the scores together with the embeddings; see `yamnet`."""
    network = WindowNetwork(bundle(model), (WINDOW_SAMPLES,), threads=threads)
    hop_samples = max(1, round(hop_s * RATE_HZ))
    return per_stream(audio, lambda: _Kernel(network, hop_samples))


class _Kernel:
    def __init__(self, network: WindowNetwork, hop_samples: int) -> None:
        self.network = network
        self.hop = hop_samples
        self.frames = Framer(WINDOW_SAMPLES, hop_samples)
        self.timeline = Timeline(RATE_HZ, WINDOW_SAMPLES, hop_samples)
        self.heard = 0

    def __call__(self, audio: Audio) -> list[tuple[Scores, Embeddings]]:
        need_rate(audio, RATE_HZ, "yamnet")
        samples = audio.samples
        self.heard += len(samples)
        if audio.last and self.heard:
            samples = np.pad(samples, (0, padding(self.heard, WINDOW_SAMPLES, self.hop)))
        frames = self.frames(samples)  # (windows, 15600)
        at = self.timeline(audio, len(frames))
        if at is None:
            return []
        scores, vectors = self.network(frames)
        return [(Scores(at, scores, self.network.labels), Embeddings(at, vectors, "yamnet"))]
