"""What the engine costs: a flow against a loop written by hand over the same kernels."""

from __future__ import annotations

from measure import Row, interleaved, report  # before NumPy

# isort: split
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from flowrun.models import signals
from flowrun.models.bundle import bundle
from flowrun.models.framing import Framer
from flowrun.models.litert import Network
from flowrun.models.log_mel import FrontEnd
from flowrun.operators.audio.resample import stream_of
from flowrun.operators.inference.top import best
from flowrun.runtime.language.flow import Flow
from flowrun.runtime.language.load import load
from flowrun.runtime.running.engine import Engine

SECONDS, RATE_HZ = 300, 16000
FEATURES = """
steps:
  file: {{use: audio_file, path: "{0}"}}
  audio: {{use: resample}}
  patches: {{use: log_mel}}
"""
SCORES = """
steps:
  file: {{use: audio_file, path: "{0}"}}
  audio: {{use: resample}}
  scores: {{use: yamnet}}
  best: {{use: top, k: 5, min_score: 0.1}}
"""


def audio_by_hand(path: Path) -> Iterator[tuple[NDArray[np.float32], bool]]:
    """Read and resample in a loop; yield each block, and whether it is the last."""
    convert = stream_of(44100, RATE_HZ, "soxr_hq")
    with soundfile.SoundFile(path) as file:
        while True:
            samples = file.read(441000, dtype="float32", always_2d=True).mean(axis=1, dtype=np.float32)
            last = file.tell() >= file.frames
            yield convert(samples, last), last
            if last:
                return


def features_by_hand(path: Path) -> None:
    """Compute features in a loop."""
    front_end, frames, kept = FrontEnd(), Framer(96, 96), np.zeros(0, np.float32)
    for samples, _ in audio_by_hand(path):
        samples = np.concatenate([kept, samples])
        mel = front_end(samples)
        kept = samples[len(mel) * 160 :]
        frames(mel)


def scores_by_hand(path: Path) -> None:
    """Score windows in a loop."""
    found = bundle("yamnet")
    outputs = found.data["outputs"]
    network = Network(found.path("yamnet.tflite"), [outputs["scores"]["tensor"], outputs["embedding"]["tensor"]])
    frames, heard = Framer(15600, 7680), 0
    for samples, last in audio_by_hand(path):
        heard += len(samples)
        if last:  # padded to whole windows
            windows = 1 + max(0, -(-(heard - 15600) // 7680))
            samples = np.pad(samples, (0, (windows - 1) * 7680 + 15600 - heard))
        for frame in frames(samples):
            best(network(frame)[0][0], found.labels, 5, 0.1)


def run(flow: Flow) -> None:
    """Run the flow."""
    Engine(flow).run()


def main() -> None:
    """Measure."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        sound = Path(folder) / "sound.wav"
        soundfile.write(sound, signals.noise(SECONDS, 44100, -20.0, seed=0), 44100)
        cases = [("engine, features", FEATURES, features_by_hand, 31)]
        if bundle("yamnet").find("yamnet.tflite"):
            cases.append(("engine, YAMNet", SCORES, scores_by_hand, 15))
        for name, text, by_hand, rounds in cases:
            path = Path(folder) / "flow.yaml"
            path.write_text(text.format(sound))
            flow = load(path)
            took = interleaved({"hand": partial(by_hand, sound), "flow": partial(run, flow)}, rounds)
            rows += [
                Row(name, "flow, times the hand-written loop", took["flow"] / took["hand"], "x", "<= 1.05"),
                Row(name, "speed of the flow", SECONDS / took["flow"], "x real time"),
            ]
    report(rows)


if __name__ == "__main__":
    main()
