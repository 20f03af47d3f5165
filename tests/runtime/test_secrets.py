"""A secret is in nothing that leaves flowrun but where it is meant to go, wherever in the flow it comes from."""

from __future__ import annotations

import json
import logging
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import pytest
import reactivex
from reactivex import Observable

from flowrun.models.outbox.letter import Letter, Limits
from flowrun.operators._delivery.delivery import deliver
from flowrun.operators._delivery.link import Refused
from flowrun.operators.sinks._page_server import Pages, PageServer
from flowrun.runtime import cli, discovery
from flowrun.runtime.language.load import load
from flowrun.runtime.linting import lint
from flowrun.schemas.kernel import Sink, write_to
from flowrun.schemas.parameters import Field
from flowrun.schemas.ports import Audio, Event
from flowrun.schemas.redaction import hide
from flowrun.schemas.run import Alone, Run
from flowrun.schemas.spec import operator, spec_of

SECRET = "Tr0ub4dor & 3"
FLOW = """
name: planted
vars: {beep: BEEP, shared: "${file:FOLDER/secret}", bearer: "Bearer ${ONLY}"}
steps:
  file: {use: audio_file, path: $beep}
  hook:
    use: leaky
    from: file
    token: %s
    headers: {Authorization: "Bearer ${TOKEN}", Other: $bearer}
    url: "https://ann:${QUOTED}@127.0.0.1:1/hook?key=${QUOTED}"
    on_error: {to: dead}
  dead: {use: jsonl, path: FOLDER/dead.jsonl}
  metrics: {use: prometheus, from: file, port: 0}
"""


@operator
def leaky(
    audio: Observable[Audio],
    *,
    token: Annotated[str, Field(secret=True)],
    headers: Annotated[dict[str, str] | None, Field(secret=True)] = None,
    url: str = "",
    fail: bool = False,
    run: Run,
) -> Sink:
    """Tell all it knows, as libraries do.

    Args:
        token: A secret.
        headers: More of them.
        url: With a password.
        fail: At the end.
    """
    log = logging.getLogger("flowrun.leaky")
    bare = [header.removeprefix("Bearer ") for header in (headers or {}).values()]
    said = f"{token} {' '.join((headers or {}).values())} {' '.join(bare)} {url}"

    class Writer:
        def write(self, block: Audio) -> None:
            run.warn(said)
            run.state("failing", said)
            log.info("with %s", url)
            logging.getLogger("a_library").warning("with %s", said)
            try:
                raise ValueError(said)
            except ValueError:
                log.exception("it failed with %s", token)
            raise OSError(5, "refused", said)

        def close(self) -> None:
            if fail:
                raise RuntimeError(said)

        def abort(self) -> None:
            run.warn(said)

    return write_to(audio, Writer)


@operator
def alarm() -> Observable[Event]:
    """Give one event."""
    return reactivex.of(Event("e1", "mic", "Glass", 0.5, 1.0, 2.0))


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Path]]:
    """A function that writes the flow, and the secret where it comes from; afterwards the process is as it was."""
    ours = discovery.find
    monkeypatch.setattr(discovery, "find", lambda name: spec_of(leaky) if name == "leaky" else ours(name))
    (tmp_path / "secret").write_text(SECRET)
    for name, value in (
        ("TOKEN", SECRET),
        ("ONLY", "only-Tr0ub4dor-here"),
        ("QUOTED", quote(SECRET)),
        ("CREDENTIALS_DIRECTORY", str(tmp_path)),
    ):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("FLOWRUN_STATE", str(tmp_path / "state"))
    beep = Path(__file__).parents[1] / "flows" / "good" / "beep.wav"

    def plant(token: str, *more: str) -> Path:
        path = tmp_path / "planted.yaml"
        text = FLOW.replace("BEEP", str(beep)).replace("FOLDER", str(tmp_path)) % token
        path.write_text(text.replace("    url:", "".join(f"    {line}\n" for line in more) + "    url:"))
        return path

    signals = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    hook, logger = threading.excepthook, logging.getLogger("flowrun")
    handlers, level, propagate = logger.handlers, logger.level, logger.propagate
    yield plant
    for number, handler in signals.items():
        signal.signal(number, handler)
    threading.excepthook = hook
    logger.handlers, logger.level, logger.propagate = handlers, level, propagate


def leaks(text: str) -> list[str]:
    """Return the lines of *text* with the secret in them, in whatever form."""
    forms = (SECRET, quote(SECRET), quote(SECRET, safe=""), json.dumps(SECRET)[1:-1], "Tr0ub4dor")
    return [line for line in text.splitlines() if any(form in line for form in forms)]


