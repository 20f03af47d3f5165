"""The `tests:` of a flow: what they name must be there, and what they play becomes audio."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flowrun.runtime.document import Document, Keys
from flowrun.schemas.errors import Problem
from flowrun.schemas.ports import Audio
from flowrun.schemas.stream_info import nearest

BEGAN_AT = datetime(2026, 1, 1, tzinfo=UTC)  # every test hears its sound at the same time


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


def blocks(play: Mapping[str, Any], folder: Path) -> Iterator[Audio]:
    """Yield what *play* plays, as a source would; *folder* is where the flow lies.

    Raises:
        ValueError: the file is not good audio.
    """
    from flowrun.models import signals

    rate_hz, seconds = play.get("rate_hz", 16000), play.get("duration_s", 3.0)
    level_db = play.get("level_db", -20.0)
    kind = play.get("signal")
    if kind == "tone":
        samples = signals.tone(seconds, rate_hz, level_db, play.get("frequency_hz", 1000.0))
    elif kind == "noise":
        samples = signals.noise(seconds, rate_hz, level_db, play.get("seed", 0))
    elif kind == "click":
        samples = signals.click(seconds, rate_hz, level_db)
    elif kind == "silence":
        samples = signals.silence(seconds, rate_hz)
    else:
        import soundfile

        try:
            frames, rate_hz = soundfile.read(str(folder / play["file"]), dtype="float32", always_2d=True)
        except soundfile.LibsndfileError as error:
            raise ValueError(f"{play['file']}: {error.error_string}") from None
        samples = frames.mean(axis=1)
    name = kind or str(play["file"])
    size = max(1, round(play.get("block_s", 1.0) * rate_hz))
    for start in range(0, max(len(samples), 1), size):
        last = start + size >= len(samples)
        yield Audio(
            samples[start : start + size],
            rate_hz,
            name,
            start,
            BEGAN_AT + timedelta(seconds=start / rate_hz),
            last=last,
        )
