"""Of an address nothing is shown that opens a door."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowrun.models.capture.address import fault, hidden, shown

URL = "rtsp://admin:p%40ss@nvr.lan:554/live?channel=2&token=abcdef"


@pytest.mark.parametrize(
    "url",
    ["http://radio.example/stream.mp3", "srt://[::1]:9000?mode=caller", "udp://@239.0.0.1:1234", "RTSP://h/", URL],
)
def test_a_stream_has_one(url: str) -> None:
    assert fault(url) == ""


def test_no_stream_has_port_0() -> None:
    assert fault("rtsp://nvr.lan:0/live") == "it has no host"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (f"{URL}: Connection refused", "rtsp://nvr.lan:554/live?channel=2&token=***: Connection refused"),
        ("the password p@ss, or p%40ss, is wrong", "the password ***, or ***, is wrong"),
        ("moved to https://u:pw@other/x?sig=123456.", "moved to https://other/x?sig=***."),
        ("tls://u:pw@other failed", "tls://*** failed"),
        ("token abcdef expired", "token *** expired"),
    ],
)
def test_what_a_program_says_loses_what_is_secret(said: str, kept: str) -> None:
    assert hidden(said, URL) == kept


def test_where_the_path_is_secret_it_is_hidden_everywhere() -> None:
    said = "Failed to open live/key of rtmp://host/live/key: live/key"
    assert hidden(said, "rtmp://host/live/key", path=False) == "Failed to open *** of rtmp://host/***: ***"


NAME = st.text("abcXYZ019-._~!$&'()*+,;=%@/?#:", min_size=3, max_size=12)


@given(user=NAME, password=NAME, token=NAME)
def test_no_password_is_shown_whatever_is_in_it(user: str, password: str, token: str) -> None:
    """Also of an address that is refused: where it is cut is unknown then."""
    password, token = f"PASS{password}", f"TOK{token}"
    url = f"http://{user}:{password}@host/x?k={token}"
    for text in (shown(url), hidden(f"{url}: refused", url), fault(url)):
        assert "PASS" not in text
        assert "TOK" not in text
