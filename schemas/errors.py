"""What can go wrong, as the user meets it.

FlowrunError
├── FlowError       the flow, or the command line, is wrong; carries `problems`   exit status 2
├── StepError       a step failed while the flow ran; names the step              exit status 1
├── ModelError      a model is missing, damaged or does not fit                   exit status 1
└── DeliveryError   something could not be written or sent                        exit status 1

The text of each is one line: what, the value, the rule with its unit, the remedy.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal


class FlowrunError(Exception):
    """The root of all errors that are shown without a traceback."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One complaint about a flow file; line and column count from 1, or are 0 for the command line.

    path: the keys that lead to the value, as far as it has any. severity: a flow with an error does not run, one with a
    warning does.
    """

    file: str
    line: int
    column: int
    rule: str
    message: str
    remedy: str = ""
    path: tuple[str | int, ...] = field(default=(), compare=False)
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        text = f"{where}: {self.message}"
        return f"{text}; {self.remedy}" if self.remedy else text


class FlowError(FlowrunError):
    """A flow that cannot run; `problems` holds every complaint, in file order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(problems)
        super().__init__("\n".join(map(str, self.problems)))


class StepError(FlowrunError):
    """A step failed while the flow ran."""

    def __init__(self, step: str, cause: BaseException, stream: str = "") -> None:
        self.step = step
        self.stream = stream
        self.cause = cause
        where = f" on {stream}" if stream and not explain(cause).startswith(f"{stream}:") else ""
        super().__init__(f"step {step!r} failed{where}: {explain(cause)}")


class ModelError(FlowrunError):
    """A model is missing, damaged or does not fit."""


class DeliveryError(FlowrunError):
    """Something could not be written or sent."""


def explain(error: BaseException) -> str:
    """Return *error* in one line, with its kind where the text alone says too little.

    >>> explain(FileNotFoundError(2, "No such file or directory", "a.wav"))
    'a.wav: No such file or directory'
    >>> explain(KeyError("x"))
    "KeyError: 'x'"
    """
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    text = " ".join(str(error).split())
    return text if isinstance(error, (FlowrunError, ValueError)) and text else f"{type(error).__name__}: {text}"
