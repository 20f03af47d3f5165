"""The time axis of a picture: which times are named, and how."""

from __future__ import annotations

from itertools import chain, count

STEPS_S = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800)
LONG_S = 100 * 3600  # from here on minutes do not matter


def time_ticks(duration_s: float, most: int) -> list[tuple[float, str]]:
    """Return at most *most* round times from 0 to *duration_s*, with their text.

    >>> time_ticks(10.0, 6)
    [(0, '0 s'), (2, '2 s'), (4, '4 s'), (6, '6 s'), (8, '8 s'), (10, '10 s')]
    >>> [text for _, text in time_ticks(4000.0, 5)]
    ['0:00', '0:20', '0:40', '1:00']
    """
    hours_s = (3600.0 * 2**i for i in count())
    step_s = next(step_s for step_s in chain(STEPS_S, hours_s) if duration_s / step_s < most)
    times = [step_s * i for i in range(int(duration_s / step_s + 1e-9) + 1)]
    return [(time_s, _text(time_s, step_s, duration_s)) for time_s in times]


def unit(duration_s: float) -> str:
    """Return how the texts of the ticks are to be read, where it is not written beside them."""
    return "min:s" if 60 <= duration_s < 3600 else "h:min" if 3600 <= duration_s < LONG_S else ""


def length(duration_s: float) -> str:
    """Return a duration in words.

    >>> length(0.3), length(75.4), length(3675.0), length(7200.0)
    ('0.3 s', '1 min 15 s', '1 h 1 min', '2 h')
    """
    if duration_s < 60:
        return f"{duration_s:.3g} s"
    minutes, seconds = divmod(round(duration_s), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [(hours, "h"), (minutes, "min")] if hours else [(minutes, "min"), (seconds, "s")]
    return " ".join(f"{value} {name}" for value, name in parts if value)


def _text(time_s: float, step_s: float, duration_s: float) -> str:
    if duration_s >= LONG_S:
        return f"{time_s / 3600:.0f} h"
    if duration_s < 60:
        return f"{time_s:.{0 if step_s >= 1 else 1 if step_s >= 0.1 else 2}f} s"
    minutes, seconds = divmod(round(time_s), 60)
    return f"{minutes}:{seconds:02}" if duration_s < 3600 else f"{minutes // 60}:{minutes % 60:02}"
