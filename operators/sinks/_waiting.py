"""What is to be written, and waits in memory while the disk takes nothing."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Generic, TypeVar

from flowrun.schemas.errors import explain
from flowrun.schemas.run import Run

LIMIT = 10_000  # items
K = TypeVar("K")
V = TypeVar("V")


class Waiting(Generic[K, V]):
    """Events in the order in which they came, each with a key that tells where it belongs.

    A disk that takes none is one state, told when it begins and when it is over; the latest events wait for it.

    Args:
        write: Takes events that follow one another and have the same key, all of them or, by an error, none.
        run: Who is told.
        errors: What *write* raises while the disk takes nothing.
    """

    def __init__(
        self, write: Callable[[K, Sequence[V]], None], run: Run, errors: tuple[type[Exception], ...] = (OSError,)
    ) -> None:
        self._write, self._run, self._errors = write, run, errors
        self._items: deque[tuple[K, V]] = deque()
        self._lost = 0
        self._failing = False

    def put(self, key: K, value: V) -> None:
        """Take an event, and write it with all that waits, if that can be done."""
        if len(self._items) == LIMIT:
            self._items.popleft()
            self._lost += 1
        self._items.append((key, value))
        self.flush()

    def flush(self) -> None:
        """Write what waits, if that can be done."""
        try:
            for key, same in groupby(list(self._items), itemgetter(0)):
                values = [value for _, value in same]
                self._write(key, values)
                for _ in values:
                    self._items.popleft()
        except self._errors as error:
            if not self._failing:
                self._run.state("failing", f"no events can be written: {explain(error)}; the latest wait in memory")
            self._failing = True
        else:
            if self._failing:
                lost = f", {self._lost} of them are lost" if self._lost else ""
                self._run.state("working", f"events are written again{lost}")
            self._failing = False

    def close(self) -> None:
        """Write what waits.

        Raises:
            OSError: not all could be.
        """
        self.flush()
        if self._items or self._lost:
            raise OSError(f"{self._lost + len(self._items)} events could not be written")
