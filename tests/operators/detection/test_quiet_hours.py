"""`quiet_hours` drops events by the time of day at which they were heard."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from flowrun.operators.detection.quiet_hours import quiet_hours
from flowrun.schemas.ports import Event
from flowrun.schemas.spec import spec_of
from flowrun.schemas.stream_info import Mismatch, StreamInfo


def event(utc: str | None, label: str = "Dog") -> Event:
    return Event("1", "mic", label, 0.9, 0, 1, utc and datetime.fromisoformat(utc).replace(tzinfo=UTC))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("utc", "zone", "passes"),
    [
        ("2026-01-01T21:59", "UTC", True),
        ("2026-01-01T22:00", "UTC", False),
        ("2026-01-02T05:59:59.999", "UTC", False),
        ("2026-01-02T06:00", "UTC", True),
        ("2026-01-01T21:30", "Europe/Berlin", False),  # 22:30 there in winter
        ("2026-07-01T20:30", "Europe/Berlin", False),  # and so is this in summer
        ("2026-07-01T04:30", "Europe/Berlin", True),
    ],
)
def test_the_clock_of_the_zone_decides(play: Callable[..., list[Any]], utc: str, zone: str, passes: bool) -> None:
    assert len(play(quiet_hours, [event(utc)], hours=["22:00-06:00"], zone=zone)) == passes


def test_there_may_be_several_spans_and_only_some_labels(play: Callable[..., list[Any]]) -> None:
    day = [event(f"2026-01-01T{hour:02}:30", label) for hour in (1, 13, 20) for label in ("Dog", "Glass")]
    got = play(quiet_hours, day, hours=["22:00-06:00", "13:00-14:00"], zone="UTC", labels=["Dog"])
    assert [(e.heard_at.hour, e.label) for e in got] == [(1, "Glass"), (13, "Glass"), (20, "Dog"), (20, "Glass")]


def test_an_event_of_an_unknown_time_passes(play: Callable[..., list[Any]]) -> None:
    assert len(play(quiet_hours, [event(None)], hours=["00:00-23:59"])) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"hours": ["22-6"]}, r"not a span of the day: '22-6'; write it as '22:00-06:00'"),
        ({"hours": ["24:00-06:00"]}, "not a span of the day"),
        ({"hours": ["06:00-06:00"]}, "has no length"),
        ({"hours": []}, "no hours are quiet"),
        ({"zone": "Mars/Base"}, "no time zone 'Mars/Base'"),
        ({"zone": "../etc"}, "no time zone"),
        ({"labels": ["Dgo"]}, "has no label 'Dgo'"),
    ],
)
def test_mistakes_are_found_by_check(options: dict[str, Any], message: str) -> None:
    given = {"hours": ["22:00-06:00"], "labels": None, "zone": None, **options}
    with pytest.raises(Mismatch, match=message):
        spec_of(quiet_hours).info(events=StreamInfo(step="events", labels=("Dog",)), **given)
