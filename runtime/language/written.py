"""A step as it was written, whose operator is known."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from glob import glob
from pathlib import Path
from typing import Any

from flowrun.runtime.language.document import Document, Keys
from flowrun.runtime.language.flow import Queue
from flowrun.schemas.errors import Problem
from flowrun.schemas.spec import Spec


@dataclass(frozen=True, slots=True)
class Written:
    """A step of *document*, a flow that lies in *folder*; raw: its keys and values, with references replaced."""

    name: str
    raw: Mapping[str, Any]
    spec: Spec
    document: Document
    folder: Path

    @property
    def dead_letters(self) -> str | None:
        """Name of the step that gets what this one fails on, if any."""
        policy = self.raw.get("on_error")
        to = policy.get("to") if isinstance(policy, dict) else None
        return to if isinstance(to, str) else None

    def config(self) -> dict[str, Any]:
        """Return every option, with its default where it was not written."""
        config = {}
        for key, rule in self.spec.parameters["properties"].items():
            value = self.raw.get(key, rule.get("default"))
            if rule.get("x-path") and isinstance(value, str):
                value = located(value, self.folder) if "x-exists" in rule else Path(value).expanduser()
            if rule.get("x-patterns"):
                value = _patterns(value, self.folder)
            config[key] = value
        return config

    def queue(self, *, live: bool) -> Queue | None:
        """Return the queue in front of the step: every sink has one; in a *live* flow it drops by default."""
        written = self.raw.get("queue", {} if self.spec.keeps else None)
        if written is None:
            return None
        size, when_full = (512, "drop_oldest") if live else (64, "block")  # 40 s of a microphone's blocks
        return Queue(written.get("size", size), written.get("when_full", when_full))

    def problem(self, path: Keys, rule: str, message: str, remedy: str = "", *, at_key: bool = False) -> Problem:
        """Return a problem at the value inside the step that *path* leads to, or at the step's name."""
        where = ("steps", self.name, *path)
        return self.document.problem(where, rule, f"step {self.name!r}: {message}", remedy, at_key=at_key or not path)


def _patterns(value: str | list[str], folder: Path) -> str | list[str]:
    if isinstance(value, list):
        return [str(_patterns(pattern, folder)) for pattern in value]
    beside = str(folder / value)
    return beside if not glob(os.path.expanduser(value)) and glob(beside) else value


def located(text: str, folder: Path) -> Path:
    """Return where *text* leads: from the working directory, else from *folder*, where the flow lies."""
    path = Path(text).expanduser()
    beside = folder / path
    return beside if not path.exists() and beside.exists() else path
