"""A folder of recordings with one and with two workers."""

from __future__ import annotations

from measure import Row, flowrun, interleaved, process, report  # before NumPy

# isort: split
import os
import shutil
import tempfile
from pathlib import Path

import soundfile

from flowrun.models import signals
from flowrun.models.bundle import bundle

FILES, SECONDS = 60, 30


def main() -> None:
    """Measure."""
    if not bundle("yamnet").find("yamnet.tflite"):
        raise SystemExit("no model is here: run `flowrun models pull yamnet`")
    with tempfile.TemporaryDirectory() as place:
        folder, out = Path(place) / "sounds", Path(place) / "out"
        folder.mkdir()
        for i in range(FILES):
            soundfile.write(folder / f"{i}.wav", signals.noise(SECONDS, 44100, -20.0, seed=i), 44100)

        def run(workers: int) -> None:
            shutil.rmtree(out, ignore_errors=True)
            settings = [f"vars.folder={folder}", f"vars.out={out}", f"vars.workers={workers}"]
            process(flowrun("flows/classify_folder.yaml", *(word for each in settings for word in ("--set", each))))

        took = interleaved({"1": lambda: run(1), "2": lambda: run(2)}, 5)
    target = ">= 1.8" if (os.cpu_count() or 1) >= 2 else ""
    report(
        [
            Row("workers", "2 workers, times as fast as 1", took["1"] / took["2"], "x", target),
            Row("workers", "speed of 2 workers", FILES * SECONDS / took["2"], "x real time"),
        ]
    )


if __name__ == "__main__":
    main()
