"""What is dropped from an outbox: what is too old, and what is too much."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from math import inf

from flowrun.models.outbox.letter import Limits
from flowrun.models.outbox.rows import Removed
from flowrun.models.outbox.store import Store, Table


def drop(
    store: Store, limits: Mapping[str, Limits], now: datetime, first: int, age_s: float
) -> list[tuple[Removed, str]]:
    """Drop what is beyond the limits of each step, or beyond the usual ones of a step that the flow no longer has.

    Args:
        store: The outbox.
        limits: Those of each step.
        now: The time of day.
        first: Number of the first letter of this run, which is *age_s* old: no letter of it is older than that. So a
            clock that is set, by years where the machine keeps no time, drops nothing that is new.
        age_s: Age of the run, s.

    Returns:
        The letters that were dropped, each with the reason; dead ones go silently.
    """
    dropped: list[tuple[Removed, str]] = []
    for table in ("letter", "dead"):
        for step, (_, size) in store.totals(table).items():
            found = _drop(store, step, size, limits.get(step, Limits()), now, first, age_s, table)
            dropped += found if table == "letter" else []
    return dropped


def _drop(
    store: Store, step: str, size: int, limits: Limits, now: datetime, first: int, age_s: float, table: Table
) -> list[tuple[Removed, str]]:
    below = first if age_s < limits.keep_s else inf
    old = store.drop_old(step, now - timedelta(seconds=limits.keep_s), below, table)
    excess = size - sum(removed.size for removed in old) - limits.keep_bytes
    much = store.drop_first(step, excess, table) if excess > 0 else []
    return [
        *((removed, f"they waited longer than keep_s, {limits.keep_s:g} s") for removed in old),
        *((removed, f"more waited than keep_bytes, {limits.keep_bytes:,}") for removed in much),
    ]
