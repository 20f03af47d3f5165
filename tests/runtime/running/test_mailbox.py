"""The bounded queue."""

from __future__ import annotations

import threading

import pytest

from flowrun.runtime.language.flow import Queue, WhenFull
from flowrun.runtime.running.mailbox import Mailbox


def filled(when_full: WhenFull, items: int) -> tuple[list[int], list[int]]:
    """Put so many items into a queue of two that nobody empties; return what is taken then, and the drops."""
    drops: list[int] = []
    taken: list[int] = []
    box = Mailbox(Queue(2, when_full), lambda: drops.append(1))
    for i in range(items):
        box.put(lambda i=i: taken.append(i))  # type: ignore[misc]  # binds i now
    box.put_mark(box.close)
    while delivery := box.take():
        delivery()
    return taken, drops


@pytest.mark.parametrize(("when_full", "kept"), [("drop_oldest", [3, 4]), ("drop_newest", [0, 1])])
def test_a_full_queue_drops_what_it_says_and_counts_it(when_full: WhenFull, kept: list[int]) -> None:
    assert filled(when_full, 5) == (kept, [1, 1, 1])


def test_a_mark_finds_room_in_a_full_queue_and_keeps_its_place() -> None:
    order: list[str] = []
    box = Mailbox(Queue(1, "drop_oldest"), lambda: None)
    box.put(lambda: order.append("first"))
    box.put_mark(lambda: order.append("mark"))
    box.put(lambda: order.append("second"))  # takes the place of the first item, never of the mark
    box.put_mark(box.close)
    while delivery := box.take():
        delivery()
    assert order == ["mark", "second"]


def test_a_full_queue_that_blocks_waits_until_there_is_room() -> None:
    box = Mailbox(Queue(1, "block"), lambda: pytest.fail("an item was dropped"))
    box.put(lambda: None)
    second_is_in = threading.Event()

    def put_second() -> None:
        box.put(lambda: None)
        second_is_in.set()

    thread = threading.Thread(target=put_second)
    thread.start()
    assert len(box) == 1
    assert box.take() is not None
    assert second_is_in.wait(5)
    thread.join()


def test_closing_lets_a_waiting_producer_and_consumer_go() -> None:
    full, empty = Mailbox(Queue(1, "block"), lambda: None), Mailbox(Queue(1, "block"), lambda: None)
    full.put(lambda: None)
    threads = [threading.Thread(target=full.put, args=(lambda: None,)), threading.Thread(target=empty.take)]
    for thread in threads:
        thread.start()
    full.close()
    empty.close()
    for thread in threads:
        thread.join(5)
        assert not thread.is_alive()
