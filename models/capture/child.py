"""Other programs that work for us, and never longer than we live."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

# What runs first in the child: it asks the kernel to be killed with the thread that started it, then becomes the
# program. Not in a `preexec_fn`: between fork and exec a program with threads must not run Python. If we were gone
# before it could ask, it ends by itself.
BECOME = """\
import ctypes, os, sys
PR_SET_PDEATHSIG, SIGKILL = 1, 9
ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, SIGKILL)
if os.getppid() == int(sys.argv[1]):
    os.execvp(sys.argv[2], sys.argv[2:])
"""


def start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start *command*, whose output and errors we read; Ctrl-C is not for it, and it dies with the calling thread.

    Raises:
        OSError: it cannot be started.
    """
    first = [sys.executable, "-I", "-S", "-c", BECOME, str(os.getpid())] if sys.platform == "linux" else []
    # A report of ffmpeg's, where the user has asked for one, would hold the command line, and passwords with it.
    environment = {name: value for name, value in os.environ.items() if name != "FFREPORT"}
    return subprocess.Popen(
        [*first, *command],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        process_group=0,
    )
