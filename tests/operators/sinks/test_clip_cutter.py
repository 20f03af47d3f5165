"""A clip has the sound of its events, to the sample. Here sample n of a stream is n, so that a clip tells its place."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from flowrun.operators.sinks._clip_cutter import ClipCutter, Extent
from flowrun.schemas.ports import Audio, Event

RATE = 10


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.integers(0, 40), min_size=1, max_size=8),
    st.lists(st.tuples(st.integers(0, 120), st.integers(0, 30), st.integers(0, 60)), max_size=6),
    st.booleans(),
)
def test_every_event_is_told_once_and_its_sound_is_in_its_clip(
    sizes: list[int], events: list[tuple[int, int, int]], share: bool
) -> None:
    """An event: its start, its length, and how long after its start it is told, in samples."""
    cutter = ClipCutter(Extent(0.5, 1.0, 8.0, 30.0, share), RATE)
    coming = sorted((start + late, start, length) for start, length, late in events)
    position, cuttings = 0, []
    for size in [*sizes, 0]:
        while coming and coming[0][0] <= position:
            _, start, length = coming.pop(0)
            cutter.want(Event("1", "mic", "Dog", 0.9, start / RATE, (start + length) / RATE))
        samples = np.arange(position, position + size, dtype=np.float32)
        cuttings += list(cutter.add(Audio(samples, RATE, "mic", position)))
        position += size
    told = len(events) - len(coming)
    cuttings += list(cutter.finish())
    assert sum(len(cutting.events) for cutting in cuttings) == told
    for cutting in cuttings:
        np.testing.assert_array_equal(cutting.samples, cutting.start + np.arange(len(cutting.samples)))
        end = cutting.start + len(cutting.samples)
        for event in cutting.events:
            first, after = round(RATE * event.start_s), round(RATE * event.end_s)
            assert cutting.start == max(0, first - 5) or share or first - 5 > position
            assert cutting.start <= min(first, position) or not len(cutting.samples)
            assert end >= min(after, position)
            assert share or end == max(cutting.start, min(after + 10, position))
