"""Whom the page answers, and what it never gives away."""

from __future__ import annotations

import re
import socket
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from time import monotonic
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection

from flowrun.models.history.history import History
from flowrun.operators.sinks._web import guard, passwords, sessions, sockets
from flowrun.operators.sinks._web.endpoint import Endpoint
from flowrun.operators.sinks._web.guard import BODY_BYTES
from flowrun.operators.sinks.web import web
from flowrun.schemas.spec import spec_of
from flowrun.schemas.stream_info import Mismatch, StreamInfo
from tests.served_page import CHANGES, ServedPage, ends, event, message

PASSWORD = "correct horse"
Serve = Callable[..., ServedPage]
CHANGING = [
    ("PUT", "paused"),
    ("PUT", "thresholds"),
    ("DELETE", "thresholds"),
    ("PUT", "events/1/verdict"),
    ("PUT", "connections/iot"),
    ("POST", "connections/iot/connect"),
    ("POST", "logout"),
    ("POST", "login"),
]


@pytest.fixture(scope="module")
def page() -> Iterator[ServedPage]:
    """One page for all tests that leave it as it is."""
    page = ServedPage()
    yield page
    page.close()


@pytest.fixture(scope="module")
def locked() -> Iterator[ServedPage]:
    """The same, with a password."""
    page = ServedPage(password=PASSWORD)
    yield page
    page.close()


def logged_in(page: ServedPage) -> str:
    """Return the cookie of somebody who knows the password."""
    return page.change("login", {"password": PASSWORD}, "POST").headers["set-cookie"].partition(";")[0]


def until(browser: ClientConnection, seconds: float) -> None:
    """Take what comes until the connection ends, or the time is over."""
    late = monotonic() + seconds
    while monotonic() < late:
        browser.recv(timeout=seconds)


def received(plug: socket.socket) -> bytes:
    """Return what comes until the end, in good order or not."""
    came = b""
    try:
        while part := plug.recv(65536):
            came += part
    except ConnectionResetError:
        pass
    return came


# Where it listens


def configured(**options: Any) -> StreamInfo:
    given = {name: rule.get("default") for name, rule in spec_of(web).parameters["properties"].items()}
    return spec_of(web).info(items=StreamInfo(), **{**given, **options})


def test_it_listens_on_this_machine_alone_unless_told_otherwise(page: ServedPage) -> None:
    assert page.address[0] == "127.0.0.1"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "ears.example"])
def test_what_others_reach_needs_a_password(host: str) -> None:
    with pytest.raises(Mismatch, match="needs a password"):
        configured(host=host)
    assert configured(host=host, password=PASSWORD) == StreamInfo()


def test_a_password_has_some_length() -> None:
    with pytest.raises(Mismatch, match="at least 8 characters"):
        configured(password="1234567")


# Names and origins


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "10.0.0.1", "", "localhost:1:2", "[::1"])
def test_a_name_that_is_not_ours_is_refused(page: ServedPage, host: str) -> None:
    """So that no site whose name is made to lead here can read the page (DNS rebinding)."""
    for path in ("state", "/", "/static/index.html"):
        assert page.ask(path, Host=host).status == 403


def test_our_own_names_and_those_listed_are_answered(serve: Serve) -> None:
    page = serve(names=["ears.example"])
    for host in ("localhost", "127.0.0.1:9", "[::1]:8080", "LOCALHOST.", "ears.example"):
        assert page.ask("state", Host=host).status == 200


@pytest.mark.parametrize(("method", "path"), CHANGING)
def test_another_site_can_change_nothing(page: ServedPage, method: str, path: str) -> None:
    foreign: list[dict[str, str]] = [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ]
    for headers in foreign:
        assert page.ask(path, method, {}, X_Flowrun="1", **headers).status == 403
    assert page.ask(path, method, {}, Origin=page.url).status == 403, "without the header that no form can send"


