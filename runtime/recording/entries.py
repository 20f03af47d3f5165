"""What a recording holds, entry by entry, in the order it came."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flowrun.schemas.ports import Audio, Event, Failed


@dataclass(frozen=True, slots=True)
class Heard:
    """A block that a source gave, or its failure, *arrived_s* after the recording began."""

    source: str
    item: Audio | Failed
    arrived_s: float


@dataclass(frozen=True, slots=True)
class Told:
    """An event that a step gave."""

    step: str
    event: Event
    arrived_s: float


@dataclass(frozen=True, slots=True)
class Lost:
    """What could not be kept: blocks of a stream of the step *name*, or its events.

    last: the end of the stream was among them.
    """

    name: str
    stream: str = ""
    blocks: int = 0
    samples: int = 0
    events: int = 0
    last: bool = False


Entry = Heard | Told | Lost


class Losses:
    """Adds up what is lost, by stream, until that can be noted."""

    def __init__(self) -> None:
        self._lost: dict[tuple[str, str], Lost] = {}

    def add(self, entry: Entry) -> None:
        """Note that *entry* is lost."""
        new = lost(entry)
        old = self._lost.get((new.name, new.stream), Lost(new.name))
        self._lost[new.name, new.stream] = Lost(
            new.name,
            new.stream,
            old.blocks + new.blocks,
            old.samples + new.samples,
            old.events + new.events,
            old.last or new.last,
        )

    def take(self) -> Iterator[Lost]:
        """Yield all that was noted; each is forgotten when the next is asked for."""
        while self._lost:
            key, first = next(iter(self._lost.items()))
            yield first
            del self._lost[key]


def lost(entry: Entry) -> Lost:
    """Return what is lost with *entry*."""
    if isinstance(entry, Lost):
        return entry
    if isinstance(entry, Told):
        return Lost(entry.step, events=1)
    if isinstance(entry.item, Failed):
        return Lost(entry.source, entry.item.stream, last=entry.item.ends_stream)
    block = entry.item
    return Lost(entry.source, block.stream, blocks=1, samples=len(block.samples), last=block.last)
