"""From hits to events."""

from __future__ import annotations

from math import floor, inf
from typing import Annotated, Literal

from reactivex import Observable

from flowrun.operators.detection._merging import SLACK_S, Merging, Rule
from flowrun.schemas.delay import Delay
from flowrun.schemas.kernel import per_stream
from flowrun.schemas.parameters import Field
from flowrun.schemas.ports import Event, Hits
from flowrun.schemas.spec import operator
from flowrun.schemas.stream_info import Mismatch, StreamInfo

Seconds = Annotated[float, Field("s", ge=0)]


def _info(
    *,
    hits: StreamInfo,
    min_hits: int,
    of: int | None,
    cooldown_s: float | dict[str, float] = 0.0,
    hold_s: float = 0.0,
    emit: str = "end",
) -> StreamInfo:
    if of is not None and of < min_hits:
        raise Mismatch(f"of ({of}) must be at least min_hits ({min_hits})", "of")
    for label in cooldown_s if isinstance(cooldown_s, dict) else ():
        hits.need_label(label, "cooldown_s", label)
    return StreamInfo(labels=hits.labels, delay=_delay(hits, min_hits, hold_s, emit))


def _delay(hits: StreamInfo, min_hits: int, hold_s: float, emit: str) -> Delay | None:
    """Return that of an event, if every window that lies in the sound is a hit, and none that lies outside."""
    late, window_s, hop_s = hits.delay, hits.window_s, hits.hop_s
    if not (late and window_s and hop_s):
        return late if late and late.total_s == inf else None
    if emit == "start":
        parts = [("until the next window", hop_s), ("window", window_s)]
        parts += [(f"for {min_hits - 1} more", (min_hits - 1) * hop_s)] if min_hits > 1 else []
        return Delay((*late.parts, *parts), late.late_s)
    ended = Delay((*late.parts, ("last window with it", window_s)), late.late_s, "ends")
    closing_s = hop_s * (
        floor((window_s + hold_s + SLACK_S) / hop_s) + 1
    )  # the first window that begins after the hold
    return ended.later("hold_s", hold_s).later("until a later window is over", closing_s - hold_s)


@operator(info=_info)
def debounce(
    hits: Observable[Hits],
    *,
    min_hits: Annotated[int, Field("windows", ge=1)] = 1,
    of: Annotated[int | None, Field("windows", ge=1)] = None,
    hold_s: Seconds = 0.0,
    cooldown_s: Seconds | dict[str, Seconds] = 0.0,
    emit: Literal["end", "start"] = "end",
) -> Observable[Event]:
    """Merge the hits of each label into events with a start, an end and a peak.

    Times come from the position of the windows in the stream, never from when items happen to arrive. A gap in the
    stream ends its events.

    Args:
        min_hits: How many of the last `of` windows must be hits for an event to begin; it starts with the first
            of them.
        of: How many windows are looked at; without it `min_hits`, so they must follow one another.
        hold_s: A pause between hits up to this long, from the end of one window to the start of the next, does not end
            the event.
        cooldown_s: For so long after its end, s, no new event of the label begins. A map has a time for each label that
            it names, and none for the others.
        emit: Give the event when it has ended, or at once when it has begun (its end and its peak as far as known).
    """
    rule = Rule(min_hits, of or min_hits, hold_s, cooldown_s, emit)
    return per_stream(hits, lambda: Merging(rule), across_gaps=True)
