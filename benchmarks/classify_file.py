"""One file from a cold start: a process that reads it, recognises what is heard, and ends."""

from __future__ import annotations

from measure import Row, flowrun, processes, report  # before NumPy

# isort: split
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import soundfile

from flowrun.models import signals
from flowrun.models.bundle import bundle

FORERUNNER = Path(__file__).with_name("forerunner.py")
TARGETS = {("float32", "10 s"): 10, ("int8", "10 s"): 25, ("float32", "600 s"): 3, ("int8", "600 s"): 9}
EMBED = """
vars:
  file: ""
  precision: float32
steps:
  file: {use: audio_file, path: $file}
  audio: {use: resample}
  patches: {use: log_mel}
  embeddings: {use: vggish, precision: $precision}
"""


def main() -> None:
    """Measure; a model that is not here is left out."""
    commands = {}
    with tempfile.TemporaryDirectory() as folder:
        for seconds in (10, 600):
            sound = Path(folder) / f"{seconds}.wav"
            soundfile.write(sound, signals.noise(seconds, 44100, -20.0, seed=0), 44100)
            if bundle("yamnet").find("yamnet.tflite"):
                commands[f"YAMNet, {seconds} s"] = flowrun("flows/classify_file.yaml", "--set", f"vars.file={sound}")
            flow = Path(folder) / "embed.yaml"
            flow.write_text(EMBED)
            for precision in ("float32", "int8"):
                if bundle("vggish").find(f"vggish_{precision}.tflite"):
                    settings = ["--set", f"vars.file={sound}", "--set", f"vars.precision={precision}"]
                    settings += ["--set", "steps.embeddings.postprocess=false"]
                    commands[f"VGGish {precision}, {seconds} s"] = flowrun(str(flow), *settings)
            checkpoint = bundle("vggish").find("vggish_model.ckpt")
            if checkpoint and find_spec("tensorflow"):
                chain = [sys.executable, str(FORERUNNER), str(sound), str(checkpoint)]
                commands[f"forerunner, {seconds} s"] = chain
        if not commands:
            raise SystemExit("no model is here: run `flowrun models pull yamnet`")
        found = processes(commands, 5)
    rows = []
    for name, (wall_s, peak_mb) in found.items():
        yamnet_10 = name == "YAMNet, 10 s"
        rows += [
            Row("classify_file", f"{name}: time from a cold start", wall_s, "s", "< 0.6" if yamnet_10 else ""),
            Row("classify_file", f"{name}: peak memory", peak_mb, "MB", "< 150" if yamnet_10 else ""),
        ]
    for name, (wall_s, _) in found.items():
        precision, _, seconds_of = name.removeprefix("VGGish ").partition(", ")
        target = TARGETS.get((precision, seconds_of))
        if target and f"forerunner, {seconds_of}" in found:
            ratio = found[f"forerunner, {seconds_of}"][0] / wall_s
            rows.append(Row("classify_file", f"{name}: times as fast as the forerunner", ratio, "x", f">= {target}"))
    report(rows)


if __name__ == "__main__":
    main()
