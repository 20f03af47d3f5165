"""`webhook` posts events in order, signed, and sees by the answer what becomes of each."""

from __future__ import annotations

import hashlib
import hmac
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from reactivex.subject import Subject

from flowrun.models.outbox.letter import Letter
from flowrun.models.webhook import address_guard
from flowrun.operators._delivery.link import Refused, Unreachable
from flowrun.operators.sinks._webhook_link import WebhookLink
from flowrun.operators.sinks.webhook import webhook
from flowrun.schemas.ports import Event
from flowrun.schemas.run import Alone
from flowrun.schemas.spec import spec_of
from flowrun.schemas.stream_info import Mismatch
from tests.fault_proxy import FaultProxy

NOW_S = int(Alone().now().timestamp())


class Receiver:
    """A web server that answers as it is told. came: the ids of events; requests: their headers and bodies."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[tuple[Any, bytes]] = []
        self.connections = 0
        self.answers: list[tuple[int, dict[str, str]]] = []  # one for each request; then 204
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                receiver.connections += 1
                super().setup()

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.requests.append((self.headers, body))
                status, headers = receiver.answers.pop(0) if receiver.answers else (204, {})
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if status != 204:
                    self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def came(self) -> list[str]:
        return [json.loads(body)["id"] for _, body in self.requests]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver on a free port."""
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def proxy(receiver: Receiver) -> Iterator[FaultProxy]:
    """A proxy before the receiver."""
    with FaultProxy(("127.0.0.1", receiver.port)) as proxy:
        yield proxy


@pytest.fixture
def linked() -> Iterator[Callable[..., WebhookLink]]:
    """A function that makes an open link to a port."""
    links: list[WebhookLink] = []

    def link(port: int, path: str = "/hook", scheme: str = "http", **options: Any) -> WebhookLink:
        url = options.pop("url", f"{scheme}://127.0.0.1:{port}{path}")
        given = {"secret": None, "headers": {}, "timeout_s": 5.0, "allow_private": True} | options
        links.append(WebhookLink(url, run=Alone(), **given))
        return links[-1]

    yield link
    for one in links:
        one.close()


def letter(number: int = 1, name: str = "") -> Letter:
    name = name or f"e{number}"
    return Letter(number, name, json.dumps({"id": name}).encode(), Alone().now())


def post(link: WebhookLink, *numbers: int) -> list[int]:
    """Send letters as the delivery does; return the numbers of those that were taken."""
    taken: list[int] = []
    for number in numbers:
        link.send(letter(number))
        taken += [number for number, refused in link.acknowledged(0.0) if refused is None]
    return taken


def test_events_come_as_json_in_order_over_one_connection(receiver: Receiver, writing: Callable[..., Any]) -> None:
    sink = writing(webhook, url=f"http://127.0.0.1:{receiver.port}/hook?room=3", run=Alone())
    sink.write(*[Event(f"e{n}", "mic", "Glass", 0.5, n, n + 1.0) for n in range(20)]).close()
    assert receiver.came == [f"e{n}" for n in range(20)]
    assert receiver.connections == 1
    headers, body = receiver.requests[0]
    assert json.loads(body)["label"] == "Glass"
    assert headers["Content-Type"] == "application/json"
    assert headers["Idempotency-Key"] == "e0"
    assert headers["User-Agent"].startswith("flowrun/")
    assert sink.error is None


