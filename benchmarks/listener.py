"""The listener against YAMNet and VGGish: windows a second of a stream, one at a time, on one core, from samples on.

Each is fed blocks of 0.48 s, as a microphone gives them, and makes one window of each. What is measured is all that a
flow does for it: the listener's and VGGish's front end computes only the frames that are new, YAMNet's is inside the
network. Models that are not here are left out.
"""

from __future__ import annotations

from measure import Row, interleaved, report  # before NumPy

# isort: split
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from reactivex import Observable
from reactivex.subject import Subject

from flowrun.models.bundle import bundle
from flowrun.models.conversions import conversions
from flowrun.models.log_mel import MEL_BINS, PATCH_FRAMES
from flowrun.models.signals import noise
from flowrun.models.window_network import WindowNetwork
from flowrun.operators.audio.log_mel import log_mel
from flowrun.operators.inference.recognise import recognise
from flowrun.operators.inference.vggish import vggish
from flowrun.schemas.ports import Audio

ROUNDS = 15
HOP_S = 0.48
BLOCK_SAMPLES = 7680
Pipeline = Callable[[Observable[Audio]], Observable[Any]]


@dataclass(frozen=True, slots=True)
class Candidate:
    """What is measured; `windows` in a round, and how many times as fast the listener is to be."""

    pipeline: Pipeline
    windows: int
    target: str = ""


class Stream:
    """A stream through a pipeline that never ends; each call plays a round of blocks."""

    def __init__(self, candidate: Candidate) -> None:
        self._source: Subject[Audio] = Subject()
        candidate.pipeline(self._source).subscribe(self._count, self._raise)
        self.windows = 0
        samples = noise(candidate.windows * HOP_S, 16000, -20, seed=0).reshape(-1, BLOCK_SAMPLES)
        self._blocks = [Audio(block, 16000, "benchmark") for block in samples]

    def __call__(self) -> None:
        """Play."""
        for block in self._blocks:
            self._source.on_next(block)

    def _count(self, item: Any) -> None:
        self.windows += len(item.at)  # a `Failed` has no windows, and ends the benchmark here

    @staticmethod
    def _raise(error: Exception) -> None:
        raise error


def candidates() -> dict[str, Candidate]:
    """Return what is measured, as far as it is here."""
    found = {"listener": Candidate(lambda audio: recognise(audio, model="listener", hop_s=HOP_S).scores, 400)}
    yamnet, other = bundle("yamnet"), bundle("vggish")
    if yamnet.find(yamnet.files[0].path):
        found["yamnet int8"] = Candidate(
            lambda audio: recognise(audio, model="yamnet", hop_s=HOP_S).scores, 100, ">= 3"
        )
    for made in conversions(other):
        if other.find(made.path):
            found[f"vggish {made.precision}"] = Candidate(on_vggish(made.precision), 4, ">= 40")
    return found


def on_vggish(precision: Any) -> Pipeline:
    """Return the way to VGGish's raw embeddings."""
    return lambda audio: vggish(log_mel(audio, hop_s=HOP_S), precision=precision, postprocess=False, threads=1)


def network_alone() -> Callable[[], None]:
    """Return the listener's network on one patch after the other."""
    network = WindowNetwork(bundle("listener"), (PATCH_FRAMES, MEL_BINS))
    patches = np.random.default_rng(0).uniform(-4, 2, (40, PATCH_FRAMES, MEL_BINS)).astype(np.float32)
    return lambda: [network(patch[None]) for patch in patches] and None


def main() -> None:
    """Measure."""
    known = candidates()
    streams = {name: Stream(candidate) for name, candidate in known.items()}
    took = interleaved({**streams, "network": network_alone()}, ROUNDS)
    speeds = {name: candidate.windows / took[name] for name, candidate in known.items()}
    rows = [Row("listener", f"speed of {name}", speed, "windows/s") for name, speed in speeds.items()]
    rows.append(Row("listener", "speed of the listener's network alone", 40 / took["network"], "windows/s"))
    for name, candidate in known.items():
        if candidate.target:
            ratio = speeds["listener"] / speeds[name]
            rows.append(Row("listener", f"listener, times as fast as {name}", ratio, "x", candidate.target))
        if streams[name].windows < ROUNDS * candidate.windows:
            raise SystemExit(f"{name}: {streams[name].windows} windows came of {ROUNDS * candidate.windows} blocks")
    report(rows)


if __name__ == "__main__":
    main()
