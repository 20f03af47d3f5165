"""`quiet` shuts what C code says, and nothing else: neither for longer, nor what Python says meanwhile."""

from __future__ import annotations

import os
import subprocess
import sys
from threading import Event, Thread

import pytest

from flowrun.models.quiet import STDERR, quiet

Capfd = pytest.CaptureFixture[str]
WRITES = """
import logging, os, sys
from threading import Thread
from flowrun.models.quiet import quiet
from flowrun.runtime import logs

logs.set_up("info", "text")
logs.set_up("info", "text")  # twice does no harm
with quiet():
    os.write(2, b"from C\\n")
    other = Thread(target=lambda: logging.getLogger("flowrun.test").warning("step 'mic': it is lost"))
    other.start()
    other.join()
    print("from Python", file=sys.stderr)
os.write(2, b"from C after\\n")
"""


def test_the_log_of_other_threads_is_not_lost() -> None:
    done = subprocess.run([sys.executable, "-W", "error", "-c", WRITES], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    first, *others = done.stderr.splitlines()
    assert first.endswith("WARNING step 'mic': it is lost")
    assert others == ["from Python", "from C after"]


def test_two_threads_inside_at_once_leave_it_open(capfd: Capfd) -> None:
    """The first to come leaves first: what it found open, the second had found shut."""
    first_is_in, second_is_in, first_is_out = Event(), Event(), Event()

    def first() -> None:
        with quiet():
            first_is_in.set()
            assert second_is_in.wait(10)
        first_is_out.set()

    thread = Thread(target=first)
    thread.start()
    assert first_is_in.wait(10)
    with quiet():
        second_is_in.set()
        assert first_is_out.wait(10)
        os.write(STDERR, b"shut\n")
    thread.join()
    os.write(STDERR, b"open\n")
    assert capfd.readouterr().err == "open\n"


def test_it_is_open_again_after_an_exception(capfd: Capfd) -> None:
    with pytest.raises(ValueError, match="no device"), quiet():
        raise ValueError("no device")
    os.write(STDERR, b"open\n")
    assert capfd.readouterr().err == "open\n"
