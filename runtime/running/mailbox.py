"""The bounded queue in front of a step that runs on a thread of its own."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from threading import Condition

from flowrun.runtime.language.flow import Queue

Delivery = Callable[[], None]


class Mailbox:
    """Holds at most `size` items; what marks the end of a stream or of the flow always finds room.

    Args:
        queue: The size, and what happens to an item when it is full.
        dropped: Called for each item that is dropped.
    """

    def __init__(self, queue: Queue, dropped: Callable[[], None]) -> None:
        self._queue = queue
        self._dropped = dropped
        self._changed = Condition()
        self._waiting: deque[tuple[bool, Delivery]] = deque()  # (is an item, what to do)
        self._items = 0
        self._closed = False

    @property
    def size(self) -> int:
        """How many items it holds at most."""
        return self._queue.size

    def __len__(self) -> int:
        return self._items

    def put(self, delivery: Delivery) -> None:
        """Add an item, or do what `when_full` says; nothing is taken after `close`."""
        with self._changed:
            while self._items >= self._queue.size and self._queue.when_full == "block" and not self._closed:
                self._changed.wait()
            if self._closed:
                return
            if self._items >= self._queue.size:
                self._dropped()
                if self._queue.when_full == "drop_newest":
                    return
                del self._waiting[next(i for i, (is_item, _) in enumerate(self._waiting) if is_item)]
                self._items -= 1
            self._waiting.append((True, delivery))
            self._items += 1
            self._changed.notify_all()

    def put_mark(self, delivery: Delivery) -> None:
        """Add what must not be dropped, behind the items that came before it."""
        with self._changed:
            self._waiting.append((False, delivery))
            self._changed.notify_all()

    def take(self) -> Delivery | None:
        """Wait for the next delivery; None once closed."""
        with self._changed:
            while not self._waiting and not self._closed:
                self._changed.wait()
            if self._closed:
                return None
            is_item, delivery = self._waiting.popleft()
            self._items -= is_item
            self._changed.notify_all()
            return delivery

    def close(self) -> None:
        """Let every waiting thread go; what is still inside is dropped."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
