"""What the web page costs a flow that listens: nobody looks, some look, and some sockets are dead.

Sound is written into `pipe` by the clock. In turns nobody looks and `--browsers` do; `--dead` of them read no byte,
the others are another process. `--seconds` is how long a turn lasts, `--rounds` how many turns of each there are.
"""

from __future__ import annotations

from measure import Row, flowrun, options, report  # before NumPy

# isort: split
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

from live import ALERTS, CHUNK_S, RATE_HZ, WINDOW_S, events, memory_mb, processor_s, sound

STEPS = ALERTS.replace("MODEL", "listener")
HANDSHAKE = (
    b"GET /api/v1/live HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
BROWSERS = """
import asyncio, sys
from websockets.asyncio.client import connect
async def look():
    async with connect(f"ws://127.0.0.1:{sys.argv[1]}/api/v1/live", compression=None) as socket:
        async for message in socket:
            pass
async def main():
    await asyncio.gather(*(look() for _ in range(int(sys.argv[2]))))
asyncio.run(main())
"""


@contextmanager
def looking(port: int, browsers: int, dead: int) -> Iterator[None]:
    """Let so many browsers look, and so many sockets that never read."""
    plugs = [socket.create_connection(("127.0.0.1", port)) for _ in range(dead)]
    for plug in plugs:
        plug.sendall(HANDSHAKE)
    process = subprocess.Popen([sys.executable, "-c", BROWSERS, str(port), str(browsers)])
    try:
        yield
    finally:
        process.kill()
        process.wait()
        for plug in plugs:
            plug.close()


def measured(seconds: float, rounds: int, browsers: int, dead: int) -> Iterator[Row]:
    """Yield the share of a core and the delay of events, with nobody there and with browsers."""
    samples = sound(2 * rounds * seconds + 10).tobytes()
    size = 2 * round(CHUNK_S * RATE_HZ)
    arrived: list[tuple[float, float]] = []
    shares: dict[bool, list[float]] = {False: [], True: []}
    spans: list[tuple[float, float, bool]] = []
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "flow.yaml").write_text(STEPS)
        command = flowrun("flow.yaml", "--quiet", "--web", str(port), "--log-level", "warning")
        flow = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | {"FLOWRUN_STATE": folder},
        )
        assert flow.stdin
        assert flow.stderr
        flow.stdin.write(bytes(2 * RATE_HZ))  # a second of silence: what is loaded at first is loaded now
        flow.stdin.flush()
        time.sleep(5)
        reader = Thread(target=lambda: arrived.extend(events(flow)))
        reader.start()
        began, at = time.perf_counter(), 0

        def play(until_s: float) -> None:
            nonlocal at
            while at < until_s * 2 * RATE_HZ:
                time.sleep(max(0.0, began + at / 2 / RATE_HZ - time.perf_counter()))
                flow.stdin.write(samples[at : at + size])  # type: ignore[union-attr]
                flow.stdin.flush()  # type: ignore[union-attr]
                at += size

        for turn in range(2 * rounds):
            there = bool(turn % 2)
            with looking(port, browsers - dead if there else 0, dead if there else 0):
                play(turn * seconds + 2)  # they come and go
                used, since = processor_s(flow.pid), time.perf_counter()
                play((turn + 1) * seconds)
                spans.append((since, time.perf_counter(), there))
                shares[there].append(100 * (processor_s(flow.pid) - used) / (spans[-1][1] - since))
        megabytes = memory_mb(flow.pid)
        flow.stdin.close()
        flow.send_signal(signal.SIGINT)  # the page would stay
        reader.join()
        lost = re.findall(r"(\d+) items dropped", flow.stderr.read().decode())
        flow.wait()
    for there, who in ((False, "nobody there"), (True, f"{browsers} browsers, {dead} of them dead")):
        late_ms = [
            1000 * (when - began - (start_s - 1.0) - WINDOW_S)
            for when, start_s in arrived
            if any(since <= when <= until and there is by for since, until, by in spans)
        ]
        yield Row("web", f"{who}: share of one core", statistics.median(shares[there]), "%")
        if late_ms:
            yield Row("web", f"{who}: from its first window to the event, median", statistics.median(late_ms), "ms")
    yield Row("web", "items dropped before the page, of all turns", sum(map(int, lost)), "", "0")
    yield Row("web", "memory of the process at the end", megabytes, "MB", "< 250")


def main() -> None:
    """Measure."""
    given = options(seconds=20.0, rounds=3, browsers=50, dead=10)
    report(list(measured(given.seconds, given.rounds, given.browsers, given.dead)), given)


if __name__ == "__main__":
    main()
