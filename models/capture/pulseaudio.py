"""Whether PulseAudio, or PipeWire in its place, still takes what we record from where it did.

When a source is unplugged, the server moves what records it to another one, and tells nobody who does not ask: ALSA's
plug-in goes on to give sound, of another microphone.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Mapping

EVERY_S = 5.0
NOWHERE = str(2**32 - 1)  # no source yet


def recorded() -> Mapping[str, str]:
    """Return the source of each recording of this user, both by their numbers; none where no server answers."""
    try:
        command = ["pactl", "list", "short", "source-outputs"]
        said = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, text=True, timeout=2).stdout
    except (OSError, subprocess.TimeoutExpired):  # not installed, or the server hangs
        return {}
    rows = [line.split("\t") for line in said.splitlines()]
    return {row[0]: row[1] for row in rows if len(row) > 1 and row[1] != NOWHERE}


class Place:
    """Where a recording is taken from: made before it begins, asked as often as one likes.

    Args:
        recordings: Tells what is recorded from where.
        clock: Seconds, from anywhere.
    """

    def __init__(
        self, recordings: Callable[[], Mapping[str, str]] = recorded, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._recordings, self._clock = recordings, clock
        self._others = set(recordings())
        self._from: dict[str, str] | None = None
        self._looked = clock()

    def began(self) -> None:
        """Note where it is taken from, now that it has begun."""
        self._from = {number: source for number, source in self._recordings().items() if number not in self._others}

    def moved(self) -> bool:
        """Whether it is taken from elsewhere now."""
        if not self._from or self._clock() - self._looked < EVERY_S:
            return False
        self._looked = self._clock()
        now = self._recordings()
        return any(now.get(number, source) != source for number, source in self._from.items())
