"""Google's YAMNet."""

from __future__ import annotations

from math import ceil
from typing import Annotated, Any, NamedTuple

from reactivex import Observable

from flowrun.models.bundle import Bundle, bundle
from flowrun.models.framing import Framer
from flowrun.models.litert import Network
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
    labels = known_model(model).labels
    return StreamInfo(window_s=WINDOW_SAMPLES / RATE_HZ, hop_s=hop_s, labels=labels, embedding="yamnet")


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
    found = bundle(model)
    outputs = found.data["outputs"]
    network = Network(
        found.path(found.files[0].path), [outputs["scores"]["tensor"], outputs["embedding"]["tensor"]], threads=threads
    )
    hop_samples = max(1, round(hop_s * RATE_HZ))
    return Outputs(*fork(per_stream(audio, lambda: _Kernel(network, found, hop_samples))))


class _Kernel:
    def __init__(self, network: Network, found: Bundle, hop_samples: int) -> None:
        self.network = network
        self.bundle = found
        self.hop = hop_samples
        self.frames = Framer(WINDOW_SAMPLES, hop_samples)
        self.timeline = Timeline(RATE_HZ, WINDOW_SAMPLES, hop_samples)
        self.heard = 0

    def __call__(self, audio: Audio) -> list[tuple[Scores, Embeddings]]:
        need_rate(audio, RATE_HZ, "yamnet")
        samples = audio.samples
        self.heard += len(samples)
        if audio.last and self.heard:
            samples = np.pad(samples, (0, padding(self.heard, self.hop)))
        frames = self.frames(samples)  # (windows, 15600)
        at = self.timeline(audio, len(frames))
        if at is None:
            return []
        scores = np.empty((len(frames), len(self.bundle.labels)), np.float32)
        vectors = np.empty((len(frames), self.network.output_shapes[1][-1]), np.float32)
        for i, frame in enumerate(frames):
            scores[i], vectors[i] = (given.reshape(-1) for given in self.network(frame))
        return [(Scores(at, scores, self.bundle.labels), Embeddings(at, vectors, "yamnet"))]


def padding(samples: int, hop: int) -> int:
    """Return how much silence fills the last window of a stream of *samples*, > 0, with windows *hop* samples apart.

    Source: pad_waveform in features.py of the YAMNet release.

    >>> padding(100, 7680), padding(15600, 7680), padding(15601, 7680)
    (15500, 0, 7679)
    """
    windows = 1 + max(0, ceil((samples - WINDOW_SAMPLES) / hop))
    return max(0, (windows - 1) * hop + WINDOW_SAMPLES - samples)
