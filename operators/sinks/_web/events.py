"""The events that were kept: pages of them, one, what has changed, and what people say of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import Any

from starlette.requests import Request

from flowrun.models.history.history import History
from flowrun.models.history.kept import Kept
from flowrun.operators.sinks._web.endpoint import Asked, Endpoint, Refused
from flowrun.operators.sinks._web.event_data import FILTERS, NUMBER_OF, as_data, question
from flowrun.operators.sinks._web.shapes import EVENT, EVENTS, UPDATE, VERDICT, an_object, or_null
from flowrun.schemas.parameters import Schema

Data = dict[str, Any]
POLL_S = 25.0  # proxies give up after 30 or 60
LOOK_S = 0.25
WAITING = 64  # polls at a time


class Events:
    """The endpoints of the events in *history*; *told* is called with each that somebody judged."""

    def __init__(self, history: History, told: Callable[[Kept], None]) -> None:
        self._history = history
        self._told = told
        self._waiting = 0
        self._closing = False

    def close(self) -> None:
        """Let nobody wait any longer."""
        self._closing = True

    def endpoints(self) -> list[Endpoint]:
        """Return them."""
        limit: Schema = {"type": "integer", "minimum": 1, "maximum": 200}
        page = {"limit": limit, "before": NUMBER_OF, **FILTERS}
        verdict = an_object(verdict=or_null(VERDICT))
        return [
            Endpoint("GET", "events", "Events, the newest first.", self.page, EVENTS, page),
            Endpoint(
                "GET",
                "events/update",
                f"What has changed since; waits up to {POLL_S:g} s for something. Without `after` where to begin.",
                self.update,
                UPDATE,
                {"after": NUMBER_OF},
                refuses=(429, 503),
            ),
            Endpoint("GET", "events/{id}", "One event.", self.one, EVENT, refuses=(404,)),
            Endpoint(
                "PUT", "events/{id}/verdict", "Was it right?", self.judge, EVENT, body=verdict, refuses=(404, 413)
            ),
        ]

    def event(self, asked: Asked) -> Kept:
        """Return the event that a request names.

        Raises:
            Refused: there is none.
        """
        name = asked.path["id"]
        found = self._history.get(int(name)) if name.isdecimal() and len(name) < 19 else None
        if not found:
            raise Refused(404, f"there is no event {name[:40]!r}: it may have been too old to be kept")
        return found

    def page(self, asked: Asked) -> Data:
        """Return a page of events."""
        limit = asked.query.get("limit", 10)
        wanted = question(dict(asked.query))
        found = self._history.page(wanted, limit + 1)
        labels, streams = self._history.known()
        return {
            "events": [as_data(event) for event in found[:limit]],
            "next": str(found[limit - 1].number) if len(found) > limit else None,
            "total": self._history.count(question({**asked.query, "before": None})),
            "labels": labels,
            "streams": streams,
        }

    def one(self, asked: Asked) -> Data:
        """Return an event."""
        return as_data(self.event(asked))

    def judge(self, asked: Asked) -> Data:
        """Keep what somebody said of an event."""
        judged = self._history.judge(self.event(asked).number, asked.body["verdict"])
        if judged is None:
            raise Refused(404, "the event has just been removed: it was too old")
        self._told(judged)
        return as_data(judged)

    async def _something_new(self, request: Request, until: float) -> None:
        seen = self._history.latest
        while self._history.latest == seen and monotonic() < until:
            if self._closing or await request.is_disconnected():
                raise Refused(503, "the flow has ended")
            await asyncio.sleep(LOOK_S)

    async def update(self, asked: Asked) -> Data:
        """Wait for something new, and return it."""
        if "after" not in asked.query:
            return {"events": [], "next": str(await asyncio.to_thread(self._history.revision))}
        if self._waiting >= WAITING:
            raise Refused(429, "too many wait for events: try again later", {"Retry-After": "5"})
        after, until = int(asked.query["after"]), monotonic() + POLL_S
        self._waiting += 1
        try:
            while not (found := await asyncio.to_thread(self._history.changed, after, 100)) and monotonic() < until:
                await self._something_new(asked.request, until)
        finally:
            self._waiting -= 1
        return {"events": [as_data(event) for event in found], "next": str(found[-1].revision if found else after)}
