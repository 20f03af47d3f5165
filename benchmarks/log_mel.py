"""The log-mel front end against the reference form: NumPy in float64, the whole file at once."""

from __future__ import annotations

from measure import Row, interleaved, report  # before NumPy

# isort: split
from functools import partial

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from flowrun.models import signals
from flowrun.models.log_mel import FrontEnd

RATE_HZ = 16000
BLOCK_SAMPLES = 10 * RATE_HZ


def reference(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    """Compute VGGish's log-mel frames as its release does, in one piece."""
    frames = sliding_window_view(samples, 400)[::160]
    window = 0.5 - 0.5 * np.cos(2 * np.pi / 400 * np.arange(400))
    magnitude = np.abs(np.fft.rfft(frames * window, 512))  # (frames, 257), float64
    bins = 1127.0 * np.log(1.0 + np.linspace(0.0, RATE_HZ / 2, 257) / 700.0)
    low, high = 1127.0 * np.log(1.0 + np.array([125.0, 7500.0]) / 700.0)
    edges = np.linspace(low, high, 66)
    weights = np.empty((257, 64))
    for i in range(64):
        rise = (bins - edges[i]) / (edges[i + 1] - edges[i])
        fall = (edges[i + 2] - bins) / (edges[i + 2] - edges[i + 1])
        weights[:, i] = np.maximum(0.0, np.minimum(rise, fall))
    weights[0] = 0.0
    return np.log(magnitude @ weights + 0.01)


def ours(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Compute the same as a flow does: in blocks of 10 s."""
    front_end = FrontEnd()
    found = [
        front_end(samples[max(0, start - 320) : start + BLOCK_SAMPLES])  # the two frames that a cut falls into
        for start in range(0, len(samples), BLOCK_SAMPLES)
    ]
    return np.concatenate(found)


def main() -> None:
    """Measure."""
    rows = []
    for seconds in (10, 600):
        samples = signals.noise(seconds, RATE_HZ, -20.0, seed=0)
        error = float(np.abs(reference(samples) - ours(samples)).max())
        tone = signals.tone(seconds, RATE_HZ, -3.02, 1000.0)
        beside_a_tone = float(np.abs(reference(tone) - ours(tone)).max())
        took = interleaved({"reference": partial(reference, samples), "ours": partial(ours, samples)}, 9)
        name = f"log_mel, {seconds} s"
        rows += [
            Row(name, "times as fast as the reference form", took["reference"] / took["ours"], "x", ">= 2.2"),
            Row(name, "speed", seconds / took["ours"], "x real time"),
            Row(name, "largest difference, noise", error, "log", "<= 0.0001"),
            Row(name, "largest difference, full-scale tone", beside_a_tone, "log", "<= 0.0001 before SciPy"),
        ]
    report(rows)


if __name__ == "__main__":
    main()
