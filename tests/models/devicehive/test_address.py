"""One address gives all others, and a bad one is refused without being shown."""

from __future__ import annotations

import pytest

from flowrun.models.devicehive.address import address_of, fault


@pytest.mark.parametrize(
    ("given", "websocket", "rest"),
    [
        ("ws://h/api/websocket", "ws://h/api/websocket", "http://h/api/rest"),
        ("wss://h:8443/hive/api/websocket/", "wss://h:8443/hive/api/websocket", "https://h:8443/hive/api/rest"),
        ("ws://h:8080/dh/websocket", "ws://h:8080/dh/websocket", "http://h:8080/dh/rest"),
        ("http://h/api/rest", None, "http://h/api/rest"),
        ("https://[::1]/api/rest/", None, "https://[::1]/api/rest"),
    ],
)
def test_the_addresses_of_a_deployment(given: str, websocket: str | None, rest: str) -> None:
    address = address_of(given)
    assert (address.websocket, address.rest) == (websocket, rest)
    assert fault(given) == ""


@pytest.mark.parametrize("url", ["ws://", "ws://h:port/", "ws://h:0/", "ws://a b/", "/api/websocket", "mqtt://h"])
def test_what_is_no_address_of_a_devicehive(url: str) -> None:
    assert fault(url)


@pytest.mark.parametrize("url", ["ws://ann:horse@h/api/websocket", "ws://h/api/websocket?token=horse"])
def test_a_secret_is_no_part_of_an_address(url: str) -> None:
    assert fault(url)
    assert "horse" not in fault(url)