def test_a_receiver_verifies_the_signature_as_the_page_says(receiver: Receiver, linked: Callable[..., Any]) -> None:
    link = linked(receiver.port, secret="correct horse")
    link.open()
    assert post(link, 1) == [1]
    headers, body = receiver.requests[0]
    told = dict(part.split("=") for part in headers["X-Flowrun-Signature"].split(","))
    digest = hmac.new(b"correct horse", told["t"].encode() + b"." + body, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(told["v1"], digest)
    assert int(told["t"]) == NOW_S


def test_headers_and_the_password_of_the_address_are_sent(receiver: Receiver, linked: Callable[..., Any]) -> None:
    link = linked(0, url=f"http://ann:p%40ss@127.0.0.1:{receiver.port}/", headers={"X-Site": "barn"})
    link.open()
    post(link, 1)
    headers, _ = receiver.requests[0]
    assert (headers["X-Site"], headers["Authorization"]) == ("barn", "Basic YW5uOnBAc3M=")


def test_a_key_has_no_character_that_a_header_may_not_have(receiver: Receiver, linked: Callable[..., Any]) -> None:
    link = linked(receiver.port)
    link.open()
    link.send(letter(1, "mic\r\nX-Evil: 1 \u2603"))
    headers, _ = receiver.requests[0]
    assert headers["Idempotency-Key"] == "mic%0D%0AX-Evil: 1 %E2%98%83"
    assert headers["X-Evil"] is None


@pytest.mark.parametrize("status", [400, 409, 413, 415, 422, 431, 451])
def test_what_is_wrong_with_the_event_is_refused(receiver: Receiver, linked: Callable[..., Any], status: int) -> None:
    receiver.answers = [(status, {})]
    link = linked(receiver.port)
    link.open()
    with pytest.raises(Refused, match=f"^http://127.0.0.1:{receiver.port}/...: it answers {status} "):
        link.send(letter())
    assert post(link, 2) == [2]
    assert receiver.connections == 1


@pytest.mark.parametrize(
    ("status", "headers", "text", "retry_after_s", "suspect"),
    [
        (401, {}, "401 Unauthorized; is the password right?", None, False),
        (403, {}, "403 Forbidden; may flowrun send here?", None, True),
        (404, {}, "404 Not Found; is the url right?", None, False),
        (410, {}, "410 Gone; is the url right?", None, False),
        (408, {}, "408 Request Timeout", None, False),
        (425, {}, "425 Too Early", None, False),
        (429, {"Retry-After": "120"}, "429 Too Many Requests", 120.0, False),
        (500, {}, "500 Internal Server Error", None, True),
        (503, {"Retry-After": "Thu, 01 Jan 2026 00:01:30 GMT"}, "503 Service Unavailable", 90.0, False),
        (
            301,
            {"Location": "https://other.example/TOKEN"},
            "it has moved to other.example; change the url",
            None,
            False,
        ),
        (307, {"Location": "/elsewhere"}, "it has moved; change the url", None, False),
    ],
)
def test_what_is_wrong_with_the_receiver_lets_the_event_wait(
    receiver: Receiver,
    linked: Callable[..., Any],
    status: int,
    headers: dict[str, str],
    text: str,
    retry_after_s: float | None,
    suspect: bool,
) -> None:
    receiver.answers = [(status, headers)]
    link = linked(receiver.port)
    link.open()
    with pytest.raises(Unreachable, match=r".*") as failed:
        link.send(letter())
    assert str(failed.value).endswith(text)
    assert (failed.value.retry_after_s, failed.value.suspect) == (retry_after_s, suspect)
    assert "TOKEN" not in str(failed.value)
    assert len(receiver.requests) == 1


def test_a_redirect_is_never_followed(receiver: Receiver, linked: Callable[..., Any]) -> None:
    elsewhere = Receiver()
    receiver.answers = [(status, {"Location": f"http://127.0.0.1:{elsewhere.port}/"}) for status in (302, 307, 308)]
    link = linked(receiver.port)
    for _ in range(3):
        link.open()
        with pytest.raises(Unreachable, match="it has moved to"):
            link.send(letter())
    assert elsewhere.requests == []
    elsewhere.close()


def test_a_connection_that_was_closed_while_idle_is_made_anew(proxy: FaultProxy, linked: Callable[..., Any]) -> None:
    link = linked(proxy.port)
    link.open()
    assert post(link, 1) == [1]
    proxy.cut()
    assert post(link, 2) == [2]
    assert proxy.connections == 2


def test_a_receiver_that_wants_no_kept_connection_gets_a_new_one_each_time(
    receiver: Receiver, linked: Callable[..., Any]
) -> None:
    receiver.answers = [(200, {"Connection": "close"}), (200, {"Connection": "close"})]
    link = linked(receiver.port)
    link.open()
    assert post(link, 1, 2) == [1, 2]
    assert receiver.connections == 2


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (lambda proxy: proxy.half_open(), "it does not answer in time"),
        (lambda proxy: proxy.garbage(), "it does not speak HTTP"),
        (lambda proxy: setattr(proxy, "delay_s", 2.0), "it does not answer in time"),
        (lambda proxy: proxy.slow(20), "it does not answer in time"),
        (lambda proxy: proxy.refuse(), "Connection refused"),
    ],
    ids=["half-open", "garbage", "delay", "slow", "refuse"],
)
def test_each_fault_of_the_network_lets_the_event_wait_and_passes(
    proxy: FaultProxy, receiver: Receiver, linked: Callable[..., Any], fault: Callable[[FaultProxy], None], text: str
) -> None:
    link = linked(proxy.port, timeout_s=1.0)
    link.open()
    assert post(link, 1) == [1]
    fault(proxy)
    with pytest.raises(Unreachable, match=text):
        link.send(letter(2))
    link.close()
    proxy.heal()
    link.open()
    assert post(link, 2, 3) == [2, 3]
    assert receiver.came[0] == "e1"
    assert list(dict.fromkeys(receiver.came)) == ["e1", "e2", "e3"]


