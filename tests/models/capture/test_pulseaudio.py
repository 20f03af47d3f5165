"""A recording that the sound server takes from elsewhere is noticed, and no other's."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from flowrun.models.capture.pulseaudio import Place, recorded


class Server:
    now_s = 0.0
    recordings: Mapping[str, str] = {"1": "7"}  # of another program
    asked = 0

    def __call__(self) -> Mapping[str, str]:
        self.asked += 1
        return self.recordings

    def clock(self) -> float:
        self.now_s += 1
        return self.now_s


def moved(server: Server, after: Mapping[str, str]) -> bool:
    place = Place(server, server.clock)
    server.recordings = {"1": "7", "2": "8"}
    place.began()
    server.recordings = after
    return any(place.moved() for _ in range(10))


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ({"1": "7", "2": "8"}, False),
        ({"1": "7", "2": "9"}, True),
        ({"1": "9", "2": "8"}, False),  # the other program's
        ({}, False),  # the server is gone: nothing comes then, which is seen by that
    ],
)
def test_ours_is_watched(after: Mapping[str, str], expected: bool) -> None:
    assert moved(Server(), after) is expected


def test_where_there_is_no_such_server_nothing_is_asked_again() -> None:
    server = Server()
    server.recordings = {}
    place = Place(server, server.clock)
    place.began()
    assert not any(place.moved() for _ in range(100))
    assert server.asked == 2


def test_no_program_to_ask_is_no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert recorded() == {}
