"""The flow that runs, as those of its steps may look at it that show it to people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A step: its operator, the operator's group, and whether it is a source that listens.

    folders: where it writes to.
    """

    use: str
    group: str
    live: bool = False
    folders: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """What *target* reads of *source*, at which port, and what it is: the name of its type."""

    source: str
    target: str
    port: str
    carries: str


@dataclass(frozen=True, slots=True)
class WrittenThreshold:
    """A threshold as the flow has it; without a label that of all labels of the step."""

    step: str
    label: str | None
    value: float


Changes = Mapping[tuple[str, str | None], float]  # thresholds by step and label


def _unchanged(changes: Changes) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Plan:
    """A flow: its file as it was read, without secrets, and what stands in it.

    edited: gives the file with other thresholds, and everything else as it was written. It raises ValueError where one
    has no place in the file.
    """

    name: str
    text: str = ""
    steps: Mapping[str, PlannedStep] = field(default_factory=dict)
    links: tuple[Link, ...] = ()
    thresholds: tuple[WrittenThreshold, ...] = ()
    edited: Callable[[Changes], str] = _unchanged
