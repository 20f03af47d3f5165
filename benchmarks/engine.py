"""What the engine costs: a flow against a loop written by hand over the same kernels."""

from __future__ import annotations

from measure import Row, interleaved, report  # before NumPy

# isort: split
import tempfile
from pathlib import Path
from threading import Event

import numpy as np
import soundfile

from flowrun.models import signals
from flowrun.models.bundle import bundle
from flowrun.models.framing import Framer
from flowrun.models.litert import Network
from flowrun.models.log_mel import FrontEnd
from flowrun.operators.audio import log_mel, resample
from flowrun.operators.inference import yamnet
from flowrun.operators.inference.top import best
from flowrun.operators.sources._reading import read_blocks
from flowrun.runtime.engine import Engine
from flowrun.runtime.load import load
from flowrun.schemas.ports import Audio

SECONDS = 300
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


def features_by_hand(path: Path) -> None:
    """Read, resample and compute features in a loop."""
    convert, features = resample._Kernel(16000, "soxr_hq"), log_mel._Kernel(FrontEnd(), 96)
    for block in read_blocks(path, stream=str(path), block_s=10.0, stopping=Event()):
        assert isinstance(block, Audio)
        for audio in convert(block):
            features(audio)


def scores_by_hand(path: Path) -> None:
    """Read, resample and score windows in a loop."""
    found = bundle("yamnet")
    outputs = found.data["outputs"]
    network = Network(found.path("yamnet.tflite"), [outputs["scores"]["tensor"], outputs["embedding"]["tensor"]])
    convert, frames, rest = resample._Kernel(16000, "soxr_hq"), Framer(15600, 7680), 0
    for block in read_blocks(path, stream=str(path), block_s=10.0, stopping=Event()):
        assert isinstance(block, Audio)
        (audio,) = convert(block)
        rest += len(audio.samples)
        samples = audio.samples
        if audio.last:
            windows = 1 + max(0, -(-(rest - 15600) // 7680))
            samples = np.pad(samples, (0, max(0, (windows - 1) * 7680 + 15600 - rest)))
        for frame in frames(samples):
            best(network(frame)[0][0], found.labels, 5, 0.1)


def main() -> None:
    """Measure."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        sound = Path(folder) / "sound.wav"
        soundfile.write(sound, signals.noise(SECONDS, 44100, -20.0, seed=0), 44100)
        cases = [("engine, features", FEATURES, features_by_hand, 31)]
        if bundle("yamnet").find("yamnet.tflite"):
            assert yamnet.WINDOW_SAMPLES == 15600
            cases.append(("engine, YAMNet", SCORES, scores_by_hand, 15))
        for name, text, by_hand, rounds in cases:
            path = Path(folder) / "flow.yaml"
            path.write_text(text.format(sound))
            flow = load(path)
            took = interleaved(
                {"hand": lambda call=by_hand: call(sound), "flow": lambda f=flow: Engine(f).run()}, rounds
            )
            rows += [
                Row(name, "flow, times the hand-written loop", took["flow"] / took["hand"], "x", "<= 1.05"),
                Row(name, "speed of the flow", SECONDS / took["flow"], "x real time"),
            ]
    report(rows)


if __name__ == "__main__":
    main()
