"""People are told of each event, of many in one message, and of none twice where that can be helped."""

from __future__ import annotations

import email
import json
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from flowrun.models.outbox.letter import Letter
from flowrun.operators._delivery.link import Unreachable
from flowrun.operators.sinks._message import Templates, check_template, local
from flowrun.operators.sinks._notification import MINUTE_S, Notification, services_of
from flowrun.schemas.errors import DeliveryError
from flowrun.schemas.event import as_json
from flowrun.schemas.ports import Event
from flowrun.schemas.stream_info import Mismatch

pytest.importorskip("apprise", reason="Apprise is not installed: uv sync --extra notify")
HEARD_AT = datetime(2026, 11, 1, 12, 0, 0, tzinfo=UTC)
TEMPLATES = Templates("{label}!", "{time} in {stream}, score {score:.2f}")


class Phone:
    """A server of ntfy's kind: keeps what is posted to it; `status` is what it answers."""

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []
        self.status = 200
        phone = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if phone.status == 200:
                    attached = "filename=" in self.path
                    phone.got.append({"file": body} if attached else json.loads(body))
                self.send_response(phone.status)
                self.end_headers()
                self.wfile.write(b'{"id":"1"}')

            do_PUT = do_POST

            def log_message(self, format: str, *args: Any) -> None:
                """It is quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"ntfy://ann:hunter22@127.0.0.1:{self.server.server_port}/alerts?retry=0"
        Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def titles(self) -> list[str]:
        return [got["title"] for got in self.got]


class Clock:
    """A clock that goes when somebody waits."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Apprise rests some seconds between two messages to the same service."""
    monkeypatch.setattr("apprise.plugins.ntfy.NotifyNtfy.request_rate_per_sec", 0)


@pytest.fixture
def phones() -> Iterator[Callable[[], Phone]]:
    """A function that starts a server."""
    started: list[Phone] = []

    def start() -> Phone:
        started.append(Phone())
        return started[-1]

    yield start
    for phone in started:
        phone.server.shutdown()
        phone.server.server_close()


def letter(number: int, label: str = "Glass", **more: Any) -> Letter:
    event = Event(f"e{number}", "mic", label, 0.875, number, number + 1.0, HEARD_AT.replace(second=number), **more)
    return Letter(number, event.id, as_json(event).encode(), HEARD_AT)


def linked(*phones: Phone, at_most: int = 5, attach: bool = False) -> tuple[Notification, Clock]:
    clock = Clock()
    services = services_of([phone.url for phone in phones])
    return Notification(services, TEMPLATES, at_most, attach, clock, clock.wait), clock


def test_an_event_is_a_message_from_the_templates(phones: Callable[[], Phone]) -> None:
    phone = phones()
    link, _ = linked(phone)
    link.send(letter(1))
    assert list(link.acknowledged(0.0)) == [(1, None)]
    (got,) = phone.got
    assert (got["topic"], got["title"]) == ("alerts", "Glass!")
    assert got["message"] == f"{local('2026-11-01T12:00:01Z')} in mic, score 0.88"
    assert "icon" not in got  # which people's phones would fetch from elsewhere


def test_what_is_more_than_at_most_waits_for_the_minute_and_is_one_message(phones: Callable[[], Phone]) -> None:
    phone = phones()
    link, clock = linked(phone, at_most=2)
    for number in range(1, 7):
        link.send(letter(number, "Dog" if number == 6 else "Glass"))
    assert [number for number, _ in link.acknowledged(1.0)] == [1, 2]
    assert list(link.acknowledged(MINUTE_S - 1.0)) == []
    assert clock.now == 1000.0 + MINUTE_S - 1.0
    assert [number for number, _ in link.acknowledged(5.0)] == [3, 4, 5, 6]
    assert clock.now == 1000.0 + MINUTE_S
    assert phone.titles == ["Glass!", "Glass!", "and 4 more: 3 Glass, 1 Dog"]
    times = f"from {local('2026-11-01T12:00:03Z')} to {local('2026-11-01T12:00:06Z')}"
    assert phone.got[-1]["message"] == f"{times}, in mic"


def test_at_the_end_nothing_waits(phones: Callable[[], Phone]) -> None:
    phone = phones()
    link, clock = linked(phone, at_most=1)
    link.finish()
    for number in (1, 2, 3):
        link.send(letter(number))
    assert [number for number, _ in (*link.acknowledged(1.0), *link.acknowledged(1.0))] == [1, 2, 3]
    assert phone.titles == ["Glass!", "and 2 more: 2 Glass"]
    assert clock.now == 1000.0


