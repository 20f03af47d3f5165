"""A program that works for us ends when we do, however that was."""

from __future__ import annotations

import os
import select
import subprocess
import sys

import pytest

from flowrun.models.capture.child import start

PARENT = """
from flowrun.models.capture.child import start
child = start(["sh", "-c", "echo ready; exec sleep 600"])
assert child.stdout.readline() == b"ready\\n"
print(child.pid, flush=True)
child.wait()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_it_is_killed_with_us() -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = os.pidfd_open(int(parent.stdout.readline()))
    parent.kill()
    parent.communicate()
    ended, _, _ = select.select([child], [], [], 10)
    os.close(child)
    assert ended


def test_what_it_is_given_goes_through_no_shell() -> None:
    with start(["/bin/echo", "$HOME; `id`"]) as child:
        assert child.communicate()[0] == b"$HOME; `id`\n"


def test_it_writes_no_report_with_its_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FFREPORT", "file=ffmpeg.log")
    with start(["/bin/sh", "-c", 'echo "[$FFREPORT]"']) as child:
        assert child.communicate()[0] == b"[]\n"
