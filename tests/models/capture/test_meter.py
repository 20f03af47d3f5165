"""A meter shows the level, holds the peak, and says what is wrong."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest

from flowrun.models.capture.meter import Meter
from flowrun.models.signals import tone

SILENCE = np.zeros(1600, np.float32)


def test_a_sine_of_full_scale_has_3_db_less_than_its_peak() -> None:
    reading = Meter().read(tone(1.0, 16000, -3.02, 440), 1.0)
    assert reading.rms_dbfs == -3.0
    assert reading.peak_dbfs == pytest.approx(0.0, abs=0.1)


def test_a_peak_is_held_for_2_s_and_a_higher_one_takes_its_place() -> None:
    meter = Meter()
    held = [meter.read(np.full(10, level, np.float32), 0.5).hold_dbfs for level in (0.1, 0.5, *[0.2] * 5)]
    assert held == [-20.0, *[-6.0] * 5, -14.0]


def test_clipping_is_counted_also_of_16_bit() -> None:
    samples = np.array([32767, -32768, 32700, 0], np.float32) / np.float32(32768)
    assert Meter().read(samples, 0.1).clipped == 2


def test_zeros_are_told_from_a_quiet_room() -> None:
    quiet = SILENCE + np.float32(2**-15)
    assert (Meter().read(SILENCE, 0.1).zeros, Meter().read(quiet, 0.1).zeros) == (True, False)
    assert Meter().read(SILENCE, 0.1).rms_dbfs == -inf
