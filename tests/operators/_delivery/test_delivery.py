"""Letters are carried in order, at least once, and what fails is tried again, ever less often; all in virtual time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Event as Flag
from typing import Any

import pytest
from reactivex.subject import Subject

from flowrun.models.outbox.backoff import Backoff
from flowrun.models.outbox.box import Box
from flowrun.models.outbox.letter import Limits
from flowrun.models.outbox.outbox import Outbox
from flowrun.operators._delivery.courier import Courier
from flowrun.operators._delivery.delivery import Letter, Refused, Unreachable, deliver
from flowrun.schemas.ports import Event
from flowrun.schemas.run import Alone


class Receiver:
    """A link to a receiver that does what it is told. came: all that reached it. taken: what it acknowledged."""

    def __init__(self, window: int = 1) -> None:
        self.window = window
        self.came: list[str] = []
        self.taken: list[str] = []
        self.opened = self.closed = self.idled = 0
        self.down: Unreachable | None = None
        self.answer: Callable[[str], Exception | None] = lambda name: None  # to a letter
        self.silent = False  # acknowledges nothing
        self._under_way: list[tuple[Letter, Exception | None]] = []

    def open(self) -> None:
        self.opened += 1
        if self.down:
            raise self.down

    def send(self, letter: Letter) -> None:
        if self.down:
            raise self.down
        self.came.append(letter.id)
        self._under_way.append((letter, self.answer(letter.id)))

    def acknowledged(self, timeout_s: float) -> Iterator[tuple[int, Refused | None]]:
        while self._under_way and not self.silent:
            letter, error = self._under_way.pop(0)
            if error is None:
                self.taken.append(letter.id)
            elif not isinstance(error, Refused):
                raise error
            yield letter.number, error

    def idle(self) -> None:
        self.idled += 1
        if self.down:
            raise self.down

    def close(self) -> None:
        self.closed += 1
        self._under_way.clear()


class Desk:
    """A courier in virtual time."""

    def __init__(self, window: int = 1) -> None:
        self.now_s = 0.0
        self.run = Alone("hook")
        self.link = Receiver(window)
        outbox = Outbox(self.run.state_folder / "a.outbox", self.run.warn)
        self.box: Box = outbox.box("hook", Limits(), self.run.delivery(), self.run.warn)
        backoff = Backoff(lambda low, high: high)  # 3, 9, 27, 81, 243, 300 s
        self.courier = Courier(self.box, self.link, self.run, backoff, lambda: self.now_s)
        self.rests: list[float] = []

    def put(self, *names: str) -> None:
        for name in names:
            self.box.put(name, b"{}")
        assert self.box.flush(10.0)

    def go(self, turns: int = 1, *, until: Callable[[], bool] = lambda: False) -> None:
        """Let the courier have so many turns, and time pass where it rests."""
        for _ in range(turns):
            if until():
                return
            rest_s = self.courier.turn()
            if rest_s:
                self.rests.append(rest_s)
                self.now_s += rest_s


@pytest.fixture
def desk() -> Iterator[Callable[..., Desk]]:
    """A function that makes a courier with an outbox."""
    made: list[Desk] = []

    def make(window: int = 1) -> Desk:
        made.append(Desk(window))
        return made[-1]

    yield make
    for one in made:
        one.box.close()


def names(*numbers: int) -> list[str]:
    return [f"e{number}" for number in numbers]


@pytest.mark.parametrize("window", [1, 3, 100])
def test_letters_are_sent_in_order_each_once(desk: Callable[..., Desk], window: int) -> None:
    here = desk(window)
    here.put(*names(*range(250)))
    here.go(300)
    assert here.link.came == names(*range(250))
    assert here.box.flush(10.0)
    assert (here.run.delivery().waiting, here.run.delivery().sent) == (0, 250)
    assert here.link.opened == 1
    assert here.run.states == [("working", "events are delivered; 250 events wait")]


def test_the_window_is_not_exceeded(desk: Callable[..., Desk]) -> None:
    here = desk(3)
    here.link.silent = True
    here.put(*names(*range(10)))
    here.go(5)
    assert here.link.came == names(0, 1, 2)


def test_a_receiver_that_is_not_there_is_tried_ever_less_often_and_told_once(desk: Callable[..., Desk]) -> None:
    here = desk()
    here.link.down = Unreachable("refused")
    here.put("e0", "e1")
    here.go(8)
    assert here.rests == [3, 9, 27, 81, 243, 300, 300, 300]
    assert here.run.states == [("failing", "refused; 2 events wait")]
    here.link.down = None
    here.go(3)
    assert here.link.taken == ["e0", "e1"]
    assert [state for state, _ in here.run.states] == ["failing", "working"]


def test_a_receiver_that_answers_and_fails_is_tried_ever_less_often_too(desk: Callable[..., Desk]) -> None:
    here = desk()
    here.link.answer = lambda name: Unreachable("500", suspect=False)
    here.put("e0", "e1")
    here.go(20)
    assert here.rests[:6] == [3, 9, 27, 81, 243, 300]
    assert set(here.link.came) == {"e0"}
    assert len(here.run.states) == 2  # it was there, then it failed


def test_a_receiver_may_ask_to_be_left_alone(desk: Callable[..., Desk]) -> None:
    here = desk()
    here.link.down = Unreachable("429", 120.0)
    here.put("e0")
    here.go(1)
    here.link.down = Unreachable("429", 1e9)  # a mistake
    here.go(1)
    assert here.rests == [120.0, 3600.0]


def test_what_was_under_way_is_sent_again_in_order(desk: Callable[..., Desk]) -> None:
    here = desk(4)
    here.link.silent = True
    here.put(*names(*range(6)))
    here.go(1)
    here.link.silent = False
    here.link.answer = lambda name: Unreachable("reset") if name == "e2" else None
    here.link._under_way = [(letter, here.link.answer(letter.id)) for letter, _ in here.link._under_way]
    here.go(1)
    assert here.link.taken == names(0, 1)
    here.link.answer = lambda name: None
    here.go(10)
    assert here.link.taken == names(*range(6))
    assert here.link.came == names(0, 1, 2, 3, 2, 3, 4, 5)


def test_a_refused_letter_is_dead_and_the_others_go_on(desk: Callable[..., Desk]) -> None:
    here = desk(3)
    here.link.answer = lambda name: Refused("400 Bad Request") if name == "e1" else None
    here.put(*names(0, 1, 2))
    here.go(5)
    assert here.link.taken == names(0, 2)
    assert here.box.flush(10.0)
    assert (here.run.delivery().waiting, here.run.delivery().dead) == (0, 1)
    assert here.run.warnings == ["event e1 is a dead letter: 400 Bad Request; see `flowrun outbox FLOW dead`"]


@pytest.mark.parametrize("window", [1, 5])
def test_poison_that_is_not_refused_does_not_block_the_others_for_ever(desk: Callable[..., Desk], window: int) -> None:
    here = desk(window)
    here.link.answer = lambda name: Unreachable("500") if name == "e1" else None
    here.put(*names(*range(5)))
    here.go(60)
    assert here.link.taken == names(0, 2, 3, 4)
    assert here.box.flush(10.0)
    assert here.run.delivery().dead == 1
    assert here.run.warnings[0].startswith(
        "event e1 is a dead letter: sent 9 times in vain, while the one behind it is"
    )


def test_while_the_receiver_takes_nothing_no_letter_is_poison_and_the_order_stays(desk: Callable[..., Desk]) -> None:
    here = desk()
    here.link.answer = lambda name: Unreachable("500")
    here.put(*names(*range(5)))
    here.go(200)
    here.link.answer = lambda name: None
    here.go(20)
    assert here.link.taken == names(*range(5))
    assert here.run.delivery().dead == 0


def test_poison_alone_in_the_outbox_is_tried_on(desk: Callable[..., Desk]) -> None:
    here = desk()
    here.link.answer = lambda name: Unreachable("500") if name == "e0" else None
    here.put("e0")
    here.go(50)
    assert here.run.delivery().dead == 0
    here.put("e1")
    here.go(30)
    assert here.link.taken == ["e1"]
    assert here.box.flush(10.0)
    assert here.run.delivery().dead == 1


def test_a_link_that_fails_in_another_way_loses_no_letter(desk: Callable[..., Desk]) -> None:
    here = desk()
    here.link.answer = lambda name: KeyError("packet") if len(here.link.came) == 1 else None
    here.put("e0")
    here.go(5)
    assert here.link.came == ["e0", "e0"]
    assert here.link.taken == ["e0"]
    assert here.run.states[1] == ("failing", "KeyError: 'packet'; 1 event waits")


def test_a_link_that_waits_in_vain_without_noticing_is_opened_again(desk: Callable[..., Desk]) -> None:
    here = desk()
    here.link.silent = True
    here.put("e0")
    here.go(1)
    here.now_s = 121.0
    here.go(1)
    here.link.silent = False
    here.go(5)
    assert (here.link.opened, here.link.taken) == (2, ["e0"])


def test_an_idle_link_is_looked_after_and_opened_again_when_it_is_lost(desk: Callable[..., Desk]) -> None:
    here = desk()
    here.go(10)
    assert here.link.idled == 10
    assert set(here.rests) == {0.5}
    here.link.down = Unreachable("lost")
    here.go(2)
    here.link.down = None
    here.go(2)
    assert [text for _, text in here.run.states] == ["events are delivered", "lost", "events are delivered again"]


def event(number: int) -> Event:
    return Event(f"e{number}", "mic", "Glass", 0.5, number, number + 1.0)


def play(link: Receiver, run: Alone, *numbers: int, error: Exception | None = None) -> list[Any]:
    """Deliver events until the end of a run; return what the sink gave."""
    events: Subject[Event] = Subject()
    given: list[Any] = []
    deliver(events, lambda: link, run, limits=Limits()).subscribe(
        given.append, given.append, lambda: given.append("end")
    )
    for number in numbers:
        events.on_next(event(number))
    if error:
        events.on_error(error)
    else:
        events.on_completed()
    return given


def test_a_run_ends_when_all_is_delivered() -> None:
    link, run = Receiver(), Alone()
    assert play(link, run, *range(20)) == ["end"]
    assert link.taken == names(*range(20))
    assert run.warnings == []


def test_what_a_run_could_not_deliver_the_next_one_does_before_its_own() -> None:
    link, run = Receiver(), Alone()
    link.down = Unreachable("down")
    assert play(link, run, 0, 1) == ["end"]
    assert run.warnings == ["2 events are not delivered yet; they wait in the outbox for the next run"]
    link.down = None
    assert play(link, run, 2) == ["end"]
    assert link.taken == names(0, 1, 2)


def test_a_flow_that_fails_still_delivers_what_was_told() -> None:
    link, run, broken = Receiver(), Alone(), ValueError("broken")
    assert play(link, run, 0, 1, error=broken) == [broken]
    assert link.taken == names(0, 1)


def test_an_event_that_json_cannot_hold_concerns_itself_only() -> None:
    link, run = Receiver(), Alone()
    events: Subject[Event] = Subject()
    given: list[Any] = []
    deliver(events, lambda: link, run, limits=Limits()).subscribe(given.append, given.append)
    events.on_next(Event("nan", "mic", "Glass", float("nan"), 0.0, 1.0))
    events.on_next(event(1))
    events.on_completed()
    assert [str(failed.error) for failed in given] == ["Out of range float values are not JSON compliant"]
    assert link.taken == ["e1"]


def test_a_link_that_hangs_does_not_keep_a_run_from_its_end() -> None:
    class Hanging(Receiver):
        def acknowledged(self, timeout_s: float) -> Iterator[tuple[int, Refused | None]]:
            run.stopping.wait()  # set, and no time is left: the run does not wait for what comes now
            released.wait(10.0)
            yield from ()

    released, run = Flag(), Alone()
    run.stopping.set()
    assert play(Hanging(), run, 0) == ["end"]
    released.set()
    assert run.warnings == ["1 events are not delivered yet; they wait in the outbox for the next run"]
