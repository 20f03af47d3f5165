"""What it costs to keep events until they are delivered, and whether any is lost when the process is killed."""

from __future__ import annotations

from measure import Row, options, report  # before NumPy

# isort: split
import json
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from flowrun.models.outbox.letter import Limits
from flowrun.models.outbox.outbox import Outbox
from flowrun.schemas.event import as_json
from flowrun.schemas.health import Delivery
from flowrun.schemas.ports import Event

# Puts events until all are put, telling now and then up to which one they are durable, and ends when all are delivered.
CHILD = """
import sys
from pathlib import Path
from reactivex.subject import Subject
from flowrun.operators.sinks.webhook import webhook
from flowrun.schemas.ports import Event
from flowrun.schemas.run import Alone

folder, url, first, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
run, events = Alone("hook"), Subject()
run.state_folder = Path(folder)
run.left_s = lambda: 60.0
webhook(events, url=url, timeout_s=2.0, run=run).subscribe(on_completed=lambda: print("end", flush=True))
box = run.share("outbox", lambda: None).boxes["hook"]
for number in range(first, count):
    events.on_next(Event(f"e{number}", "mic", "Glass", 0.5, number, number + 1.0))
    if number % 5 == 4 and box.flush(10.0):
        print(number, flush=True)
events.on_completed()
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of events whose sender was killed; repeats: how many came once more. disordered: came too early."""

    lost: int
    disordered: int
    repeats: int
    strangers: int


class Receiver:
    """A web server on a port that is its own from the beginning, and where it listens from `begin` on."""

    def __init__(self) -> None:
        self.came: list[str] = []
        came = self.came

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                came.append(json.loads(body)["id"])
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler, bind_and_activate=False)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]  # of a sender that was killed
        self._server.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._server.socket.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.socket.getsockname()[1]}/"

    def begin(self) -> None:
        """Listen."""
        self._server.server_activate()
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """End."""
        self._server.shutdown()
        self._server.server_close()


def killed(count: int, kills: int, seed: int = 1) -> Outcome:
    """Send *count* events, kill the sender so often at random moments, half of them with the receiver down."""
    draw = random.Random(seed)
    moments = sorted(draw.randrange(count) for _ in range(kills))  # how far it has come when it is killed
    receiver = Receiver()
    durable = -1
    with tempfile.TemporaryDirectory() as folder:
        for life, moment in enumerate([*moments, None]):
            if life == kills // 2:
                receiver.begin()
            arguments = [sys.executable, "-c", CHILD, folder, receiver.url, str(durable + 1), str(count)]
            with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as child:
                assert child.stdout
                for line in child.stdout:
                    durable = durable if line == "end\n" else int(line)
                    if moment is not None and durable >= moment:
                        time.sleep(draw.uniform(0, 0.005))
                        child.kill()
    receiver.close()
    expected = [f"e{number}" for number in range(count)]
    order = list(dict.fromkeys(receiver.came))
    return Outcome(
        lost=len(set(expected) - set(order)),
        disordered=sum(came != name for came, name in zip(order, expected, strict=False)),
        repeats=len(receiver.came) - len(order),
        strangers=len(set(order) - set(expected)),
    )


def durable_ms(count: int, per_s: float) -> float:
    """Return the median time from an event to its being on the disk, ms, where so many come in a second."""
    took = []
    with tempfile.TemporaryDirectory(dir=Path.home()) as folder:
        box = Outbox(Path(folder) / "bench.outbox", print).box("hook", Limits(), Delivery(), print)
        begin = time.perf_counter()
        for number in range(count):
            time.sleep(max(0.0, begin + number / per_s - time.perf_counter()))
            event = Event(f"e{number}", "mic", "Glass", 0.5, number, number + 1.0)
            began = time.perf_counter()
            box.put(event.id, as_json(event).encode())
            box.flush(10.0)
            took.append(1000 * (time.perf_counter() - began))
        box.close()
    return statistics.median(took)


def per_second(count: int) -> tuple[float, float]:
    """Return how many events are put and made durable in a second, and, of these, read, taken and removed."""
    with tempfile.TemporaryDirectory(dir=Path.home()) as folder:
        box = Outbox(Path(folder) / "bench.outbox", print).box("hook", Limits(), Delivery(), print)
        event = Event("e", "mic", "Glass", 0.5, 0.0, 1.0)
        began = time.perf_counter()
        for _ in range(count):
            box.put(event.id, as_json(event).encode())
        box.flush(60.0)
        put_s = time.perf_counter() - began
        began, last = time.perf_counter(), 0
        while letters := box.after(last, 100):
            for letter in letters:
                box.take_out(letter)
            last = letters[-1].number
        box.flush(60.0)
        taken_s = time.perf_counter() - began
        box.close()
    return count / put_s, count / taken_s


def main() -> None:
    """Measure."""
    given = options(events=10_000, kills=20)
    put, taken = per_second(given.events)
    outcome = killed(given.events, given.kills)
    what = f"of {given.events:,} events, the process killed {given.kills} times"
    report(
        [
            Row("outbox", "from an event to the disk, one at a time", durable_ms(300, 50), "ms", "< 2 ms"),
            Row("outbox", "from an event to the disk, 200/s", durable_ms(1000, 200), "ms", "< 2 ms"),
            Row("outbox", "put and durable", put, "events/s", "> 1,000"),
            Row("outbox", "read, taken, removed", taken, "events/s", "> 1,000"),
            Row("outbox", f"lost {what}", outcome.lost, "events", "0"),
            Row("outbox", f"out of order {what}", outcome.disordered, "events", "0"),
            Row("outbox", f"came again {what}", outcome.repeats, "events"),
        ],
        given,
    )


if __name__ == "__main__":
    main()