def test_a_summary_names_the_commonest_labels() -> None:
    events = [json.loads(letter(1, label).body) for label in "aaabbcdefg"]
    assert TEMPLATES.of_many(events)[0] == "and 10 more: 3 a, 2 b, 1 c, 1 d, 1 e, 2 of other kinds"


def test_one_that_had_to_wait_is_told_as_it_is(phones: Callable[[], Phone]) -> None:
    phone = phones()
    link, _ = linked(phone, at_most=1)
    link.send(letter(1))
    link.send(letter(2, "Dog"))
    link.acknowledged(0.0)
    assert [number for number, _ in link.acknowledged(MINUTE_S)] == [2]
    assert phone.titles == ["Glass!", "Dog!"]


def test_only_who_was_not_reached_is_told_again(phones: Callable[[], Phone]) -> None:
    well, ill = phones(), phones()
    link, _ = linked(well, ill)
    ill.status = 503
    with pytest.raises(Unreachable, match=r"ntfy: .*503") as failed:
        link.send(letter(1))
    assert "hunter22" not in str(failed.value)
    link.open()
    assert list(link.acknowledged(0.0)) == []
    ill.status = 200
    link.send(letter(1))
    assert list(link.acknowledged(0.0)) == [(1, None)]
    assert (len(well.got), len(ill.got)) == (1, 1)


def test_nothing_but_a_told_message_counts_for_at_most(phones: Callable[[], Phone]) -> None:
    phone = phones()
    link, _ = linked(phone, at_most=1)
    phone.status = 500
    for _ in range(3):
        link.open()
        with pytest.raises(Unreachable):
            link.send(letter(1))
    phone.status = 200
    link.open()
    link.send(letter(1))
    assert list(link.acknowledged(0.0)) == [(1, None)]


def test_the_clip_goes_with_it_if_it_is_there(phones: Callable[[], Phone], tmp_path: Path) -> None:
    clip = tmp_path / "a clip, 50%?.wav"
    clip.write_bytes(b"RIFF")
    phone = phones()
    link, _ = linked(phone, attach=True)
    link.send(letter(1, clip=str(clip)))
    link.send(letter(2, clip=str(tmp_path / "gone.wav")))
    attached = [got for got in phone.got if "file" in got]
    assert attached == [{"file": b"RIFF"}]
    assert [number for number, _ in link.acknowledged(0.0)] == [1, 2]


def test_an_e_mail_has_the_title_as_its_subject_and_the_clip(tmp_path: Path) -> None:
    from aiosmtpd.controller import Controller
    from aiosmtpd.smtp import SMTP, Envelope, Session

    came: list[Message] = []

    class Mailbox:
        async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
            came.append(email.message_from_bytes(envelope.original_content or b""))
            return "250 OK"

    clip = tmp_path / "clip.wav"
    clip.write_bytes(b"RIFF")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    mail = Controller(Mailbox(), hostname="127.0.0.1", port=port)
    mail.start()
    try:
        url = f"mailto://127.0.0.1:{port}?to=ann@example.org&from=flowrun@example.org&mode=insecure"
        link = Notification(services_of([url]), TEMPLATES, 5, True)
        link.send(letter(1, clip=str(clip)))
        assert list(link.acknowledged(0.0)) == [(1, None)]
    finally:
        mail.stop()
    (message,) = came
    assert (message["Subject"], message["To"]) == ("Glass!", "ann@example.org")
    parts = {part.get_content_type(): part for part in message.walk()}
    assert "in mic, score 0.88" in str(parts["text/plain"].get_payload(decode=True))
    assert [part.get_payload(decode=True) for part in message.walk() if part.get_filename()] == [b"RIFF"]


def test_an_address_that_nobody_knows_is_not_shown() -> None:
    with pytest.raises(DeliveryError) as failed:
        services_of(["ntfy://alerts", "nfty://ann:hunter22@host"])
    assert str(failed.value) == "urls.1 (nfty://...) is no address that Apprise can send to"


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{lable}", "no field 'lable'"),
        ("{label.__class__}", "no field 'label.__class__'"),
        ("{label", "expected '}'"),
        ("{0}", "no field '0'"),
        ("{}", "no field ''"),
        ("{score:d}", "Unknown format code 'd'"),
        ("{heard_at:%H}", "heard_at is text and takes no format"),
    ],
)
def test_a_template_that_cannot_be_filled_in_is_refused(template: str, said: str) -> None:
    with pytest.raises(Mismatch, match=r"^title") as failed:
        check_template("title", template)
    assert said in str(failed.value)


def test_what_is_not_known_of_an_event_is_left_empty() -> None:
    event = json.loads(as_json(Event("1", "a.wav", "Glass", 0.5, 1.0, 2.0)))
    assert Templates("{label}{clip}", "{time}at {start_s:.0f} s").of(event) == ("Glass", "at 1 s")
