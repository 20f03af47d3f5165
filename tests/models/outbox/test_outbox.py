"""An outbox keeps letters, in order, until they are taken; one process has it at a time."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from flowrun.models.outbox import outbox as outbox_module
from flowrun.models.outbox import writer as writer_module
from flowrun.models.outbox.letter import Limits
from flowrun.models.outbox.store import Store
from flowrun.schemas.errors import DeliveryError

Open = Callable[[], Any]
SOON_S = 10.0  # how long a thread may take; it takes milliseconds


def put(box: Any, *names: str) -> Any:
    for name in names:
        box.put(name, f"body of {name}".encode())
    assert box.flush(SOON_S)
    return box


def ids(box: Any, after: int = 0) -> list[str]:
    return [letter.id for letter in box.after(after, 1000)]


def test_letters_come_in_order_each_step_its_own(opened: Open) -> None:
    one = opened()
    hook, mail = one.box("hook"), one.box("mail")
    put(hook, "a", "b")
    put(mail, "c")
    put(hook, "d")
    assert (ids(hook), ids(mail)) == (["a", "b", "d"], ["c"])
    first = hook.after(0, 1)[0]
    assert (first.id, first.body, first.tries) == ("a", b"body of a", 0)
    assert ids(hook, first.number) == ["b", "d"]


def test_what_was_put_outlives_the_run_and_what_was_taken_does_not(opened: Open) -> None:
    one = opened()
    box = put(one.box(), "a", "b", "c")
    box.take_out(box.after(0, 1)[0])
    assert ids(box) == ["b", "c"]
    one.close()
    later = opened().box()
    assert ids(later) == ["b", "c"]
    assert (later.tally.waiting, later.tally.waiting_bytes) == (2, 18)


def test_numbers_only_grow_also_when_all_were_taken(opened: Open) -> None:
    one = opened()
    box = put(one.box(), "a")
    (letter,) = box.after(0, 1)
    box.take_out(letter)
    one.close()
    again = put(opened().box(), "b")
    assert again.after(0, 1)[0].number > letter.number


def test_a_letter_is_given_only_when_it_is_on_the_disk(opened: Open, path: Path) -> None:
    box = opened().box()
    box.put("a", b"{}")
    box.wait(0, SOON_S)
    found = ids(box)
    other = sqlite3.connect(path)  # what another connection sees is on the disk
    assert other.execute("SELECT id FROM letter").fetchall() == [(name,) for name in found] == [("a",)]
    other.close()


class Asked:
    """A condition that waits for nothing: it keeps whether it would."""

    def __init__(self, condition: Any) -> None:
        self.condition = condition
        self.awake: list[bool] = []

    def __enter__(self) -> None:
        self.condition.__enter__()

    def __exit__(self, *_: object) -> None:
        self.condition.__exit__(None, None, None)

    def wait_for(self, wanted: Callable[[], bool], timeout_s: float) -> None:
        self.awake.append(wanted())

    def notify_all(self) -> None:
        self.condition.notify_all()


def test_who_waits_sleeps_until_there_is_something_new(opened: Open) -> None:
    one = opened()
    box = put(one.box(), "a")
    box.take_out(box.after(0, 1)[0])
    one.close()
    box = opened().box()  # its numbers go on, and nothing waits
    asked = box._changed = Asked(box._changed)
    seen = box.news
    box.wait(seen, SOON_S)
    box.wake()
    box.wait(seen, SOON_S)
    box.wait(seen, SOON_S)
    put(box, "b")
    box.wait(seen, SOON_S)
    box.wait(None, SOON_S)
    assert asked.awake == [False, True, False, True, False]


def test_many_events_are_few_transactions(opened: Open, monkeypatch: Any) -> None:
    sizes: list[int] = []
    write = Store.write

    def counting(store: Store, changes: Any, now: Any) -> Any:
        sizes.append(len(changes.letters))
        return write(store, changes, now)

    monkeypatch.setattr(Store, "write", counting)
    put(opened().box(), *(f"e{i}" for i in range(2000)))
    assert sum(sizes) == 2000
    assert max(sizes) <= 1000
    assert len([size for size in sizes if size]) < 500


def test_a_refused_letter_is_dead_and_may_be_sent_again_by_another_process(
    opened: Open, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "TICK_S", 0.01)
    box = put(opened().box(), "bad", "good")
    box.bury(box.after(0, 1)[0], "400 Bad Request")
    assert ids(box) == ["good"]
    assert box.flush(SOON_S)
    store = Store(path)  # as `flowrun outbox FLOW retry` opens it
    (dead,) = store.dead()
    assert (dead.letter.id, dead.letter.body, dead.letter.tries, dead.reason) == (
        "bad",
        b"body of bad",
        1,
        "400 Bad Request",
    )
    store.mark([dead.letter.number])
    last = box.after(0, 10)[-1].number
    while not (again := box.after(last, 1)):
        box.wait(box.news, 0.1)
    assert [(letter.id, letter.tries) for letter in again] == [("bad", 0)]
    assert store.dead() == []
    store.close()
    assert (box.tally.waiting, box.tally.dead) == (2, 0)


def test_what_is_too_much_is_dropped_oldest_first_and_told(opened: Open, monkeypatch: Any) -> None:
    monkeypatch.setattr(writer_module, "TICK_S", 0.0)
    one = opened()
    box = one.box(limits=Limits(keep_bytes=25))
    put(box, "a", "b", "c", "d")  # 9 bytes each
    while box.tally.dropped < 2:
        box.flush(SOON_S)
    assert ids(box) == ["c", "d"]
    assert (box.tally.waiting, box.tally.waiting_bytes, box.tally.dropped) == (2, 18, 2)
    assert any("2 of the oldest events are dropped so far: more waited than keep_bytes, 25" in w for w in one.warnings)


def test_only_its_owner_may_read_it(opened: Open, path: Path) -> None:
    put(opened().box(), "a")
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert {
        stat.S_IMODE(file.stat().st_mode) for file in path.parent.glob("alert.outbox*") if file.suffix != ".lock"
    } == {0o600}


def test_a_second_process_is_told_who_has_it(opened: Open, path: Path) -> None:
    put(opened().box(), "a")
    with pytest.raises(DeliveryError, match=rf"alert.outbox: process {os.getpid()} uses this outbox; stop it, give"):
        opened().box()


def test_a_step_has_one_box(opened: Open) -> None:
    one = opened()
    one.box()
    with pytest.raises(DeliveryError, match=r"has its box in .* open already"):
        one.box()


def test_a_place_where_nothing_can_be_made_is_an_error_at_the_start(opened: Open, path: Path) -> None:
    path.parent.mkdir()
    path.mkdir()
    with pytest.raises(DeliveryError, match=r"alert\.outbox: the outbox cannot be opened: .*FLOWRUN_STATE"):
        opened().box()


def test_a_file_of_a_newer_flowrun_is_left_alone(opened: Open, path: Path) -> None:
    one = opened()
    put(one.box(), "a")
    one.close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 2")
    connection.close()
    with pytest.raises(DeliveryError, match="a newer flowrun has made it"):
        opened().box()
    assert path.exists()


def test_a_full_disk_is_a_trouble_that_passes_and_letters_are_given_from_memory(opened: Open, path: Path) -> None:
    one = opened()
    box = put(one.box(), "a")
    connection = one.outbox.keeper._store._connection
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    box.put("big", b"x" * 100_000)
    box.put("small", b"y")
    assert not box.flush(SOON_S)
    assert "full" in box.trouble
    assert ids(box) == ["a", "big", "small"]
    box.take_out(box.after(0, 3)[1])  # sent from memory
    assert ids(box) == ["a", "small"]
    connection.execute("PRAGMA max_page_count = 1000000")
    assert box.flush(SOON_S)
    assert (box.trouble, ids(box), box.tally.waiting) == ("", ["a", "small"], 2)
    one.close()
    assert ids(opened().box()) == ["a", "small"]


def test_memory_holds_the_latest_while_the_disk_is_full(opened: Open, monkeypatch: Any) -> None:
    monkeypatch.setattr(outbox_module, "IN_MEMORY", 3)
    one = opened()
    box = put(one.box(), "a")
    connection = one.outbox.keeper._store._connection
    connection.execute(f"PRAGMA max_page_count = {connection.execute('PRAGMA page_count').fetchone()[0]}")
    box.put("b", b"x" * 100_000)
    assert not box.flush(SOON_S)
    for name in "cdef":
        box.put(name, b"x" * 100_000)
    assert ids(box) == ["a", "d", "e", "f"]
    assert (box.tally.dropped, box.tally.waiting) == (2, 4)
    assert (
        one.warnings[-1]
        == "2 of the oldest events are dropped so far: the disk takes nothing: database or disk is full"
    )
    assert box.close() == 3  # never written


def test_an_outbox_is_not_made_where_the_disk_is_full_at_the_start(opened: Open, path: Path, monkeypatch: Any) -> None:
    def full(*_: object, **__: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patched:
        patched.setattr("flowrun.models.outbox.keeper.Store", full)
        box = opened().box()
        box.put("a", b"{}")
        assert not box.flush(SOON_S)
        assert ids(box) == ["a"]
    assert box.flush(SOON_S)
    assert (box.trouble, ids(box)) == ("", ["a"])


@pytest.mark.parametrize("while_open", [False, True])
def test_a_damaged_file_is_set_aside_and_what_can_be_read_is_kept(
    opened: Open, path: Path, *, while_open: bool
) -> None:
    one = opened()
    box = put(one.box(), *(f"e{i}" for i in range(3000)))
    box.bury(box.after(0, 1)[0], "bad")
    box.flush(SOON_S)
    one.outbox.keeper._store._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    if not while_open:
        one.close()
    raw = bytearray(path.read_bytes())
    middle = len(raw) // 4096 // 2 * 4096
    raw[middle : middle + 4096] = b"\xff" * 4096
    path.write_bytes(raw)
    if while_open:
        one.outbox.keeper._store._connection.execute("PRAGMA shrink_memory")
        assert put(box, "new").trouble == ""
    else:
        one = opened()
        box = put(one.box(), "new")
    kept = ids(box) + ids(box, box.after(0, 1000)[-1].number)
    rest = list(iter_ids(box))
    assert rest[0] == "e1"
    assert rest[-1] == "new"
    assert 1000 < len(rest) < 3000
    assert len(set(rest)) == len(rest)
    assert kept[:5] == rest[:5]
    (aside,) = path.parent.glob("alert.outbox.corrupt-*Z")
    assert aside.read_bytes()[middle : middle + 16] == b"\xff" * 16
    assert len([w for w in one.warnings if "is damaged" in w and aside.name in w]) == 1


def iter_ids(box: Any) -> Any:
    last = 0
    while letters := box.after(last, 1000):
        yield from (letter.id for letter in letters)
        last = letters[-1].number


def test_a_file_that_is_no_database_is_set_aside(opened: Open, path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"This is no database.\n" * 1000)
    one = opened()
    assert ids(put(one.box(), "a")) == ["a"]
    assert len(list(path.parent.glob("*.corrupt-*"))) == 1
    assert len(one.warnings) == 1


CHILD = """
import sys
from pathlib import Path
from flowrun.models.outbox.letter import Limits
from flowrun.models.outbox.outbox import Outbox
from flowrun.schemas.health import Delivery
box = Outbox(Path(sys.argv[1]), print).box("hook", Limits(), Delivery(), print)
for i in range(int(sys.argv[2]), 10**6):
    box.put(f"e{i}", b"{}")
    if i % 3 == 0 and box.flush(10):
        print(i, flush=True)
"""


def test_what_is_durable_outlives_a_kill(opened: Open, path: Path) -> None:
    durable = -1
    for _ in range(3):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(path), str(durable + 1)], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout
        for line in islice(child.stdout, 20):
            durable = int(line)
        child.kill()
        durable = max([durable, *map(int, child.stdout.read().splitlines())])
        child.stdout.close()
        child.wait()
    found = list(dict.fromkeys(iter_ids(opened().box())))
    assert found[: durable + 1] == [f"e{i}" for i in range(durable + 1)]
    assert durable >= 60
