"""One line of a verification."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """What was checked, whether it is as it should be, and what was found."""

    what: str
    ok: bool
    detail: str
