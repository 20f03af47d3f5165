"""A link can be switched off and led elsewhere while letters wait, and says how it is without a secret."""

from __future__ import annotations

import pytest

from flowrun.models.outbox.backoff import Backoff
from flowrun.models.outbox.letter import Limits
from flowrun.models.outbox.outbox import Outbox
from flowrun.operators._delivery.courier import Courier
from flowrun.operators._delivery.link import Unreachable
from flowrun.operators._delivery.switched import Switched, Target
from flowrun.schemas.connection import Connections
from flowrun.schemas.redaction import redacted
from flowrun.schemas.run import Alone
from tests.operators._delivery.test_delivery import Receiver


class Office:
    """A courier with a switched link, in virtual time; `receivers` are those made so far."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.run = Alone("iot")
        self.receivers: list[tuple[Target, Receiver]] = []
        self.link = Switched("devicehive", Target("ws://a/", "porch"), self.made, self.run)
        outbox = Outbox(self.run.state_folder / "a.outbox", self.run.warn)
        self.box = outbox.box("iot", Limits(), self.run.delivery(), self.run.warn)
        self.courier = Courier(self.box, self.link, self.run, Backoff(lambda low, high: high), lambda: self.now_s)
        self.link.offer(self.courier.hurry)

    def made(self, target: Target) -> Receiver:
        if target.url == "nonsense":
            raise ValueError("no address")
        self.receivers.append((target, Receiver()))
        return self.receivers[-1][1]

    def put(self, name: str) -> None:
        self.box.put(name, b"{}")
        assert self.box.flush(5.0)

    def turns(self) -> None:
        for _ in range(12):
            self.now_s += self.courier.turn()


@pytest.fixture
def office() -> Office:
    return Office()


def test_what_is_switched_off_sends_nothing_until_it_is_switched_on(office: Office) -> None:
    assert office.link.view().state == "connecting"
    office.turns()
    assert (office.link.view().state, office.link.view().since) == ("connected", office.run.now())
    office.link.disconnect()
    office.put("e1")
    office.turns()
    view = office.link.view()
    assert (view.state, view.since, view.backlog) == ("off", None, 1)
    assert office.receivers[0][1].taken == []
    office.link.connect()
    office.turns()
    assert office.receivers[0][1].taken == ["e1"]
    assert office.box.flush(5.0)
    assert (office.link.view().state, office.link.view().backlog) == ("connected", 0)


def test_it_goes_on_with_another_receiver_and_what_lets_us_in_there_stays_hidden(office: Office) -> None:
    office.turns()
    office.link.change("ws://b/", None, "open sesame")
    office.put("e1")
    office.turns()
    assert [target.url for target, _ in office.receivers] == ["ws://a/", "ws://b/"]
    assert office.receivers[1][0] == Target("ws://b/", "porch", "open sesame")
    assert [receiver.taken for _, receiver in office.receivers] == [[], ["e1"]]
    assert office.receivers[0][1].closed
    assert "sesame" not in repr(office.link.view()) + redacted("it said open sesame")


def test_a_receiver_that_is_lost_is_told_with_its_reason(office: Office) -> None:
    office.receivers[0][1].down = Unreachable("nobody answers")
    office.turns()
    assert (office.link.view().state, office.link.view().error) == ("lost", "nobody answers")


def test_a_target_that_cannot_be_is_refused_and_nothing_changes(office: Office) -> None:
    with pytest.raises(ValueError, match="no address"):
        office.link.change("nonsense", None, None)
    office.turns()
    assert (office.link.view().url, office.link.view().state) == ("ws://a/", "connected")


def test_it_is_offered_under_the_name_of_its_step(office: Office) -> None:
    assert Connections.of(office.run).all() == {"iot": office.link}


def test_what_lets_us_in_is_sent_to_no_other_server(office: Office) -> None:
    """Neither what the flow gives nor what was typed; nor in the clear what went encrypted; nor to another port."""
    for url in ("ws://evil/", "wss://a/", "ws://a:81/", "ws://a.evil/", "ws://evil/ws://a/"):
        with pytest.raises(ValueError, match="needs its own token"):
            office.link.change(url, None, None)
    assert office.link.view().url == "ws://a/"
    office.link.change("WS://A/other", "shed", None)
    assert office.receivers[-1][0] == Target("WS://A/other", "shed", None)
    office.link.change("ws://b/", None, "open sesame")
    office.link.change("ws://b/other", None, None)
    assert office.receivers[-1][0].token == "open sesame"
    with pytest.raises(ValueError, match="needs its own token"):
        office.link.change("ws://c/", None, None)
    office.link.change("ws://a/", None, None)
    assert office.receivers[-1][0].token is None, "back at the flow's server by what the flow gives"


def test_a_login_in_the_address_would_be_seen(office: Office) -> None:
    with pytest.raises(ValueError, match="no part of the address"):
        office.link.change("ws://ann:hunter2@a/", None, None)


def test_a_server_that_asks_for_nothing_may_be_any() -> None:
    made: list[Target] = []

    def make(target: Target) -> Receiver:
        made.append(target)
        return Receiver()

    link = Switched("mqtt", Target("mqtt://a"), make, Alone("iot"), open_to_all=True)
    link.change("mqtt://b", None, "open sesame")
    link.change("mqtt://c", None, None)
    assert [target.token for target in made] == [None, "open sesame", None]
