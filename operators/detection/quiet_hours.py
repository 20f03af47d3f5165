"""Times of day at which nobody is to be told."""

from __future__ import annotations

import re
from datetime import datetime, time, tzinfo
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from reactivex import Observable
from reactivex import operators as ops

from flowrun.schemas.parameters import Field
from flowrun.schemas.ports import Event
from flowrun.schemas.spec import operator
from flowrun.schemas.stream_info import Mismatch, StreamInfo

Span = tuple[time, time]
SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


def _info(*, events: StreamInfo, hours: list[str], labels: list[str] | None, zone: str | None) -> StreamInfo:
    if not hours:
        raise Mismatch("no hours are quiet", "hours", remedy="name them: ['22:00-06:00']")
    for i, text in enumerate(hours):
        try:
            span(text)
        except ValueError as error:
            raise Mismatch(str(error), "hours", i) from None
    for i, label in enumerate(labels or ()):
        events.need_label(label, "labels", i)
    try:
        zone_of(zone)
    except ValueError as error:
        raise Mismatch(str(error), "zone") from None
    return events


@operator(info=_info)
def quiet_hours(
    events: Observable[Event],
    *,
    hours: Annotated[list[str], Field(example='["22:00-06:00"]')],
    labels: list[str] | None = None,
    zone: str | None = None,
) -> Observable[Event]:
    """Drop the events that begin at a quiet time of day.

    The time of an event is when its sound was captured, not when it got here. Events of recordings whose time is not
    known pass: it is better to be told once too often.

    Args:
        hours: Spans of the time of day, from the first minute up to, without, the last: "22:00-06:00" goes over
            midnight.
        labels: Only events of these labels are dropped; without it all are.
        zone: The time zone, "Europe/Berlin" say; without it that of the machine.
    """
    spans, where = [span(text) for text in hours], zone_of(zone)

    def passes(event: Event) -> bool:
        if event.heard_at is None or (labels is not None and event.label not in labels):
            return True
        return not within(event.heard_at, spans, where)

    return events.pipe(ops.filter(lambda item: not isinstance(item, Event) or passes(item)))


def span(text: str) -> Span:
    """Return the two times of day of a span.

    >>> span("22:00-06:30")
    (datetime.time(22, 0), datetime.time(6, 30))

    Raises:
        ValueError: it is not written so, or has no length.
    """
    found = SPAN.fullmatch(text)
    if not found:
        raise ValueError(f"not a span of the day: {text!r}; write it as '22:00-06:00'")
    first, last = (time(int(found[i]), int(found[i + 1])) for i in (1, 3))
    if first == last:
        raise ValueError(f"the span {text!r} has no length")
    return first, last


def within(at: datetime, spans: list[Span], zone: tzinfo | None) -> bool:
    """Whether the clock on the wall in *zone*, the machine's for None, is in one of *spans* at the moment *at*.

    >>> night = [span("22:00-06:00")]
    >>> hours = (datetime(2026, 1, 1, hour, tzinfo=ZoneInfo("UTC")) for hour in (21, 22, 5, 6))
    >>> [within(at, night, ZoneInfo("UTC")) for at in hours]
    [False, True, True, False]
    """
    now = at.astimezone(zone).time()
    return any(a <= now < b if a < b else now >= a or now < b for a, b in spans)


def zone_of(name: str | None) -> tzinfo | None:
    """Return the time zone of that name; None for the machine's.

    Raises:
        ValueError: there is none.
    """
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"no time zone {name!r}; they are named as 'Europe/Berlin' and 'UTC'") from None
