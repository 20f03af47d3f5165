"""A folder of recordings with one and with two workers."""

from __future__ import annotations

from measure import Row, flowrun, interleaved, process, report  # before NumPy

# isort: split
import os
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
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
        halves = [Path(place) / "sounds" / half for half in ("a", "b")]
        for i in range(FILES):
            halves[i % 2].mkdir(parents=True, exist_ok=True)
            soundfile.write(halves[i % 2] / f"{i}.wav", signals.noise(SECONDS, 44100, -20.0, seed=i), 44100)

        def run(folder: Path, workers: int) -> None:
            out = Path(place) / f"out of {folder.name}"
            shutil.rmtree(out, ignore_errors=True)
            settings = [f"vars.folder={folder}", f"vars.out={out}", f"vars.workers={workers}"]
            process(flowrun("flows/classify_folder.yaml", *(word for each in settings for word in ("--set", each))))

        def two_processes() -> None:
            with ThreadPoolExecutor() as pool:
                list(pool.map(partial(run, workers=1), halves))

        candidates = {"1": partial(run, halves[0].parent, 1), "2": partial(run, halves[0].parent, 2)}
        took = interleaved({**candidates, "processes": two_processes}, 5)
    target = ">= 1.8" if (os.cpu_count() or 1) >= 2 else ""
    report(
        [
            Row("workers", "2 workers, times as fast as 1", took["1"] / took["2"], "x", target),
            Row(
                "workers",
                "2 processes, times as fast as 1: the limit here",
                took["1"] / took["processes"],
                "x",
            ),
            Row("workers", "speed of 2 workers", FILES * SECONDS / took["2"], "x real time"),
        ]
    )


if __name__ == "__main__":
    main()
