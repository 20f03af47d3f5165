"""What waits for the end of a stream waits for ever at a microphone."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Lints = Callable[[str], list[tuple[str, str, str]]]
FLOW = """
steps:
  mic:    {{use: {source}}}
  scores: {{use: recognise}}
  whole:  {{use: pool{every}}}
  hits:   {{use: threshold, labels: 0.3}}
  alerts: {{use: debounce}}
"""


def test_the_first_step_that_waits_is_told(lints: Lints) -> None:
    ((severity, rule, said),) = lints(FLOW.format(source="pipe", every=""))
    assert (severity, rule) == ("warning", "waits-for-end")
    assert said == "5:3 step 'whole': gives nothing before its stream ends, which a live one may never do; set every_s"


@pytest.mark.parametrize(("source", "every"), [("pipe", ", every_s: 5"), ("'synthetic_sounds', count: 1", "")])
def test_pieces_and_recordings_have_ends(lints: Lints, source: str, every: str) -> None:
    assert lints(FLOW.format(source=source, every=every)) == []


def test_what_is_for_recordings_is_to_be_left_out(lints: Lints) -> None:
    ((_, _, said),) = lints("steps: {mic: {use: pipe}, other: {use: augment}, level: {use: level}}")
    assert said.endswith("leave it out: augment is for recordings")
