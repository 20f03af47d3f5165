"""Events through the outbox into a real Mosquitto: how many in a second, and how late each is with its subscriber.

Events come at a steady rate, by the clock, for `--seconds`; then as many as fast as they go. `mosquitto_sub` says when
it has received each. Broker, subscriber and outbox share the machine.
"""

from __future__ import annotations

from measure import Row, options, report

# isort: split
import getpass
import re
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reactivex.subject import Subject

from flowrun.operators.sinks.mqtt import mqtt
from flowrun.schemas.ports import Event
from flowrun.schemas.run import Alone

RATE = 1000  # events/s
HEARD = re.compile(r"^(\d+\.\d+) .*\"id\":\"e(\d+)\"")


class Running(Alone):
    """A run that waits until all is delivered."""

    def left_s(self) -> float:
        """Return a long time."""
        return 600.0


@contextmanager
def broker(folder: Path) -> Iterator[int]:
    """Run Mosquitto; yield its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    config = folder / "mosquitto.conf"
    lines = [f"listener {port} 127.0.0.1", "allow_anonymous true", f"user {getpass.getuser()}", "max_queued_messages 0"]
    config.write_text("\n".join([*lines, ""]))
    with subprocess.Popen(["mosquitto", "-c", str(config)], stderr=subprocess.DEVNULL) as process:
        try:
            while socket.socket().connect_ex(("127.0.0.1", port)):
                time.sleep(0.05)
            yield port
        finally:
            process.terminate()


@contextmanager
def subscriber(port: int, path: Path) -> Iterator[None]:
    """Note when which event was received, in the file at *path*."""
    command = ["mosquitto_sub", "-p", str(port), "-q", "1", "-t", "bench/event", "-F", "%U %p"]
    with path.open("w") as out, subprocess.Popen(["stdbuf", "-oL", *command], stdout=out) as process:
        time.sleep(0.5)  # for it to subscribe
        try:
            yield
        finally:
            time.sleep(0.5)  # for what is on its way
            process.terminate()


def played(version: int | str, count: int, rate: float) -> tuple[float, list[float]]:
    """Send events; return how many of them arrived in a second, and how late each was, s.

    Raises:
        SystemExit: not all arrived, or not in order.
    """
    with tempfile.TemporaryDirectory() as place, broker(Path(place)) as port:
        heard = Path(place) / "heard"
        with subscriber(port, heard):
            events: Subject[Event] = Subject()
            mqtt(events, url=f"mqtt://127.0.0.1:{port}", topic="bench", version=version, run=Running()).subscribe()
            given, began = [], time.time()
            for number in range(count):
                time.sleep(max(0.0, began + number / rate - time.time()))
                given.append(time.time())
                events.on_next(Event(f"e{number}", "mic", "Glass", 0.9, 1.0, 2.5))
            events.on_completed()
        found = [HEARD.match(line) for line in heard.read_text().splitlines()]
        arrived = [(int(match[2]), float(match[1])) for match in found if match]
    if [number for number, _ in arrived] != list(range(count)):
        raise SystemExit(f"of {count} events {len(arrived)} arrived, or they were not in order")
    late = [at - given[number] for number, at in arrived]
    return count / (arrived[-1][1] - given[0]), late


def main() -> None:
    """Measure."""
    if not (shutil.which("mosquitto") and shutil.which("mosquitto_sub")):
        raise SystemExit("mosquitto and mosquitto-clients are needed")
    given = options(seconds=20.0)
    count = round(RATE * given.seconds)
    rows = []
    for version in (5, "3.1.1"):
        rate, late = played(version, count, RATE)
        name, what = f"mqtt {version}", f"{count} events, {RATE} a second"
        rows.append(Row(name, f"{what}: arrive", rate, "events/s", f"> {0.99 * RATE:g}"))
        rows.append(Row(name, f"{what}: late, median", 1e3 * statistics.median(late), "ms"))
        rows.append(Row(name, f"{what}: late, 99 of 100", 1e3 * statistics.quantiles(late, n=100)[-1], "ms"))
        rate, _ = played(version, count, float("inf"))
        rows.append(Row(name, f"{count} events at once: arrive", rate, "events/s", f"> {RATE}"))
    report(rows, given)


if __name__ == "__main__":
    main()
