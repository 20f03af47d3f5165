"""What the flow leaves for the page. Putting something there never waits, and never takes more room."""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from threading import Lock

from flowrun.models.history.kept import Kept
from flowrun.operators._printable import printable
from flowrun.schemas.ports import Audio, Levels, Predictions, Scores, StreamEnd

STREAMS = 32  # at a time; the one that was heard the longest ago makes room
SOUND_S = 1.0  # of each stream, between two looks
EVENTS = 64
LABELS = 1000

Heard = Audio | Scores | Predictions | Levels | StreamEnd


@dataclass(slots=True)
class Slot:
    """What one stream has told since somebody looked.

    audio: the last blocks. scores, levels: the last of them that has a window.
    """

    rate_hz: int | None = None
    audio: deque[Audio] = field(default_factory=deque)
    scores: Scores | Predictions | None = None
    levels: Levels | None = None


class Desk:
    """The newest of each stream, and the last events."""

    def __init__(self) -> None:
        self.watched = False  # while nobody looks, sound and scores are not even kept
        self.labels: tuple[str, ...] = ()
        self._slots: OrderedDict[str, Slot] = OrderedDict()
        self._events: deque[Kept] = deque(maxlen=EVENTS)
        self._lock = Lock()

    def put(self, item: Heard) -> None:
        """Take an item of the flow."""
        with self._lock:
            name = printable(item.stream)
            if isinstance(item, StreamEnd):
                self._slots.pop(name, None)
                return
            slot = self._slots.setdefault(name, Slot())
            self._slots.move_to_end(name)
            if len(self._slots) > STREAMS:
                self._slots.popitem(last=False)
            if isinstance(item, Audio):
                slot.rate_hz = item.rate_hz
            elif isinstance(item, Scores):
                self.labels = item.labels[:LABELS]
            if self.watched:
                _keep(slot, item)

    def put_event(self, event: Kept) -> None:
        """Take an event."""
        with self._lock:
            if self.watched:
                self._events.append(event)

    def take(self) -> tuple[dict[str, Slot], list[Kept]]:
        """Return what has come since the last time, by stream, and the events."""
        with self._lock:
            taken = {name: slot for name, slot in self._slots.items() if slot.audio or slot.scores or slot.levels}
            for name in taken:
                self._slots[name] = Slot(self._slots[name].rate_hz)
            events = list(self._events)
            self._events.clear()
        return taken, events

    def rates(self) -> dict[str, int | None]:
        """Return the streams that are under way, and their sample rates where there is sound of them."""
        with self._lock:
            return {name: slot.rate_hz for name, slot in self._slots.items()}


def _keep(slot: Slot, item: Audio | Scores | Predictions | Levels) -> None:
    if isinstance(item, Audio):
        slot.audio.append(item)
        held = sum(len(block.samples) for block in slot.audio)
        while held > max(SOUND_S * item.rate_hz, len(item.samples)):
            held -= len(slot.audio.popleft().samples)
    elif not len(item.at):
        return
    elif isinstance(item, Levels):
        slot.levels = item
    else:
        slot.scores = item