def test_no_site_is_allowed_to_read(page: ServedPage) -> None:
    headers = page.ask("state", Origin="https://evil.example").headers
    assert "access-control-allow-origin" not in headers
    assert headers["cross-origin-resource-policy"] == "same-origin"


def test_no_site_has_us_work_for_nothing(page: ServedPage) -> None:
    for site in ("cross-site", "same-site"):
        assert page.ask("verdicts.zip", Sec_Fetch_Site=site).status == 403
        assert page.ask("/", Sec_Fetch_Site=site).status == 200, "a link leads to the page"


def test_another_site_cannot_look_live(page: ServedPage) -> None:
    with pytest.raises(InvalidStatus, match="403"):
        page.look(Origin="https://evil.example").__enter__()
    with page.look(Origin=page.url) as browser:
        assert message(browser, "hello")


# Passwords


@pytest.mark.parametrize("path", ["state", "events", "events/1/clip", "flow", "flow.yaml", "connections", "training"])
def test_without_the_password_the_api_says_nothing(locked: ServedPage, path: str) -> None:
    answer = locked.ask(path)
    assert (answer.status, list(answer.json)) == (401, ["error"])


def test_without_the_password_pages_lead_to_the_login(locked: ServedPage) -> None:
    for path in ("/", "/events", "/flow"):
        answer = locked.ask(path)
        assert (answer.status, answer.headers["location"]) == (303, f"/login?next={path}")
    assert [locked.ask(path).status for path in ("/login", "/static/index.html", "openapi.json")] == [200, 200, 200]
    with pytest.raises(InvalidStatus, match="401"):
        locked.look().__enter__()


def test_the_password_opens_a_session_until_logout(locked: ServedPage) -> None:
    cookie = logged_in(locked)
    assert locked.ask("state", Cookie=cookie).json["login"]
    with locked.look(Cookie=cookie) as browser:
        assert message(browser, "hello")
    locked.change("logout", method="POST", Cookie=cookie)
    assert locked.ask("state", Cookie=cookie).status == 401


def test_who_has_logged_out_sees_nothing_more(locked: ServedPage) -> None:
    """What is looked at live ends with its own session and with no other."""
    cookie, other = logged_in(locked), logged_in(locked)
    with locked.look(Cookie=cookie) as browser, locked.look(Cookie=other) as stays:
        message(browser, "hello")
        locked.change("logout", method="POST", Cookie=cookie)
        with pytest.raises(ConnectionClosed):
            until(browser, 10)
        locked.put(event("after"))
        assert message(stays, "event")["event"]["label"] == "Glass"


def test_a_session_that_expires_ends_what_is_looked_at(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "LIFETIME_S", 1.0)
    page = serve(password=PASSWORD)
    with page.look(Cookie=logged_in(page)) as browser:
        message(browser, "hello")
        with pytest.raises(ConnectionClosed):
            until(browser, 10)


def test_a_script_brings_the_password_with_each_request(serve: Serve) -> None:
    """Only to the API; and it guesses no oftener than who logs in."""
    page = serve(password=PASSWORD)
    right = {"Authorization": f"Bearer {PASSWORD}"}
    for _ in range(3):
        assert page.ask("state", **right).json["login"]
    with page.look(**right) as browser:
        message(browser, "hello")
        message(browser, "steps")  # which comes after several looks at who may
    assert page.ask("thresholds", "DELETE", **right).status == 403, "the header against other sites is still needed"
    assert page.ask("thresholds", "DELETE", X_Flowrun="1", **right).status == 200
    for given in ("Bearer", f"Basic {PASSWORD}", PASSWORD):
        assert page.ask("state", Authorization=given).status == 401
    wrong = [page.ask("state", Authorization=f"Bearer {i}").status for i in range(passwords.TRIES)]
    assert 401 in wrong
    assert page.ask("state", **right).status == 429


