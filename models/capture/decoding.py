"""A child process that writes PCM, at work: what it writes is passed on, what it says last is why it ended."""

from __future__ import annotations

import os
import selectors
import subprocess
import time
from collections import deque
from collections.abc import Callable, Sequence
from threading import Event as Flag
from threading import Thread

from flowrun.models.capture.devices import Opening

LINES, LINE = 8, 1000  # how much is kept of what it says: lines, and bytes of one
FRESH_S = 2.0  # what it said longer ago does not explain why it ended


class Decoding:
    """A device that a process is, read by a thread.

    Args:
        process: The process.
        opening: What it writes.
        deliver: Where that goes.
        reason: Says why it has ended, from the last lines it wrote to standard error.
        ahead_s: How far it may be ahead of its time. One that is faster, because it reads a file, is held back then.
    """

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        opening: Opening,
        deliver: Callable[[bytes, bool], None],
        reason: Callable[[Sequence[str]], str],
        ahead_s: float,
    ) -> None:
        self._process, self._opening, self._deliver = process, opening, deliver
        self._reason, self._ahead_s = reason, ahead_s
        self._closing = Flag()
        self._lines: deque[tuple[float, str]] = deque(maxlen=LINES)
        self._fault = ""
        self._began: float | None = None
        self._frames = 0
        self._thread = Thread(target=self._read, name="decoding", daemon=True)
        self._thread.start()

    def fault(self) -> str:
        """Return why it gives no more; "" while it does."""
        return self._fault

    def close(self) -> None:
        """End the process."""
        self._closing.set()
        self._process.kill()
        self._thread.join()

    def _read(self) -> None:
        output, errors = self._process.stdout, self._process.stderr
        sound, said = b"", b""
        with self._process, selectors.DefaultSelector() as selector:
            for pipe in (output, errors):
                selector.register(pipe, selectors.EVENT_READ)  # type: ignore[arg-type]
            while selector.get_map():
                for key, _ in selector.select():
                    data = os.read(key.fd, 65536)
                    if not data:
                        selector.unregister(key.fileobj)
                    elif key.fileobj is output:
                        sound = self._heard(sound + data)
                    else:
                        said = self._said(said + data)
        self._said(said + b"\n")
        now = time.monotonic()
        self._fault = self._reason([line for at, line in self._lines if now - at < FRESH_S])

    def _heard(self, data: bytes) -> bytes:
        """Pass whole frames on; return what is left of *data*."""
        frames, left = divmod(len(data), self._opening.frame_bytes)
        if frames:
            self._deliver(data[: len(data) - left], False)
            self._began = time.monotonic() if self._began is None else self._began
            self._frames += frames
            ahead_s = self._frames / self._opening.rate_hz - (time.monotonic() - self._began)
            if ahead_s > self._ahead_s:
                self._closing.wait(ahead_s - self._ahead_s)
        return data[len(data) - left :]

    def _said(self, data: bytes) -> bytes:
        """Keep whole lines; return what is left of *data*."""
        *lines, left = data.split(b"\n")
        texts = (line[:LINE].decode("utf-8", "replace").strip() for line in lines)
        self._lines.extend((time.monotonic(), text) for text in texts if text)
        return left[:LINE]
