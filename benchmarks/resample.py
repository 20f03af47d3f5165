"""44.1 kHz to 16 kHz: soxr's stream, in small blocks, against resampy's kaiser_best on the whole file."""

from __future__ import annotations

from measure import Row, interleaved, report  # before NumPy

# isort: split
import numpy as np
import resampy
from numpy.typing import NDArray

from flowrun.models import signals
from flowrun.operators.audio.resample import stream_of

SOURCE_HZ, RATE_HZ = 44100, 16000
SECONDS = 60


def in_blocks(samples: NDArray[np.float32], quality: str, block_s: float) -> NDArray[np.float32]:
    """Resample in blocks, as a flow does."""
    stream = stream_of(SOURCE_HZ, RATE_HZ, quality)
    size = round(block_s * SOURCE_HZ)
    starts = range(0, len(samples), size)
    return np.concatenate([stream(samples[at : at + size], at + size >= len(samples)) for at in starts])


def main() -> None:
    """Measure."""
    samples = signals.noise(SECONDS, SOURCE_HZ, -20.0, seed=0)
    whole = in_blocks(samples, "soxr_hq", SECONDS)
    blocks = in_blocks(samples, "soxr_hq", 0.1)
    took = interleaved(
        {
            "resampy": lambda: resampy.resample(samples, SOURCE_HZ, RATE_HZ, filter="kaiser_best"),
            "soxr 0.1 s": lambda: in_blocks(samples, "soxr_hq", 0.1),
            "soxr 10 s": lambda: in_blocks(samples, "soxr_hq", 10.0),
            "resampy 10 s": lambda: in_blocks(samples, "kaiser_best", 10.0),
        },
        5,
    )
    ratio = {name: took["resampy"] / seconds for name, seconds in took.items()}
    report(
        [
            Row("resample", "soxr_hq in 0.1 s blocks, times as fast as resampy", ratio["soxr 0.1 s"], "x", ">= 60"),
            Row("resample", "soxr_hq in 10 s blocks, times as fast as resampy", ratio["soxr 10 s"], "x", ">= 60"),
            Row("resample", "kaiser_best in 10 s blocks, times as fast as resampy", ratio["resampy 10 s"], "x"),
            Row("resample", "speed of soxr_hq in 0.1 s blocks", SECONDS / took["soxr 0.1 s"], "x real time"),
            Row("resample", "blocks against the whole", float(np.abs(whole - blocks).max()), "largest difference", "0"),
        ]
    )


if __name__ == "__main__":
    main()