def test_the_cookie_is_for_the_server_alone(serve: Serve) -> None:
    page = serve(password=PASSWORD, names=["ears.example"])
    plain = page.change("login", {"password": PASSWORD}, "POST").headers["set-cookie"]
    assert re.fullmatch(
        rf"flowrun-{page.address[1]}=[\w-]{{43}}; HttpOnly; Max-Age=\d+; Path=/; SameSite=strict", plain
    )
    behind_a_proxy = {"Host": "ears.example", "Origin": "https://ears.example"}
    assert "Secure" in page.change("login", {"password": PASSWORD}, "POST", **behind_a_proxy).headers["set-cookie"]


def test_guessing_soon_ends(serve: Serve) -> None:
    """After five wrong ones not even the right one is taken, for a while."""
    page = serve(password=PASSWORD)
    wrong = [page.change("login", {"password": f"guess {i}"}, "POST").status for i in range(passwords.TRIES)]
    assert wrong == [401] * passwords.TRIES
    late = page.change("login", {"password": PASSWORD}, "POST")
    assert late.status == 429
    assert 0 < int(late.headers["retry-after"]) <= passwords.WINDOW_S


def test_many_addresses_are_one_attacker() -> None:
    attempts = passwords.Attempts(lambda: 0.0)
    for i in range(passwords.ALL_TRIES):
        attempts.failed(f"10.0.{i}.1")
    assert attempts.wait_s("10.1.1.1") == passwords.WINDOW_S
    assert attempts.wait_s("127.0.0.1") == 0.0, "who sits at the box has a way in"


def test_the_addresses_of_one_network_or_machine_are_one() -> None:
    attempts = passwords.Attempts(lambda: 0.0)
    for i in range(passwords.TRIES):
        attempts.failed(f"2001:db8:0:1::{i}")
        attempts.failed(f"127.0.0.{i + 1}")
    assert attempts.wait_s("2001:db8:0:1:ffff::9") == passwords.WINDOW_S
    assert attempts.wait_s("2001:db8:0:2::1") == 0.0
    assert attempts.wait_s("::1") == passwords.WINDOW_S


def test_the_password_is_in_no_answer(locked: ServedPage) -> None:
    cookie = logged_in(locked)
    for path in ("state", "events", "flow", "flow.yaml", "connections", "training", "openapi.json", "/"):
        assert PASSWORD.encode() not in locked.ask(path, Cookie=cookie).body
    assert all(PASSWORD not in said for _, said in locked.run.states)


# What answers say


@pytest.mark.parametrize("path", ["state", "/", "/static/index.html", "nowhere", "/nowhere", "events/1/clip"])
def test_every_answer_tells_the_browser_to_be_careful(page: ServedPage, path: str) -> None:
    headers = page.ask(path).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'self'; ")
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "server" not in headers


