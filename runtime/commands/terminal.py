"""What the commands print, and how."""

from __future__ import annotations

import json
import os
import sys
from typing import Any, TextIO

from flowrun.schemas.errors import Problem
from flowrun.schemas.redaction import redacted, redacted_data, without_passwords

RED, YELLOW, GREEN = "\x1b[31m", "\x1b[33m", "\x1b[32m"
BOLD, DIM, PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[0m"


def coloured(out: TextIO) -> bool:
    """Whether *out* is a terminal that wants colours."""
    return out.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def paint(text: str, colour: str, out: TextIO) -> str:
    """Return *text* in *colour* where *out* shows colours."""
    return f"{colour}{text}{PLAIN}" if coloured(out) else text


def say(text: str = "", out: TextIO | None = None) -> None:
    """Write a line to *out*, standard output where none is given; no secret that is known is in it."""
    print(redacted(text), file=out or sys.stdout, flush=True)


def fail(text: str) -> None:
    """Write an error to standard error, in one line."""
    say(f"{paint('error', RED, sys.stderr)}: {without_passwords(text)}", sys.stderr)


def report(data: Any) -> None:
    """Write *data* to standard output as JSON."""
    say(json.dumps(redacted_data(data), indent=2, ensure_ascii=False))


def show_problem(problem: Problem, lines: list[str], out: TextIO) -> None:
    """Write a problem as compilers do; on a terminal with the line and a caret under the place."""
    where = f"{problem.file}:{problem.line}:{problem.column}" if problem.line else problem.file
    remedy = f"; {problem.remedy}" if problem.remedy else ""
    rule = paint(f"[{problem.rule}]", DIM, out)
    colour = RED if problem.severity == "error" else YELLOW
    said = without_passwords(f"{problem.message}{remedy}")
    say(f"{paint(where, BOLD, out)}: {paint(problem.severity, colour, out)}: {said} {rule}", out)
    if out.isatty() and 0 < problem.line <= len(lines):
        number = str(problem.line)
        source = lines[problem.line - 1].expandtabs(1)
        say(f"{number:>5} | {without_passwords(source[:200])}", out)
        say(f"      | {' ' * (problem.column - 1)}{paint('^', colour, out)}", out)
