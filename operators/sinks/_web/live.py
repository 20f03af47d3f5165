"""Sends browsers what the flow does, at most ten times a second; with nobody there it does nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import Any

from starlette.websockets import WebSocket

from flowrun.models.history.kept import Kept
from flowrun.operators.sinks._web.browser import Browser
from flowrun.operators.sinks._web.desk import Desk, Slot
from flowrun.operators.sinks._web.event_data import as_data
from flowrun.operators.sinks._web.messages import MEL, Painter, message
from flowrun.operators.sinks._web.sound import SoundFeed

TICK_S = 0.1
STATE_EVERY = 3  # ticks
STEPS_S = 1.0
MOST = 100  # browsers at a time
TRY_LATER = 1013  # RFC 6455's registry: the server is at its limit

Data = dict[str, Any]


class Live:
    """Everybody who looks.

    Args:
        desk: What the flow leaves.
        state: Gives the state of the flow.
    """

    def __init__(self, desk: Desk, state: Callable[[], Data]) -> None:
        self._desk = desk
        self._state = state
        self._browsers: set[Browser] = set()
        self._somebody = asyncio.Event()
        self._painter = Painter()
        self._feeds: dict[str, SoundFeed] = {}
        self._told: Data = {}
        self._labels: tuple[str, ...] = ()
        self._counted: tuple[float, Data] = (0.0, {})

    async def serve(self, socket: WebSocket) -> None:
        """Let a browser look until it goes."""
        if len(self._browsers) >= MOST:
            await socket.accept()
            await socket.close(TRY_LATER, f"{MOST} browsers look already")
            return
        await socket.accept()
        browser = Browser(socket)
        self._desk.watched = True
        state = self._state()
        browser.offer(("hello", ""), self._hello(state))
        browser.offer(("state", ""), message("state", state=state))
        self._browsers.add(browser)
        self._somebody.set()
        try:
            await browser.serve()
        finally:
            self._browsers.discard(browser)
            if not self._browsers:
                self._desk.watched = False
                self._somebody.clear()
                self._desk.take()  # who comes next does not want to see it

    async def run(self) -> None:
        """Send what there is, for ever."""
        tick = 0
        while True:
            await self._somebody.wait()
            await asyncio.sleep(TICK_S)
            tick += 1
            slots, events = self._desk.take()
            self._send_streams(slots)
            self._send_events(events)
            if tick % STATE_EVERY == 0:
                self._send_state()
                self._send_away()

    def _send_streams(self, slots: dict[str, Slot]) -> None:
        messages = self._painter.messages(slots)
        wanted = {browser.listens_to for browser in self._browsers}
        heard = [(stream, slot) for stream, slot in slots.items() if stream in wanted and slot.audio]
        sounds = {stream: self._sounds(stream, slot) for stream, slot in heard}
        for browser in self._browsers:
            for key, text in messages.items():
                browser.offer(key, text)
            if browser.listens_to in sounds:
                browser.offer_sound(sounds[browser.listens_to])

    def _sounds(self, stream: str, slot: Slot) -> list[bytes]:
        feed = self._feeds.get(stream)
        if feed is None or feed.rate_hz != slot.audio[0].rate_hz:
            feed = self._feeds[stream] = SoundFeed(slot.audio[0].rate_hz)
        return feed.messages(list(slot.audio))

    def _send_events(self, events: list[Kept]) -> None:
        for event in events:
            text = message("event", event=as_data(event))
            for browser in self._browsers:
                browser.offer_event(text)

    def _send_state(self) -> None:
        state = self._state()
        known = {stream["name"] for stream in state["streams"]}
        self._painter.forget(known)
        self._feeds = {stream: feed for stream, feed in self._feeds.items() if stream in known}
        if _steady(state) != _steady(self._told) or self._desk.labels != self._labels:
            if _names(state) != _names(self._told) or self._desk.labels != self._labels:
                self._offer("hello", self._hello(state))
            self._offer("state", message("state", state=state))
        self._told, self._labels = state, self._desk.labels
        if monotonic() - self._counted[0] >= STEPS_S:
            self._offer("steps", message("steps", steps=self._rates(state)))

    def _send_away(self) -> None:
        for browser in self._browsers:
            if not browser.may_look:  # it has logged out, or its session has expired
                browser.send_away()

    def _offer(self, kind: str, text: str) -> None:
        for browser in self._browsers:
            browser.offer((kind, ""), text)

    def _hello(self, state: Data) -> str:
        return message("hello", streams=state["streams"], labels=list(self._desk.labels), mel=MEL)

    def _rates(self, state: Data) -> Data:
        """Return what each step does, and items per second since the last time."""
        before_s, before = self._counted
        now_s = monotonic()
        self._counted = now_s, state["steps"]
        return {name: _step(step, before.get(name), now_s - before_s) for name, step in state["steps"].items()}


def _step(step: Data, before: Data | None, seconds: float) -> Data:
    items = [max(now["items_in"], now["items_out"]) if now else 0 for now in (before, step)]
    rate = (items[1] - items[0]) / seconds if before and seconds < 60 else 0.0
    told = {key: step[key] for key in ("queue", "queue_size", "dropped", "errors", "busy_s")}
    return {"items_per_s": round(rate, 2), **told}


def _names(state: Data) -> list[str]:
    return [stream["name"] for stream in state.get("streams", ())]


def _steady(state: Data) -> Data:
    """Return what of a state tells people something new when it changes: not its counts."""
    steps = {name: (step["state"], step["message"]) for name, step in state.get("steps", {}).items()}
    return {key: value for key, value in state.items() if key != "steps"} | {"steps": steps}