def test_a_receiver_that_is_not_there_is_known_before_a_letter_is_sent(
    proxy: FaultProxy, linked: Callable[..., Any]
) -> None:
    proxy.refuse()
    with pytest.raises(Unreachable, match="Connection refused") as failed:
        linked(proxy.port, "/TOKEN?key=TOKEN").open()
    assert "TOKEN" not in str(failed.value)
    assert not failed.value.suspect


def test_private_addresses_are_refused_if_wanted_whatever_their_name(
    receiver: Receiver, linked: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for url in (f"http://127.0.0.1:{receiver.port}/", f"http://localhost:{receiver.port}/", "http://[::1]/"):
        with pytest.raises(Unreachable, match=r"a private address, and allow_private is false"):
            linked(0, url=url, allow_private=False).open()
    assert receiver.connections == 0


def test_the_address_that_was_checked_is_the_one_connected_to() -> None:
    answers = [
        [(2, 1, 6, "", ("93.184.216.34", 80)), (2, 1, 6, "", ("10.0.0.1", 80))],
        [(2, 1, 6, "", ("10.0.0.1", 80))],
    ]

    def resolve(*_: object, **__: object) -> Any:  # a name that means another address each time
        return answers.pop(0)

    assert address_guard.addresses("rebind.example", 80, private=False, resolve=resolve) == ["93.184.216.34"]
    with pytest.raises(address_guard.Forbidden, match=r"rebind.example is 10.0.0.1"):
        address_guard.addresses("rebind.example", 80, private=False, resolve=resolve)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of localhost, with its key, that signs itself."""
    import subprocess

    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2"]
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-x509"]
    subprocess.run(
        ["openssl", "req", *kind, *subject, "-keyout", str(path.with_suffix(".key")), "-out", str(path)],
        check=True,
        capture_output=True,
    )
    return path


def test_a_certificate_is_verified_and_the_name_in_it_too(
    certificate: Path, linked: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    receiver = Receiver(context)
    try:
        with pytest.raises(Unreachable, match="its certificate is not trusted: self-signed certificate"):
            linked(0, url=f"https://localhost:{receiver.port}/").open()
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        with pytest.raises(Unreachable, match=r"its certificate is not trusted: .*127.0.0.1"):
            linked(0, url=f"https://127.0.0.1:{receiver.port}/").open()
        link = linked(0, url=f"https://localhost:{receiver.port}/")
        link.open()
        assert post(link, 1, 2, 3) == [1, 2, 3]
        assert receiver.came == ["e1", "e2", "e3"]
        assert len({id(headers) for headers, _ in receiver.requests}) == 3
    finally:
        receiver.close()


@pytest.mark.parametrize(
    ("options", "option", "text"),
    [
        ({"url": "ftp://host/"}, "url", "url must begin with http:// or https://"),
        ({"url": "https://:443/"}, "url", "url has no host"),
        ({"url": "https://host:KEY/"}, "url", "url has a host or port that cannot be read"),
        ({"url": "https://host/a b"}, "url", "url has a blank or another character that must be written as %XX"),
        ({"url": "https://host/#KEY"}, "url", "url must not have a part behind '#'"),
        ({"url": "https://host/", "headers": {"Host": "x"}}, "headers", "headers: 'Host' is set by flowrun"),
        ({"url": "https://host/", "headers": {"A B": "x"}}, "headers", "headers: 'A B' is no name of a header"),
        (
            {"url": "https://host/", "headers": {"A": "KEY\r\n"}},
            "headers",
            "headers: the value of 'A' has a character that no header may have",
        ),
    ],
)
def test_what_cannot_work_is_told_before_anything_runs(options: dict[str, Any], option: str, text: str) -> None:
    with pytest.raises(Mismatch) as wrong:
        spec_of(webhook).info(**{"headers": None, **options})
    assert str(wrong.value) == text
    assert wrong.value.path == (option,)
    assert "KEY" not in str(wrong.value)


def test_events_arrive_in_order_through_whatever_the_network_does(proxy: FaultProxy, receiver: Receiver) -> None:
    run, events = Alone(), Subject[Event]()
    ends: list[str] = []
    webhook(events, url=f"http://127.0.0.1:{proxy.port}/", timeout_s=0.3, run=run).subscribe(
        on_completed=lambda: ends.append("end")
    )
    for number in range(300):
        if number in (100, 200):
            proxy.cut()
        events.on_next(Event(f"e{number}", "mic", "Glass", 0.5, number, number + 1.0))
    run.left_s = lambda: 20.0  # type: ignore[method-assign]
    events.on_completed()
    assert list(dict.fromkeys(receiver.came)) == [f"e{number}" for number in range(300)]
    assert ends == ["end"]
