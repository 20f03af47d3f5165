"""`devicehive` as a step: what it needs is said before it runs, and events arrive."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from flowrun.operators.sinks.devicehive import devicehive
from flowrun.schemas.ports import Event, Predictions
from flowrun.schemas.run import Alone
from flowrun.schemas.spec import spec_of
from flowrun.schemas.stream_info import Mismatch, StreamInfo
from tests.devicehive.server import serving

GOOD = {
    "url": "ws://127.0.0.1/api/websocket",
    "device_id": "flowrun-1",
    "refresh_token": "t",
    "access_token": None,
    "login": None,
    "password": None,
    "name": None,
}


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"url": "127.0.0.1/api"}, "no address of a DeviceHive: it has no scheme"),
        ({"url": "ws://ann:horse@h/api/websocket"}, "use `login` and `password`"),
        ({"device_id": "porch 1"}, "no id of a device: 'porch 1'"),
        ({"device_id": "x" * 49}, "no id of a device"),
        ({"name": ""}, "1 to 128 characters"),
        ({"refresh_token": None}, "it lacks what the server knows us by"),
        ({"refresh_token": ""}, "'refresh_token' is empty"),
        ({"access_token": "a"}, "refresh_token and access_token exclude each other"),
        ({"refresh_token": None, "login": "ann"}, "'login' is of no use without 'password'"),
        ({"refresh_token": None, "password": "p"}, "'password' is of no use without 'login'"),
    ],
)
def test_what_cannot_work_is_refused_before_it_runs(wrong: dict[str, Any], why: str) -> None:
    info = spec_of(devicehive).info
    assert info(items=StreamInfo(), **GOOD) == StreamInfo()
    with pytest.raises(Mismatch, match=why):
        info(items=StreamInfo(), **{**GOOD, **wrong})


def test_events_and_predictions_arrive_in_order(
    writing: Callable[..., Any], predictions: Callable[..., Predictions]
) -> None:
    with serving() as server:
        run = Alone("iot")
        run.left_s = lambda: 10.0  # type: ignore[method-assign]
        token = server.hive.tokens()["refreshToken"]
        sink = writing(devicehive, url=server.url, device_id="porch", refresh_token=token, run=run)
        sink.write(Event("1", "mic", "Glass", 0.5, 1.0, 2.0), predictions("mic", [("Dog", 0.5)]))
        sink.write(Event("2", "mic", "Glass", 0.5, 3.0, 4.0))
        sink.close()
        assert sink.error is None
        assert sink.failures == []
        kept = [found for found in server.hive.notifications if not found["notification"].startswith("$")]
        assert [found["notification"] for found in kept] == ["event", "predictions", "event"]
        assert (run.states[-1][0], run.delivery().sent, run.delivery().waiting) == ("working", 3, 0)
