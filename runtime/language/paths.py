"""Paths in a flow: those to read must be there, those to write must be possible."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from flowrun.runtime.language.written import Written, located
from flowrun.schemas.errors import Problem
from flowrun.schemas.stream_info import nearest


def check_paths(steps: Iterable[Written]) -> Iterator[Problem]:
    """Yield a problem for each path that cannot be read or written."""
    for step in steps:
        for key, rule in step.spec.parameters["properties"].items():
            value = step.raw.get(key)
            if not rule.get("x-path") or not isinstance(value, str) or not value:
                continue
            fault = _unreadable(value, rule["x-exists"], step.folder) if "x-exists" in rule else _unwritable(value)
            if fault:
                yield step.problem((key,), "path", f"{key}: {fault[0]}", fault[1])


def _unreadable(text: str, kind: str, folder: Path) -> tuple[str, str] | None:
    path = located(text, folder)
    if not path.exists():
        parent = next((p for p in (path.parent, folder / path.parent) if p.is_dir()), None)
        siblings = [p.name for p in parent.iterdir()] if parent else []
        hint = nearest(path.name, siblings) if siblings else ""
        return f"no {kind} {text!r}", hint if hint.startswith("did") else ""
    if kind != "file or folder" and not (path.is_dir() if kind == "folder" else path.is_file()):
        return f"{text!r} is not a {kind}", ""
    if not os.access(path, os.R_OK):
        return f"{text!r} may not be read", "check its permissions"
    return None


def _unwritable(text: str) -> tuple[str, str] | None:
    path = Path(text).expanduser()
    above = next(p for p in (path, *path.absolute().parents) if p.exists())
    if above != path and not above.is_dir():
        return f"{str(above)!r} is a file, so nothing can be written below it", ""
    if not os.access(above, os.W_OK):
        return f"{str(above)!r} may not be written", "check its permissions"
    return None
