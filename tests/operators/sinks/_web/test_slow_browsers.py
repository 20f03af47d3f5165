"""A browser that is slow, dead or hostile costs the flow nothing, and the other browsers nothing either."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from threading import Event as Flag
from typing import Any, cast

import pytest
from starlette.websockets import WebSocket
from websockets.exceptions import ConnectionClosed

from flowrun.operators.sinks._web import browser as browser_module
from flowrun.operators.sinks._web import desk as desk_module
from flowrun.operators.sinks._web import live, sockets
from flowrun.operators.sinks._web.browser import EVENTS, SOUNDS, Browser
from flowrun.operators.sinks._web.desk import Desk
from flowrun.schemas.ports import StreamEnd
from tests.served_page import ServedPage, ends, event, message, scores, sound

Serve = Callable[..., ServedPage]
SECOND = 16000
HANDSHAKE = (
    b"GET /api/v1/live HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
STALLED = (b"", b"GET /api/v1/state HTTP/1.1\r\nHost: loc", b"GET /static/main.js HTTP/1.1\r\nHost: localhost\r\n\r\n")


def looking(page: ServedPage) -> socket.socket:
    """Return a browser that has begun to look, and will never read another byte."""
    plug = page.plug(HANDSHAKE, receive_bytes=2048)
    assert plug.recv(12) == b"HTTP/1.1 101"
    return plug


def test_what_the_flow_leaves_takes_bounded_room() -> None:
    """However long nobody takes it."""
    desk = Desk()
    desk.watched = True
    for i in range(200):
        desk.put(sound(1600 * i))
        desk.put(scores(0.1, 0.9, start_s=i / 10))
    for i in range(100):
        desk.put(sound(stream=f"file {i}"))
    slots, _ = desk.take()
    assert len(slots) == desk_module.STREAMS
    desk.put(sound(0, 50 * SECOND))
    desk.put(sound(50 * SECOND, 1600))
    slots, _ = desk.take()
    assert sum(len(block.samples) for block in slots["mic"].audio) <= desk_module.SOUND_S * SECOND


def test_the_newest_is_what_is_left() -> None:
    desk = Desk()
    desk.watched = True
    for i in range(100):
        desk.put(sound(1600 * i))
        desk.put(scores(i / 100, start_s=float(i)))
    slots, _ = desk.take()
    assert slots["mic"].audio[-1].start_sample == 99 * 1600
    assert slots["mic"].scores is not None
    assert float(slots["mic"].scores.at.start_s[-1]) == 99.0


def test_while_nobody_looks_nothing_is_kept() -> None:
    desk = Desk()
    desk.put(sound())
    desk.put(scores(0.5))
    assert desk.take() == ({}, [])
    assert desk.rates() == {"mic": 16000}
    desk.put(StreamEnd("mic"))
    assert desk.rates() == {}


class Stuck:
    """A socket that takes nothing."""

    def __init__(self) -> None:
        self.aborted = False
        self.scope = {"state": {"transport": self}}
        self.begun = asyncio.Event()

    async def send_text(self, text: str) -> None:
        self.begun.set()
        await asyncio.Event().wait()

    async def receive_text(self) -> str:
        await asyncio.Event().wait()
        return ""

    def abort(self) -> None:
        self.aborted = True


def test_what_waits_for_a_browser_is_bounded_and_new(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of each kind and stream the newest message, some events, a little sound; in the end it is let go."""
    monkeypatch.setattr(browser_module, "SEND_S", 0.05)
    stuck = Stuck()
    browser = Browser(cast(WebSocket, stuck))

    async def look() -> None:
        browser.offer(("state", ""), "first")
        serving = asyncio.create_task(browser.serve())
        await stuck.begun.wait()
        for i in range(10_000):
            browser.offer(("audio", "mic"), f"audio {i}")
            browser.offer(("scores", "mic"), f"scores {i}")
            browser.offer_event(f"event {i}")
            browser.offer_sound([b"x" * 3208])
        await serving

    asyncio.run(look())
    assert browser._slots == {("audio", "mic"): "audio 9999", ("scores", "mic"): "scores 9999"}
    assert (len(browser._events), browser._events[-1], len(browser._sounds)) == (EVENTS, "event 9999", SOUNDS)
    assert stuck.aborted


def test_a_flow_goes_on_while_the_server_stands_still(page: ServedPage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread of the server is held for good: the flow gives all it has, and every event is kept."""
    held, go_on = Flag(), Flag()

    def hold(*_: Any) -> None:
        held.set()
        go_on.wait(30)

    monkeypatch.setattr(live.Live, "_send_streams", hold)
    try:
        with page.look() as browser:
            message(browser, "hello")
            assert held.wait(10)
            for i in range(2000):
                page.put(sound(1600 * i), scores(0.1, 0.9, start_s=i / 10))
            page.put(*(event(str(i)) for i in range(100)))
            assert page.failures == []
            go_on.set()
            assert page.get("events")["total"] == 100
    finally:
        go_on.set()


def test_stalled_sockets_hold_up_neither_the_flow_nor_other_browsers(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sockets that say nothing, half a request, or read nothing, while the flow gives more than they can hold."""
    monkeypatch.setattr(sockets, "BUFFER_BYTES", 4096)
    page = serve()
    plugs = [page.plug(sent, receive_bytes=2048) for sent in STALLED * 5] + [looking(page) for _ in range(20)]
    with page.look() as browser:
        message(browser, "hello")
        long = "because " * 2000
        for i in range(50):
            page.put(sound(1600 * i), event(str(i), reason=long))
        page.put(event("last", label="Done"))
        while (told := message(browser, "event"))["event"]["label"] != "Done":
            pass
        assert told["event"]["id"] == "51"
        assert page.get("events")["total"] == 51
        assert page.failures == []
    for plug in plugs:
        plug.close()


def test_a_browser_that_reads_nothing_is_let_go(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "BUFFER_BYTES", 4096)
    monkeypatch.setattr(browser_module, "SEND_S", 0.1)
    page = serve()
    plug = looking(page)
    with page.look() as other:
        message(other, "hello")
        for i in range(0, 200, 20):
            page.put(*(event(str(i + j), reason="because " * 4000) for j in range(20)))
            message(other, "event")
        message(other, "steps")  # which comes once a second: patience has ended meanwhile
    assert ends(plug)


def frame(opcode: int, data: bytes, *, last: bool = True) -> bytes:
    """Return a frame as a browser sends it."""
    return bytes([0x80 * last | opcode, 0x80 | len(data), 0, 0, 0, 0]) + data


@pytest.mark.parametrize(
    ("first", "endless"),
    [(b"", frame(9, b"x" * 125) * 100), (frame(1, b"{", last=False), frame(0, b"", last=False) * 1000)],
    ids=["pings whose answers it does not read", "a message of empty parts"],
)
def test_a_browser_cannot_have_us_remember_without_end(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, first: bytes, endless: bytes
) -> None:
    monkeypatch.setattr(sockets, "BUFFER_BYTES", 4096)
    with looking(serve()) as plug, pytest.raises(ConnectionError):
        plug.sendall(first + endless * 2000)


def test_there_is_room_for_so_many_browsers(page: ServedPage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MOST", 2)
    with page.look() as one, page.look() as two:
        assert message(one, "hello")
        assert message(two, "hello")
        with page.look() as third:
            with pytest.raises(ConnectionClosed) as refused:
                third.recv(timeout=10)
            assert refused.value.rcvd is not None
            assert refused.value.rcvd.code == live.TRY_LATER
    with page.look() as fourth:
        assert message(fourth, "hello"), "there is room again"
