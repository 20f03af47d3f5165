"""The page of connections, with real servers that die and come back: it says so, and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.devicehive.server import Server
from tests.mosquitto import INSTALLED, Mosquitto
from tests.web.real_flow import RealFlow

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [
    pytest.mark.integration,
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.skipif(not INSTALLED, reason="mosquitto, mosquitto-clients or openssl is not installed"),
]
STEPS = {"iot": "DeviceHive, iot", "home": "MQTT, home"}
USER, PASSWORD = "ann", "horse battery"


@pytest.fixture
def hive() -> Iterator[Server]:
    server = Server()
    yield server
    server.stop()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    server = Mosquitto(tmp_path / "broker", users={USER: PASSWORD}).start()
    yield server
    server.stop()


@pytest.fixture
def flow(tmp_path: Path, hive: Server, broker: Mosquitto, models: Path) -> Iterator[RealFlow]:
    """A flow that sends its alerts to both."""
    (tmp_path / "token").write_text(hive.hive.tokens()["refreshToken"])
    (tmp_path / "password").write_text(PASSWORD)
    iot = f"url: '{hive.url}', device_id: porch, refresh_token: '${{file:token}}'"
    home = f"url: 'mqtt://127.0.0.1:{broker.port}', topic: door, username: {USER}, password: '${{file:password}}'"
    sinks = {"iot: {use: devicehive, from: alerts, ": iot, "home: {use: mqtt, from: alerts, ": home}
    running = RealFlow(tmp_path, *(f"{step}{options}}}" for step, options in sinks.items()))
    running.start()
    yield running
    running.kill()


def test_servers_that_die_are_told_and_events_wait_for_them(
    flow: RealFlow, hive: Server, broker: Mosquitto, look: Callable[..., Page]
) -> None:
    page = look(f"{flow.url}/connections", refused=True)
    cards = {step: page.get_by_role("region", name=name) for step, name in STEPS.items()}

    def told(words: str, within_ms: float = 5000) -> None:
        for card in cards.values():
            card.get_by_text(words, exact=True).first.wait_for(timeout=within_ms)

    told("Connected", 20_000)
    hive.stop()
    broker.stop(signal=9)
    told("Not connected")
    flow.break_glass()
    told("1 event to be sent")
    hive.start()
    broker.start()
    cards["home"].get_by_role("button", name="Try now").click()  # DeviceHive comes back by itself
    told("Nothing: all is sent", 20_000)
    told("Connected")
    assert [one["notification"] for one in hive.hive.notifications if one["notification"] == "event"] == ["event"]

    wrong = {"Token": "iot", "Password": "home"}
    for field, step in wrong.items():
        cards[step].get_by_label(field).fill("nonsense")
        cards[step].get_by_role("button", name="Save and connect").click()
    told("Not connected")
    cards["iot"].get_by_text("the refresh token is not accepted").wait_for()
    cards["home"].get_by_text("it does not let us in").wait_for()
    right = {"Token": hive.hive.tokens()["refreshToken"], "Password": PASSWORD}
    for field, step in wrong.items():
        assert cards[step].get_by_label(field).input_value() == ""  # what was typed does not stay
        cards[step].get_by_label(field).fill(right[field])
    cards["iot"].get_by_label("Device id").fill("cellar")
    for step in wrong.values():
        cards[step].get_by_role("button", name="Save and connect").click()
    cards["home"].get_by_text("Events are delivered.").wait_for()
    cards["iot"].get_by_text("Events are delivered.").wait_for()
    assert "cellar" in hive.hive.devices
