"""What a test plays, as audio."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flowrun.schemas.ports import Audio

BEGAN_AT = datetime(2026, 1, 1, tzinfo=UTC)  # every test hears its sound at the same time


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
