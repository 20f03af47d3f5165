"""The filter has the gain of the A curve, and answers at once."""

from __future__ import annotations

import numpy as np
import pytest

from flowrun.models.a_weighting import AFilter, a_weighting, impulse_response

# IEC 61672-1:2013, table 3
TABLE_DB = {
    31.62: -39.4,
    63.10: -26.2,
    125.9: -16.1,
    251.2: -8.6,
    501.2: -3.2,
    1000: 0,
    1995: 1.2,
    3981: 1.0,
    7943: -1.1,
}


def test_the_curve_follows_the_table_of_the_standard() -> None:
    gain_db = 20 * np.log10(a_weighting(np.array(list(TABLE_DB), np.float64)))
    np.testing.assert_allclose(gain_db, list(TABLE_DB.values()), atol=0.06)


@pytest.mark.parametrize("rate_hz", [8000, 16000, 44100, 96000])
def test_the_filter_has_the_gain_of_the_curve_up_to_half_the_rate(rate_hz: int) -> None:
    response = np.fft.rfft(impulse_response(rate_hz), 4 * rate_hz)
    frequency_hz = np.fft.rfftfreq(4 * rate_hz, 1 / rate_hz)
    heard = frequency_hz >= 20
    error_db = 20 * np.log10(np.abs(response[heard]) / a_weighting(frequency_hz[heard]))
    assert np.abs(error_db).max() < 0.1


def test_most_of_the_answer_comes_within_a_millisecond() -> None:
    power = np.square(impulse_response(48000))
    assert power[:48].sum() > 0.9 * power.sum()


def test_blocks_shorter_than_the_filter_give_what_the_whole_gives() -> None:
    samples = np.random.default_rng(0).standard_normal(5000)
    blocks, whole = AFilter(16000), AFilter(16000)
    got = np.concatenate([blocks(part) for part in np.split(samples, [1, 2, 700])])
    np.testing.assert_allclose(got, whole(samples), atol=1e-9)
