"""DeviceHive's own client finds our server to be one, reads what our sink tells, and commands our flow."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from queue import Queue
from typing import Any

import pytest
from reactivex.subject import Subject

from flowrun.operators.sinks.devicehive import devicehive
from flowrun.schemas.event import as_data
from flowrun.schemas.ports import Event
from flowrun.schemas.run import Alone
from tests.devicehive.server import Server, serving

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore")]  # the client is of 2018
LIMIT_S = 20


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as server:
        yield server


class Client:
    """The official client, on a thread of its own.

    notifications, updates: what it heard. api: it itself, once connected. error: what it ended with.
    """

    def __init__(self, url: str, device: str, **credentials: str) -> None:
        from devicehive import DeviceHive, Handler

        self.notifications: Queue[Any] = Queue()
        self.updates: Queue[Any] = Queue()
        self.api: Any = None
        self.error: Exception | None = None
        self._connected = threading.Event()
        client = self

        class Ears(Handler):  # type: ignore[misc] # it has no types
            def handle_connect(self) -> None:
                client.device = self.api.put_device(device)
                client.device.subscribe_notifications()
                client.device.subscribe_update_commands()
                client.api = self.api
                client._connected.set()

            def handle_notification(self, notification: Any) -> None:
                client.notifications.put(notification)

            def handle_command_update(self, command: Any) -> None:
                client.updates.put(command)

        self.device: Any = None
        self._hive = DeviceHive(Ears)
        self._thread = threading.Thread(target=self._run, args=(url, credentials), daemon=True)
        self._thread.start()
        assert self._connected.wait(LIMIT_S), self.error

    def _run(self, url: str, credentials: dict[str, str]) -> None:
        try:
            self._hive.connect(url, **credentials)
        except Exception as error:  # it is told by the test that waits for it
            self.error = error

    def heard(self) -> Any:
        """Return the next notification that is not of the server's own."""
        while (found := self.notifications.get(timeout=LIMIT_S)).notification.startswith("$"):
            pass
        return found

    def close(self) -> None:
        self.api.disconnect()
        self._thread.join(LIMIT_S)


@pytest.mark.parametrize("way", ["url", "rest"])
@pytest.mark.parametrize("kind", ["refresh_token", "access_token", "login"])
def test_the_client_takes_our_server_for_one(server: Server, way: str, kind: str) -> None:
    tokens = server.hive.tokens()
    credentials = {
        "refresh_token": {"refresh_token": tokens["refreshToken"]},
        "access_token": {"access_token": tokens["accessToken"]},
        "login": {"login": "ann", "password": "horse battery"},
    }[kind]
    client = Client(getattr(server, way), "official", **credentials)
    client.device.send_notification("predictions", parameters={"predictions": [["Speech", 0.83]]})
    heard = client.heard()
    assert (heard.notification, heard.parameters) == ("predictions", {"predictions": [["Speech", 0.83]]})
    assert server.hive.devices["official"]["name"] == "official"
    client.close()


def test_the_client_is_told_what_a_device_hive_would_tell_it(server: Server) -> None:
    client = Client(server.url, "official", refresh_token=server.hive.tokens()["refreshToken"])
    from devicehive.api_response import ApiResponseError

    with pytest.raises(ApiResponseError) as refused:
        client.api.get_device("none")
    assert (refused.value.code, refused.value.error) == (404, "Device with such deviceId = none not found")
    with pytest.raises(ApiResponseError) as malformed:
        client.device.send_notification("event", parameters=["no object"])
    assert malformed.value.error == "'parameters' must be JSON Object!"
    client.close()


@pytest.mark.parametrize("way", ["url", "rest"])
def test_the_client_hears_our_sink_and_commands_it(server: Server, way: str) -> None:
    client = Client(server.url, "porch", refresh_token=server.hive.tokens()["refreshToken"])
    events, run, ended = Subject[Event](), Alone("iot"), threading.Event()
    token = server.hive.tokens()["refreshToken"]
    sink = devicehive(events, url=getattr(server, way), device_id="porch", refresh_token=token, run=run)
    sink.subscribe(on_completed=ended.set)
    event = Event("1", "mic", "Glass", 0.5, 1.0, 2.0, reason="Müll")
    events.on_next(event)
    heard = client.heard()
    assert (heard.notification, heard.device_id, heard.parameters) == ("event", "porch", as_data(event))

    client.device.send_command("pause")
    command = client.updates.get(timeout=LIMIT_S)
    assert (command.command, command.status, command.result["paused"]) == ("pause", "OK", True)
    assert run.control.paused
    client.device.send_command("set_threshold", {"step": "hits", "label": "Glass", "value": 0.5})
    command = client.updates.get(timeout=LIMIT_S)
    assert (command.status, command.result) == ("error", {"error": "there is no step 'hits' with thresholds"})

    events.on_completed()
    assert ended.wait(LIMIT_S)
    client.close()
