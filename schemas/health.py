"""How it goes with a step that depends on something outside: a device, a disk, a server."""

from __future__ import annotations

from typing import Literal

State = Literal["starting", "listening", "missing", "stalled", "silent", "lost", "failing", "working"]
WELL: frozenset[State] = frozenset({"listening", "working"})
