"""The connections to servers elsewhere: how they are, and whom they lead to. A token goes in and never comes out."""

from __future__ import annotations

from typing import Any

from flowrun.operators._printable import printable
from flowrun.operators.sinks._web.endpoint import Asked, Endpoint, Refused
from flowrun.operators.sinks._web.shapes import CONNECTION, a_list, an_object
from flowrun.schemas.connection import Connection, Connections
from flowrun.schemas.parameters import Schema
from flowrun.schemas.plain import utc
from flowrun.schemas.run import Run

Data = dict[str, Any]
SHORT_TEXT: Schema = {"type": "string", "maxLength": 2000}
CHANGE: Schema = an_object(url=SHORT_TEXT | {"minLength": 1}, device_id=SHORT_TEXT, token=SHORT_TEXT) | {
    "required": ["url"]
}


class ServerConnections:
    """The endpoints of the connections of *run*."""

    def __init__(self, run: Run) -> None:
        self._connections = Connections.of(run)

    def endpoints(self) -> list[Endpoint]:
        """Return them."""
        refuses = (404, 409, 413)
        return [
            Endpoint("GET", "connections", "All of them.", self.all, a_list(CONNECTION)),
            Endpoint(
                "PUT",
                "connections/{step}",
                "Another server or device, until the run ends; without a token with the one given for this server.",
                self.change,
                CONNECTION,
                body=CHANGE,
                refuses=refuses,
            ),
            Endpoint("POST", "connections/{step}/connect", "Connect, now.", self.connect, CONNECTION, refuses=refuses),
            Endpoint(
                "POST", "connections/{step}/disconnect", "Stay away.", self.disconnect, CONNECTION, refuses=refuses
            ),
        ]

    def all(self, asked: Asked) -> list[Data]:
        """Return all of them."""
        return [_data(step, connection) for step, connection in self._connections.all().items()]

    def change(self, asked: Asked) -> Data:
        """Lead a connection elsewhere."""
        step, connection = self._named(asked)
        try:
            connection.change(asked.body["url"], asked.body.get("device_id"), asked.body.get("token") or None)
        except ValueError as error:
            raise Refused(409, f"{step}: {error}") from error
        return _data(step, connection)

    def connect(self, asked: Asked) -> Data:
        """Connect."""
        step, connection = self._named(asked)
        connection.connect()
        return _data(step, connection)

    def disconnect(self, asked: Asked) -> Data:
        """Disconnect."""
        step, connection = self._named(asked)
        connection.disconnect()
        return _data(step, connection)

    def _named(self, asked: Asked) -> tuple[str, Connection]:
        step = asked.path["step"]
        connection = self._connections.all().get(step)
        if connection is None:
            raise Refused(404, f"no step {step[:50]!r} has a connection: `GET connections` lists them")
        return step, connection


def _data(step: str, connection: Connection) -> Data:
    view = connection.view()
    return {
        "kind": view.kind,
        "step": step,
        "state": view.state,
        "message": printable(view.message),
        "url": printable(view.url),
        "device_id": view.device_id,
        "connected_since": view.since and utc(view.since),
        "last_error": view.error and printable(view.error),
        "backlog": view.backlog,
    }
