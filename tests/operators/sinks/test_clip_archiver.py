"""`clip_archiver`: the sound is in the clip, to the sample.

Sample n of a stream is n / 32768, so a clip tells its place.
The rate is 10 Hz, and a block holds 10 samples, so one of either is easily counted.
"""

from __future__ import annotations

import errno
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from reactivex.subject import Subject

from flowrun.models.clips import clip_folder
from flowrun.operators.sinks.clip_archiver import clip_archiver
from flowrun.schemas.ports import Audio, Event, Failed, StreamEnd
from flowrun.schemas.run import Alone
from flowrun.schemas.spec import spec_of
from flowrun.schemas.stream_info import Mismatch, StreamInfo

RATE = 10


def sound(start: int, end: int, **more: Any) -> Audio:
    return Audio(np.arange(start, end, dtype=np.float32) / np.float32(32768), RATE, "mic", start, **more)


def heard(start_s: float, end_s: float, label: str = "Glass", **more: Any) -> Event:
    return Event(f"{label}-{start_s:g}", "mic", label, 0.9, start_s, end_s, **more)


class Archiving:
    """The operator under way; `given` holds what it passes on."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.folder = folder
        self.run = Alone()
        self.given: list[Any] = []
        self.errors: list[Exception] = []
        self.audio: Subject[Any] = Subject()
        self.events: Subject[Any] = Subject()
        options = {"before_s": 1.0, "after_s": 2.0, "min_free_bytes": 0, "template": "{id}", **options}
        output = clip_archiver(self.audio, self.events, folder=folder, run=self.run, **options)
        output.subscribe(self.given.append, self.errors.append)

    def play(self, *items: Audio | Event | StreamEnd) -> Archiving:
        for item in items:
            (self.events if isinstance(item, Event) else self.audio).on_next(item)
        return self

    def close(self) -> Archiving:
        self.audio.on_completed()
        self.events.on_completed()
        return self


def samples_of(path: str) -> list[int]:
    samples, rate = soundfile.read(path, dtype="int16")
    assert rate == RATE
    return list(samples.tolist())


def told_of(path: str) -> Any:
    return json.loads(Path(path + ".json").read_text())


@pytest.fixture
def archiving(tmp_path: Path) -> Callable[..., Archiving]:
    """A function that opens the operator on an empty folder."""
    return lambda **options: Archiving(tmp_path / "clips", **options)


@pytest.mark.parametrize("audio_format", ["wav", "flac"])
def test_a_clip_holds_the_sound_and_what_was_around_it_to_the_sample(
    archiving: Callable[..., Archiving], audio_format: str
) -> None:
    run = archiving(format=audio_format).play(*(sound(n, n + 10) for n in range(0, 60, 10)))
    run.play(heard(3.2, 4.5), sound(60, 70))
    (event,) = run.given
    assert samples_of(event.clip) == list(range(22, 65))
    told = told_of(event.clip)
    assert (told["start_sample"], told["complete"], told["gaps"]) == (22, True, [])
    assert [e["label"] for e in told["events"]] == ["Glass"]


def test_nothing_is_written_and_no_event_passes_before_the_sound_is_complete(
    archiving: Callable[..., Archiving],
) -> None:
    run = archiving().play(sound(0, 30), heard(1, 2), sound(30, 39))
    assert (run.given, run.folder.exists()) == ([], False)
    run.play(sound(39, 41))
    assert samples_of(run.given[0].clip) == list(range(0, 40))


def test_an_event_may_come_before_its_sound_or_any_time_within_the_memory(
    archiving: Callable[..., Archiving],
) -> None:
    run = archiving(memory_s=10.0, max_s=5.0).play(heard(2, 3))
    run.play(*(sound(n, n + 10) for n in range(0, 140, 10)))
    run.play(heard(5, 6), heard(13, 14)).close()  # its clip begins at 4 s, the oldest that is there
    assert [samples_of(e.clip) for e in run.given] == [
        list(range(10, 50)),
        list(range(40, 80)),
        list(range(120, 140)),
    ]
    assert run.run.warnings == []


def test_a_sound_that_is_no_longer_in_memory_is_told_and_what_is_left_is_kept(
    archiving: Callable[..., Archiving],
) -> None:
    run = archiving(memory_s=5.0, max_s=5.0).play(sound(0, 100), heard(4, 5), heard(1, 2), sound(100, 101))
    late, gone = run.given
    assert samples_of(late.clip) == list(range(50, 70))
    assert (told_of(late.clip)["complete"], gone.clip) == (False, None)
    assert ["memory_s (5 s) may be too short" in text for text in run.run.warnings] == [True, True]


def test_the_end_of_a_stream_ends_its_clips(archiving: Callable[..., Archiving]) -> None:
    run = archiving().play(sound(0, 25, last=True), heard(2, 2.4), StreamEnd("mic"))
    assert samples_of(run.given[0].clip) == list(range(10, 25))
    assert told_of(run.given[0].clip)["complete"] is False


def test_an_error_upstream_does_not_cost_what_was_heard(archiving: Callable[..., Archiving]) -> None:
    run = archiving().play(sound(0, 30), heard(2, 3))
    run.audio.on_error(ValueError("broken"))
    assert samples_of(run.given[0].clip) == list(range(10, 30))
    assert [str(error) for error in run.errors] == ["broken"]


def test_lost_samples_are_silent_and_told(archiving: Callable[..., Archiving]) -> None:
    run = archiving().play(sound(0, 20), sound(25, 30, gap=True), sound(30, 35, gap=True), heard(2, 3)).close()
    clip = run.given[0].clip
    assert samples_of(clip) == [*range(10, 20), 0, 0, 0, 0, 0, *range(25, 35)]
    assert told_of(clip)["gaps"] == [{"at_sample": 10, "lost_samples": 5}, {"at_sample": 20, "lost_samples": 0}]


def test_a_gap_longer_than_the_memory_does_not_cost_the_clip_before_it(archiving: Callable[..., Archiving]) -> None:
    run = archiving(memory_s=5.0, max_s=5.0).play(sound(0, 30), heard(2, 3), sound(1_000_000, 1_000_010, gap=True))
    assert samples_of(run.given[0].clip) == [*range(10, 30), *[0] * 20]


def test_events_that_overlap_have_one_clip_or_one_each(archiving: Callable[..., Archiving]) -> None:
    items: list[Any] = [sound(0, 40), heard(1, 2), heard(3, 4, "Dog"), sound(40, 80), heard(20, 21), sound(80, 300)]
    shared = archiving(template="share/{id}").play(*items).given
    assert [Path(e.clip).name for e in shared] == ["Glass-1.wav", "Glass-1.wav", "Glass-20.wav"]
    assert samples_of(shared[0].clip) == list(range(0, 60))
    assert [e["id"] for e in told_of(shared[0].clip)["events"]] == ["Glass-1", "Dog-3"]
    split = archiving(template="split/{id}", overlap="split").play(*items).given
    assert [samples_of(e.clip) for e in split[:2]] == [list(range(0, 40)), list(range(20, 60))]


def test_events_that_follow_for_ever_do_not_make_a_clip_without_end(archiving: Callable[..., Archiving]) -> None:
    run = archiving(max_s=5.0)
    for second in range(20):
        run.play(sound(10 * second, 10 * second + 10), heard(second, second + 1))
    run.close()
    assert len(run.given) == 20
    assert {len(samples_of(e.clip)) <= 50 for e in run.given} == {True}
    assert len({e.clip for e in run.given}) == 10  # three in the first, then two in each


def test_a_disk_that_takes_nothing_is_told_once_and_when_it_is_over(
    archiving: Callable[..., Archiving], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = archiving(after_s=0.0).play(sound(0, 10))

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(clip_folder, "atomic_file", full)
        run.play(heard(0, 1), sound(10, 20), heard(1, 2), sound(20, 30))
    assert [e.clip for e in run.given] == [None, None]
    run.play(heard(2, 3), sound(30, 40))
    assert samples_of(run.given[2].clip) == list(range(10, 30))
    assert run.run.states == [
        ("failing", "no recordings can be kept: No space left on device; what is heard goes on without them"),
        ("working", "recordings are kept again; 2 could not be"),
    ]


def test_what_is_too_old_goes_while_nothing_is_heard(
    archiving: Callable[..., Archiving], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = archiving(after_s=0.0, max_age_s=3600.0, template="{date}/{id}")
    run.play(sound(0, 10), heard(0, 1), sound(10, 20))
    later = run.run.now() + timedelta(hours=2)
    monkeypatch.setattr(run.run, "now", lambda: later)
    run.play(sound(20, 30))
    assert list(run.folder.iterdir()) == []


def test_recordings_that_cannot_be_removed_are_told_once(
    archiving: Callable[..., Archiving], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = archiving(after_s=0.0, max_age_s=1.0).play(sound(0, 10), heard(0, 1), sound(10, 20))
    began = run.run.now()

    def read_only(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "unlink", read_only)
    for hour in range(1, 4):
        monkeypatch.setattr(run.run, "now", lambda hour=hour: began + timedelta(hours=hour))
        run.play(sound(10 + 10 * hour, 20 + 10 * hour))
    assert run.run.warnings == ["recordings that are too old cannot be removed: Read-only file system"]


def test_a_label_cannot_lead_out_of_the_folder(archiving: Callable[..., Archiving]) -> None:
    at = datetime(2026, 5, 1, 23, 59, 59, tzinfo=UTC)
    run = archiving(template="{date}/{label}_{time}").play(sound(0, 30), heard(1, 2, "../../a\0/b.c", heard_at=at))
    run.close()
    assert Path(run.given[0].clip).relative_to(run.folder) == Path("2026-05-01/______a__b_c_23-59-59Z.wav")


def test_a_stream_that_begins_anew_has_clips_of_its_own(archiving: Callable[..., Archiving]) -> None:
    run = archiving().play(sound(0, 30), heard(2, 3), sound(0, 30), heard(0, 1)).close()
    assert [samples_of(e.clip) for e in run.given] == [list(range(10, 30)), list(range(0, 30))]


def test_another_rate_and_audio_that_is_missing_are_told(archiving: Callable[..., Archiving]) -> None:
    run = archiving().play(sound(0, 10), Audio(np.zeros(5, np.float32), 20, "mic", 10), Event("1", "x", "Dog", 1, 0, 1))
    (failed,) = run.given
    assert isinstance(failed, Failed)
    assert "rate changed from 10 to 20 Hz" in str(failed.error)
    run.close()
    assert run.given[1].clip is None
    assert run.run.warnings == ["x: events but no audio; is `audio` the stream that they were heard in?"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_s": 8.0}, "max_s .8. must be over"),
        ({"memory_s": 3.0}, "memory_s .3. must be over"),
        ({"template": "{lable}"}, "no field 'lable'"),
        ({"template": "../{label}"}, "inside the folder"),
    ],
)
def test_what_cannot_work_is_refused_before_it_runs(options: dict[str, Any], message: str) -> None:
    usual = {"before_s": 3.0, "after_s": 5.0, "memory_s": 30.0, "max_s": 60.0, "template": "{label}"}
    with pytest.raises(Mismatch, match=message):
        spec_of(clip_archiver).info(audio=StreamInfo(), events=StreamInfo(), **{**usual, **options})