def test_a_fault_of_ours_shows_nothing_of_the_inside(page: ServedPage, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(self: Endpoint, request: object) -> None:
        raise RuntimeError("/secret/path")

    monkeypatch.setattr(Endpoint, "asked", fails)
    answer = page.ask("state")
    assert (answer.status, answer.json) == (500, {"error": "this is a fault of flowrun; the log tells more"})


def test_a_history_that_cannot_be_used_is_told(page: ServedPage, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(History, "page", fails)
    answer = page.ask("events")
    assert (answer.status, answer.json) == (503, {"error": "the history of events cannot be used now: disk I/O error"})


# Sizes


def test_a_large_request_is_refused(page: ServedPage) -> None:
    assert page.change("paused", b"x" * (BODY_BYTES + 1)).status == 413


def test_a_large_request_in_chunks_is_cut_off(page: ServedPage) -> None:
    head = f"PUT /api/v1/paused HTTP/1.1\r\nHost: localhost\r\nX-Flowrun: {CHANGES['X-Flowrun']}\r\n"
    plug = page.plug(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
    plug.sendall(b"4000\r\n" + b"x" * 0x4000 + b"\r\n1000\r\n" + b"x" * 0x1000 + b"\r\n")
    assert ends(plug)


def test_endless_headers_are_cut_off(page: ServedPage) -> None:
    plug = page.plug(b"GET / HTTP/1.1\r\n" + b"A: " + b"a" * 70_000)
    assert ends(plug)


def test_who_asks_for_nothing_is_cut_off(page: ServedPage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "REQUEST_S", 0.05)
    assert ends(page.plug())
    assert ends(page.plug(b"GET / HTTP/1.1\r\nHost: local"))
    second = page.plug(b"GET /api/v1/nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n")
    while not second.recv(65536).endswith(b"}"):
        pass
    second.sendall(b"GET / HT")
    assert ends(second)


def test_many_sockets_that_ask_for_nothing_lock_nobody_out(page: ServedPage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "MAX_SOCKETS", 8)
    plugs = [page.plug() for _ in range(20)]
    assert page.ask("state").status == 200
    assert sum(map(ends, plugs[:10])) == 10, "those that came first made room"
    for plug in plugs:
        plug.close()


def test_a_body_that_drips_in_is_cut_off(page: ServedPage, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often a little of it comes."""
    monkeypatch.setattr(guard, "BODY_S", 0.3)
    head = "POST /api/v1/login HTTP/1.1\r\nHost: localhost\r\nX-Flowrun: 1\r\nContent-Length: 9000\r\n\r\n"
    plug = page.plug(head.encode())
    plug.settimeout(0.1)
    cut_off = False
    for _ in range(100):
        try:
            plug.sendall(b"x")
            cut_off = not plug.recv(1)
        except TimeoutError:
            continue  # so much for the pace
        except ConnectionError:
            cut_off = True
        if cut_off:
            break
    assert cut_off
    plug.close()


def test_many_slow_requests_lock_nobody_out(page: ServedPage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "MAX_SOCKETS", 4)
    monkeypatch.setattr(guard, "BODY_S", 60.0)
    head = b"POST /api/v1/login HTTP/1.1\r\nHost: localhost\r\nX-Flowrun: 1\r\nContent-Length: 9\r\n"

    with ExitStack() as opened:

        def slow() -> socket.socket:
            plug = opened.enter_context(page.plug(head + b"Expect: 100-continue\r\n\r\n"))
            assert plug.recv(100).startswith(b"HTTP/1.1 100"), "the server waits for the rest"
            return plug

        first, *_ = [slow() for _ in range(4)]
        assert [page.ask("state").status for _ in range(8)] == [200] * 8
        assert ends(first), "what was there first made room"
        slow()
        assert page.ask("state").status == 200


def test_answers_that_nobody_takes_make_room(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of connections that are closed already, but have not sent all."""
    monkeypatch.setattr(sockets, "BUFFER_BYTES", 4096)
    monkeypatch.setattr(sockets, "MAX_SOCKETS", 4)
    page = serve()
    page.put(*(event(str(i), reason="because " * 100) for i in range(200)))
    asked = b"GET /api/v1/events?limit=200 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    plugs = []
    for _ in range(8):
        plugs.append(page.plug(asked, receive_bytes=2048))
        assert page.ask("state").status == 200
    assert len(received(plugs[0])) < 160_000
    for plug in plugs:
        plug.close()


# Files


def test_static_files_are_those_of_the_page_alone(page: ServedPage) -> None:
    for path in ("../web.py", "%2e%2e/web.py", "..%2fweb.py", "../../../../etc/passwd", "//etc/passwd", "%00"):
        answer = page.ask(f"/static/{path}")
        assert answer.status in (400, 404), path


def test_labels_are_data(page: ServedPage) -> None:
    """What a file is called or labelled comes as JSON, which no browser takes for a page."""
    page.put(event(label="<script>alert(1)</script>", stream="<img src=x onerror=alert(1)>"))
    answer = page.ask("events")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json["events"][0]["label"] == "<script>alert(1)</script>"
