"""The `tests:` of a flow: what they name must be there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from flowrun.runtime.language.document import Document, Keys
from flowrun.schemas.errors import Problem
from flowrun.schemas.stream_info import nearest


def listed(test: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what *test* plays: one thing, several or nothing."""
    play = test.get("play", [])
    return play if isinstance(play, list) else [play]


def check_tests(document: Document, tests: Any, steps: Mapping[str, Any], folder: Path) -> Iterator[Problem]:
    """Yield a problem for each test that names what is not there."""
    for i, test in enumerate(tests if isinstance(tests, list) else ()):
        if not isinstance(test, dict):
            continue
        for j, play in enumerate(listed(test)):
            if isinstance(play, dict):
                path: Keys = ("tests", i, "play", j) if isinstance(test["play"], list) else ("tests", i, "play")
                yield from _check_play(document, path, play, steps, folder)
        expected = test.get("expect")
        for name in expected if isinstance(expected, dict) else ():
            if name not in steps:
                yield document.problem(
                    ("tests", i, "expect", name),
                    "unknown-step",
                    f"no step {name!r} to expect of",
                    nearest(name, steps),
                    at_key=True,
                )


def _check_play(
    document: Document, path: Keys, play: dict[str, Any], steps: Mapping[str, Any], folder: Path
) -> Iterator[Problem]:
    step, file = play.get("step"), play.get("file")
    if isinstance(step, str) and step not in steps:
        yield document.problem((*path, "step"), "unknown-step", f"no step {step!r} to play into", nearest(step, steps))
    if ("file" in play) == ("signal" in play):
        yield document.problem(path, "play", "a test plays a `file` or a `signal`", "give one of them")
    elif isinstance(file, str) and not (folder / file).is_file():
        yield document.problem((*path, "file"), "path", f"no file {file!r} beside the flow")