PLACES = [
    "${file:FOLDER/secret}",
    "${credential:secret}",
    "${TOKEN}",
    "$shared",
    "${UNSET:-Tr0ub4dor & 3}",
    "Tr0ub4dor & 3",
]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "command",
    [
        ["run", "--log-level", "debug"],
        ["run", "--log-level", "debug", "--log-format", "json", "--json"],
        ["check"],
        ["check", "--json"],
        ["graph"],
        ["graph", "--format", "dot"],
        ["graph", "--json"],
    ],
    ids=" ".join,
)
def test_no_output_of_a_command_has_it(
    place: str, command: list[str], planted: Callable[..., Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = planted(json.dumps(place.replace("FOLDER", str(tmp_path))))
    assert cli.main([command[0], str(path), *command[1:]]) == 0
    out, err = capfd.readouterr()
    assert leaks(out) == leaks(err) == []
    if command[0] == "run":
        assert "***" in err  # it was told of, and hidden
        dead = (tmp_path / "dead.jsonl").read_text()
        assert "refused" in dead
        assert leaks(dead) == []


@pytest.mark.parametrize("more", [["fail: true"], ["nosuch: 1"], ["fail: $shared"], ["fail: '${credential:nosuch}'"]])
def test_no_error_has_it(more: list[str], planted: Callable[..., Path], capfd: pytest.CaptureFixture[str]) -> None:
    path = planted("Tr0ub4dor & 3", *more)
    assert cli.main(["run", str(path), "--log-level", "debug", "--json"]) != 0
    out, err = capfd.readouterr()
    assert err
    assert leaks(out) == leaks(err) == []


def test_a_fault_of_ours_has_a_traceback_without_it(
    planted: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(flow: object) -> None:
        raise KeyError(SECRET)

    monkeypatch.setattr("flowrun.runtime.commands.run.warn", broken)
    assert cli.main(["run", str(planted("${TOKEN}"))]) == 1
    err = capfd.readouterr().err
    assert "Traceback" in err
    assert leaks(err) == []


def test_no_page_and_no_metric_has_it(planted: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    pages: dict[str, bytes] = {}

    class Server(PageServer):
        def __init__(self, host: str, port: int, served: Pages) -> None:
            super().__init__(host, port, served)
            self._pages = served

        def close(self) -> None:
            pages.update({path: make("")[2] for path, make in self._pages.items()})
            super().close()

    monkeypatch.setattr("flowrun.operators.sinks._page_server.PageServer", Server)
    assert cli.main(["run", str(planted("${TOKEN}")), "--quiet"]) == 0
    assert set(pages) == {"/metrics", "/ready", "/healthz"}
    assert b'step="hook"' in pages["/metrics"]
    assert leaks("\n".join(page.decode() for page in pages.values())) == []


def test_no_recording_has_it(planted: Callable[..., Path], tmp_path: Path) -> None:
    path = planted("Tr0ub4dor & 3")
    to = tmp_path / "recording"
    setting = f"steps.hook.token={SECRET}"
    assert cli.main(["record", str(path), "--to", str(to), "--set", setting, "--quiet"]) == 0
    for file in to.rglob("*"):
        assert leaks(file.read_bytes().decode("latin-1") if file.is_file() else "") == [], file


def test_no_outbox_has_it(
    planted: Callable[..., Path], tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("apprise")
    path = planted("${TOKEN}")
    urls = '["json://ann:${QUOTED}@127.0.0.1:1/?retry=0"]'
    path.write_text(f"steps:\n  alarm: {{use: alarm}}\n  notify: {{use: notify, urls: {urls}}}\n")
    ours = discovery.find
    monkeypatch.setattr(discovery, "find", lambda name: spec_of(alarm) if name == "alarm" else ours(name))
    assert cli.main(["run", str(path), "--grace-s", "1", "--log-level", "debug"]) == 0
    files = [file for file in (tmp_path / "state").rglob("*") if file.is_file()]
    assert any(b"Glass" in file.read_bytes() for file in files)  # it waits for the receiver
    assert [leaks(file.read_bytes().decode("latin-1")) for file in files] == [[]] * len(files)
    err = capfd.readouterr().err
    assert "127.0.0.1" in err
    assert leaks(err) == []


def test_no_dead_letter_has_it(tmp_path: Path) -> None:
    class Refusing:
        window = 1

        def open(self) -> None:
            """It is open."""

        def send(self, letter: Letter) -> None:
            raise Refused(f"400: the signature of {SECRET} is wrong")

        def acknowledged(self, timeout_s: float) -> list[tuple[int, Refused | None]]:
            return []

        def idle(self) -> None:
            """It stays open."""

        def close(self) -> None:
            """It is closed."""

    class Kept(Alone):
        state_folder = tmp_path

        def left_s(self) -> float:
            return 30.0

    hide(SECRET)
    run = Kept()
    deliver(alarm(), Refusing, run, limits=Limits()).subscribe()
    assert run.delivery().dead == 1
    kept = "".join(file.read_bytes().decode("latin-1") for file in tmp_path.rglob("*") if file.is_file())
    assert "400: the signature of *** is wrong" in kept
    assert leaks(kept) == []


@pytest.mark.parametrize(
    ("token", "settings", "said"),
    [
        ("Tr0ub4dor", (), "step 'hook': token is a secret, and stands as it is in the flow"),
        ("'${UNSET:-Tr0ub4dor}'", (), "step 'hook': token is a secret, and stands as it is in the flow"),
        ("$beep", (), "step 'hook': token is a secret, and stands as it is in the flow"),
        (
            "'${TOKEN}'",
            ("steps.hook.token=x",),
            "step 'hook': token is a secret, and stands on the command line, where",
        ),
        ("'${TOKEN}'", ("steps.hook.url=ws://ann:pw@h",), "step 'hook': url holds a password or token, and stands on"),
        ("'${TOKEN}'", (), ""),
        ("'${credential:secret}'", (), ""),
        ("$shared", (), ""),
    ],
)
def test_a_secret_that_anybody_can_read_is_warned_of(
    token: str, settings: tuple[str, ...], said: str, planted: Callable[..., Path]
) -> None:
    found = [problem for problem in lint(load(planted(token), settings)) if problem.rule == "secret"]
    assert [problem.severity for problem in found] == (["warning"] if said else [])
    assert all(problem.message.startswith(said) and "${credential:NAME}" in problem.remedy for problem in found)
