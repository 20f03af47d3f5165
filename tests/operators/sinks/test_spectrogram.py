"""`spectrogram` draws a picture per stream, with a bar for each event where it was heard."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import reactivex
from numpy.typing import NDArray
from PIL import Image
from reactivex.subject import Subject

from flowrun.models.picture.colours import class_colours
from flowrun.models.signals import noise, tone
from flowrun.operators.sinks.spectrogram import spectrogram
from flowrun.schemas.errors import explain
from flowrun.schemas.ports import Audio, Event, Failed, StreamEnd

RATE_HZ = 16000
SOUND = noise(10.0, RATE_HZ, -30, seed=3)
DOG = class_colours(["Dog"])["Dog"]


def audio(stream: str, samples: NDArray[np.float32] = SOUND, block: int = 10**6) -> Iterator[Audio]:
    for start in range(0, len(samples), block):
        yield Audio(samples[start : start + block], RATE_HZ, stream, start)


def event(start_s: float, end_s: float, *, stream: str = "a.wav", label: str = "Dog", score: float = 0.9) -> Event:
    return Event("1", stream, label, score, start_s, end_s)


def play(folder: Path, *items: Audio | Event | StreamEnd) -> list[Failed]:
    """Give a sink *items* in their order, and return what it failed on."""
    sounds: Subject[Audio | StreamEnd] = Subject()
    events: Subject[Event] = Subject()
    failures: list[Failed] = []
    spectrogram(sounds, events, folder=folder).subscribe(failures.append)
    for item in items:
        (events if isinstance(item, Event) else sounds).on_next(item)  # type: ignore[arg-type]
    sounds.on_completed()
    events.on_completed()
    return failures


def picture(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def columns(pixels: NDArray[np.uint8], colour: tuple[int, int, int]) -> tuple[int, int]:
    """Return the first and the last column with a long run of pixels that are almost *colour*."""
    alike = np.abs(pixels.astype(int) - colour).max(axis=2) <= 8
    found = np.flatnonzero(alike.sum(axis=0) >= 10)
    return int(found[0]), int(found[-1])


def plot(pixels: NDArray[np.uint8]) -> tuple[int, int]:
    """Return the first column of the spectrogram and the one after its last."""
    below = pixels[-200]  # a row in the middle of it
    coloured = np.flatnonzero(np.abs(below.astype(int) - 255).max(axis=1) > 20)
    runs = np.split(coloured, np.flatnonzero(np.diff(coloured) > 1) + 1)
    longest = max(runs, key=len)
    return int(longest[0]), int(longest[-1]) + 1


def test_an_event_has_a_bar_from_its_start_to_its_end(tmp_path: Path) -> None:
    assert play(tmp_path, *audio("a.wav"), event(2.5, 5.0), StreamEnd("a.wav")) == []
    pixels = picture(tmp_path / "a.wav.png")
    left, right = plot(pixels)
    first, last = columns(pixels, DOG)
    assert right - left > 1000
    assert (first - left) / (right - left) == pytest.approx(0.25, abs=0.003)
    assert (last + 1 - left) / (right - left) == pytest.approx(0.5, abs=0.003)


def test_the_picture_of_a_tone_is_brightest_at_its_frequency(tmp_path: Path) -> None:
    play(tmp_path, *audio("a.wav", tone(1.0, RATE_HZ, -20, 1000.0)))
    pixels = picture(tmp_path / "a.wav.png")
    left, right = plot(pixels)
    column = pixels[-364:-44, (left + right) // 2].sum(axis=1, dtype=int)  # 320 rows over the names of times
    assert 1 - int(column.argmax()) / 320 == pytest.approx(0.352, abs=0.01)  # 1000 mel of 2840


def test_block_sizes_do_not_matter(tmp_path: Path) -> None:
    for block in (160, 7919, 10**6):
        play(tmp_path / str(block), *audio("a.wav", block=block), event(1.0, 2.0))
    one, *others = (picture(tmp_path / str(block) / "a.wav.png").astype(int) for block in (160, 7919, 10**6))
    for other in others:
        assert (one != other).any(axis=2).mean() < 1e-3  # rounding moves a level that lies between two steps


def test_the_size_is_the_same_for_any_length_and_grows_with_the_lanes_only(tmp_path: Path) -> None:
    play(tmp_path, *audio("short", SOUND[:480]), *audio("long", np.tile(SOUND, 6)))
    assert picture(tmp_path / "short.png").shape == picture(tmp_path / "long.png").shape
    assert picture(tmp_path / "short.png").shape[1] == 1280
    many = [event(i, i + 5.0, label=f"{i}", stream="many") for i in range(40)]
    more = [event(i, i + 5.0, label=f"{i}", stream="more") for i in range(400)]
    play(tmp_path, *audio("many"), *many, *audio("more"), *more)
    assert picture(tmp_path / "many.png").shape == picture(tmp_path / "more.png").shape
    assert all(path.stat().st_size < 300_000 for path in tmp_path.iterdir())


def test_streams_that_come_at_the_same_time_have_their_own_pictures(tmp_path: Path) -> None:
    both = [item for pair in zip(audio("a.wav", block=8000), audio("b.wav", block=8000), strict=True) for item in pair]
    play(tmp_path, *both, event(1.0, 2.0), StreamEnd("b.wav"), StreamEnd("a.wav"))
    play(tmp_path / "alone", *audio("a.wav"), event(1.0, 2.0))
    assert len(list(tmp_path.glob("*.png"))) == 2
    assert picture(tmp_path / "b.wav.png").shape == picture(tmp_path / "a.wav.png").shape  # a lane, or "no events"
    with pytest.raises(IndexError):
        columns(picture(tmp_path / "b.wav.png"), DOG)
    different = picture(tmp_path / "a.wav.png") != picture(tmp_path / "alone" / "a.wav.png")
    assert different.any(axis=2).mean() < 1e-3


def test_events_that_come_after_the_last_block_are_drawn(tmp_path: Path) -> None:
    play(tmp_path, *audio("a.wav"), event(9.5, 10.5), StreamEnd("a.wav"), *audio("b.wav"))
    pixels = picture(tmp_path / "a.wav.png")
    assert columns(pixels, DOG)[1] == plot(pixels)[1] - 1  # a window may reach beyond the end, a bar may not


def test_without_a_port_for_events_there_is_the_spectrogram_alone(tmp_path: Path) -> None:
    spectrogram(reactivex.from_iterable(audio("a.wav")), folder=tmp_path).subscribe()
    play(tmp_path / "other", *audio("a.wav"))
    alone, other = picture(tmp_path / "a.wav.png"), picture(tmp_path / "other" / "a.wav.png")
    assert len(alone) < len(other)  # the line that says that there was none


@pytest.mark.parametrize("stream", ["犬/Привет é.wav", "x\x1b[2J\n.wav", "n" * 300, "", "\udcff.wav"])
def test_any_name_can_be_drawn(tmp_path: Path, stream: str) -> None:
    item = event(1.0, 2.0, stream=stream, label=stream or "Σειρήνα")
    assert play(tmp_path, *audio(stream, SOUND[:16000]), item) == []
    (path,) = tmp_path.rglob("*.png")
    assert picture(path).shape[1] == 1280


def test_a_stream_of_which_nothing_was_heard_has_no_picture(tmp_path: Path) -> None:
    play(tmp_path, StreamEnd("broken.wav"), *audio("empty.wav", SOUND[:0]), StreamEnd("empty.wav"))
    assert os.listdir(tmp_path) == []


def test_a_folder_that_cannot_be_written_is_told_in_a_line_and_costs_no_other_stream(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a file")
    failed = play(tmp_path, *audio("a/b.wav"), StreamEnd("a/b.wav"), *audio("c.wav"), StreamEnd("c.wav"))
    assert [explain(failure.error) for failure in failed] == [f"{tmp_path / 'a'}: File exists"]
    assert sorted(os.listdir(tmp_path)) == ["a", "c.wav.png"]


def test_what_has_ended_stays_when_the_flow_fails(tmp_path: Path) -> None:
    sounds: Subject[Any] = Subject()
    errors: list[Exception] = []
    spectrogram(sounds, folder=tmp_path).subscribe(on_error=errors.append)
    for item in (*audio("a.wav"), StreamEnd("a.wav"), *audio("b.wav")):
        sounds.on_next(item)
    sounds.on_error(ValueError("broken"))
    assert ([str(error) for error in errors], os.listdir(tmp_path)) == (["broken"], ["a.wav.png"])


def test_a_rate_that_changes_inside_a_stream_is_refused(tmp_path: Path) -> None:
    changed = Audio(SOUND[:100], 8000, "a.wav", 16000)
    (failed,) = play(tmp_path, *audio("a.wav", SOUND[:16000]), changed)
    assert str(failed.error) == "the rate changed from 16000 to 8000 Hz inside a stream"
