"""`--set` on the command line: values laid over those of the file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flowrun.runtime.language.document import Document, Keys
from flowrun.runtime.language.interpolate import Given
from flowrun.runtime.language.yaml_reader import parse
from flowrun.schemas.errors import FlowError, Problem
from flowrun.schemas.stream_info import nearest


def override(document: Document, settings: Iterable[str]) -> list[Problem]:
    """Apply `--set` settings such as `steps.top.k=3` to the data of *document*."""
    problems = []
    for setting in settings:
        target, equals, text = setting.partition("=")
        keys: Keys = tuple(target.split("."))
        origin = f"--set {target}"
        fault = _place(document.data, keys) if equals else "needs the form path=value, such as vars.file=dog.ogg"
        if fault:
            problems.append(Problem(origin, 0, 0, "set", fault))
            continue
        value: Any = Given(text)
        if text[:1] in ("[", "{"):
            try:
                value = parse(text, origin).data
            except FlowError as error:
                problems += [Problem(origin, 0, 0, "set", problem.message) for problem in error.problems]
                continue
        parent = document.data
        for key in keys[:-1]:
            parent = parent.setdefault(key, {})
        parent[keys[-1]] = value
        document.origins[keys] = origin
    return problems


def _place(data: Any, keys: Keys) -> str:
    """Return what is wrong with the path of a setting, or nothing."""
    if len(keys) < 2 or keys[0] not in ("vars", "steps") or "" in keys:
        return "only vars.NAME and steps.STEP.OPTION can be set"
    if keys[0] == "steps" and len(keys) < 3:
        return "name an option, such as steps.STEP.OPTION"
    at = data
    for depth, key in enumerate(keys[:-1]):
        known = at.get(key) if isinstance(at, dict) else None
        if not isinstance(known, dict):
            if depth >= 2 and known is None:
                return ""
            return f"no {'step' if depth == 1 else 'part'} {key!r}; {nearest(str(key), at or ['none'])}"
        at = known
    if keys[0] == "vars" and keys[1] not in at:
        return f"no variable {keys[1]!r}; {nearest(str(keys[1]), at or ['none'])}"
    return ""
