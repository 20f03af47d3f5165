"""What breaks is bright and dies away, and a smaller shard rings higher."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from flowrun.models.synthesis.glass import bottle, clinks, shattering
from flowrun.models.synthesis.shard import shard

RATE_HZ = 16000


def energy(samples: NDArray[np.float64], low_hz: float, high_hz: float) -> float:
    power = np.abs(np.fft.rfft(samples)) ** 2
    f = np.fft.rfftfreq(len(samples), 1 / RATE_HZ)
    return float(power[(f >= low_hz) & (f < high_hz)].sum())


@pytest.mark.parametrize("seed", range(4))
def test_a_pane_that_shatters_is_broadband_above_2_khz_and_dies_away(seed: int) -> None:
    samples = shattering(np.random.default_rng(seed), 4.0, RATE_HZ)
    bands = [energy(samples, low, low + 1000) for low in range(2000, 8000, 1000)]
    assert sum(bands) > 0.7 * energy(samples, 0, 8000)
    assert max(bands) < 0.6 * sum(bands)
    seconds = np.square(samples).reshape(4, RATE_HZ).sum(axis=1)
    assert seconds[0] > 10 * seconds[2]
    assert seconds[0] > 100 * seconds[3]


def test_a_bottle_begins_with_a_blow_and_is_done_after_a_second() -> None:
    samples = bottle(np.random.default_rng(1), 2.0, RATE_HZ)
    assert np.abs(samples[: RATE_HZ // 50]).max() > 0.2 * np.abs(samples).max()
    assert energy(samples[:RATE_HZ], 0, 8000) > 50 * energy(samples[RATE_HZ:], 0, 8000)


def test_glasses_that_clink_ring_above_900_hz() -> None:
    samples = clinks(np.random.default_rng(1), 2.0, RATE_HZ)
    assert energy(samples, 900, 8000) > 20 * energy(samples, 0, 900)


def test_a_smaller_shard_rings_higher() -> None:
    means = []
    for size_m in (0.12, 0.05, 0.02):
        rings = [shard(np.random.default_rng(i), size_m, 0.003, 0.003, RATE_HZ)[160:] for i in range(10)]
        f = np.fft.rfftfreq(4096, 1 / RATE_HZ)
        power = sum(np.abs(np.fft.rfft(ring, 4096)) ** 2 for ring in rings)
        means.append(float((f * power).sum() / np.sum(power)))
    assert means == sorted(means)
