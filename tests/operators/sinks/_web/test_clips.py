"""Recordings are played and drawn, those of the clip folder and no other file."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import soundfile
from PIL import Image

from flowrun.operators.sinks._web import export
from flowrun.schemas.plan import Link, Plan, PlannedStep
from flowrun.schemas.run import Alone
from tests.served_page import ServedPage, event, sound

Serve = Callable[..., ServedPage]


def recorded(path: Path, seconds: float = 0.5) -> Path:
    """Write a tone to *path*."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, sound(0, int(16000 * seconds)).samples, 16000)
    return path


@pytest.fixture
def page(serve: Serve, tmp_path: Path) -> ServedPage:
    """A page of the recordings in `clips`."""
    (tmp_path / "clips").mkdir()
    return serve(clips=tmp_path / "clips")


@pytest.mark.parametrize(("suffix", "media"), [(".wav", "audio/wav"), (".flac", "audio/flac")])
def test_a_recording_is_played_whole_or_in_part(page: ServedPage, tmp_path: Path, suffix: str, media: str) -> None:
    path = recorded(tmp_path / "clips" / "2026" / f"a{suffix}")
    page.put(event(clip=str(path)))
    whole = page.ask("events/1/clip")
    assert (whole.status, whole.headers["content-type"], whole.body) == (200, media, path.read_bytes())
    part = page.ask("events/1/clip", Range="bytes=10-19")
    assert (part.status, part.body) == (206, path.read_bytes()[10:20])


def test_a_recording_is_drawn(page: ServedPage, tmp_path: Path) -> None:
    page.put(event(clip=str(recorded(tmp_path / "clips" / "a.wav"))))
    answer = page.ask("events/1/spectrogram.png")
    assert answer.headers["content-type"] == "image/png"
    assert Image.open(io.BytesIO(answer.body)).size[0] > 500
    assert page.ask("events/1/spectrogram.png").body == answer.body


def test_no_path_leads_out_of_the_folder(page: ServedPage, tmp_path: Path) -> None:
    """Neither one with `..`, nor a link, nor one that is none of a recording, whatever an event says."""
    inside, outside = tmp_path / "clips", recorded(tmp_path / "outside.wav")
    recorded(tmp_path / "clips-of-others" / "a.wav")
    os.symlink(outside, inside / "link.wav")
    os.symlink(tmp_path, inside / "folder")
    (inside / "secret.txt").write_text("secret")
    (inside / "folder.wav").mkdir()
    os.mkfifo(inside / "pipe.wav")
    bad = [
        str(outside),
        f"{inside}/../outside.wav",
        f"{inside}/link.wav",
        f"{inside}/folder/outside.wav",
        f"{inside}/../clips-of-others/a.wav",
        f"{inside}/secret.txt",
        f"{inside}/folder.wav",
        f"{inside}/gone.wav",
        f"{inside}/pipe.wav",
        f"{inside}/{'long' * 100}.wav",
        f"{inside}/nul\0.wav",
        "/etc/passwd",
        "../outside.wav",
    ]
    for i, path in enumerate(bad, 1):
        page.put(event(str(i), clip=path))
        for what in ("clip", "spectrogram.png"):
            assert page.ask(f"events/{i}/{what}").status == 404, path
    page.put(event("none"))
    assert page.ask(f"events/{len(bad) + 1}/clip").status == 404


def test_without_a_folder_it_is_that_of_the_steps_that_give_events(serve: Serve, tmp_path: Path) -> None:
    run = Alone("page")
    steps = {
        "clips": PlannedStep("clip_archiver", "sinks", folders=(tmp_path / "clips",)),
        "alerts": PlannedStep("debounce", "detection"),
        "all": PlannedStep("archiver", "sinks", folders=(tmp_path / "all",)),
    }
    links = (Link("alerts", "clips", "events", "Event"), Link("clips", "page", "items", "Event"))
    run.plan = Plan("alert", "", steps, links)
    page = serve(run)
    page.put(event("1", clip=str(recorded(tmp_path / "clips" / "a.wav"))))
    page.put(event("2", clip=str(recorded(tmp_path / "all" / "a.wav"))))
    assert [page.ask(f"events/{i}/clip").status for i in (1, 2)] == [200, 404]


def test_a_broken_recording_is_told_in_words(page: ServedPage, tmp_path: Path) -> None:
    recorded(tmp_path / "clips" / "empty.wav", 0.0)
    page.put(event("empty", clip=str(tmp_path / "clips" / "empty.wav")))
    assert "nothing to draw" in page.ask("events/1/spectrogram.png").json["error"]
    (tmp_path / "clips" / "a.wav").write_bytes(b"RIFF")
    page.put(event(clip=str(tmp_path / "clips" / "a.wav")))
    assert "cannot be read" in page.ask("events/2/spectrogram.png").json["error"]


def test_what_was_judged_becomes_a_folder_to_train_on(page: ServedPage, tmp_path: Path) -> None:
    """Right ones under their label, wrong ones are none of the classes; what is not judged or gone is not in it."""
    folder = tmp_path / "clips"
    for i, label in enumerate(("Glass", "../Dog, bark", "Glass", "Glass", "Glass"), 1):
        page.put(event(str(i), label, clip=str(recorded(folder / f"{i}.wav"))))
    for i, verdict in ((1, "right"), (2, "right"), (3, "wrong"), (4, "right")):
        page.change(f"events/{i}/verdict", {"verdict": verdict})
    (folder / "4.wav").unlink()
    archive = zipfile.ZipFile(io.BytesIO(page.ask("verdicts.zip").body))
    assert sorted(archive.namelist()) == ["Glass/1.wav", "___Dog, bark/2.wav", "unknown/3.wav"]
    assert archive.read("Glass/1.wav") == (folder / "1.wav").read_bytes()
    only = zipfile.ZipFile(io.BytesIO(page.ask("verdicts.zip?label=Glass").body))
    assert sorted(only.namelist()) == ["Glass/1.wav", "unknown/3.wav"]


def test_a_box_that_lives_in_1970_can_export(page: ServedPage, tmp_path: Path) -> None:
    path = recorded(tmp_path / "clips" / "a.wav")
    os.utime(path, (0, 0))
    page.put(event(clip=str(path)))
    page.change("events/1/verdict", {"verdict": "right"})
    assert page.ask("verdicts.zip").status == 200


def test_an_export_is_bounded(page: ServedPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "MOST_BYTES", 1000)
    page.put(event(clip=str(recorded(tmp_path / "clips" / "a.wav"))))
    assert page.ask("verdicts.zip").status == 404
    page.change("events/1/verdict", {"verdict": "right"})
    assert page.ask("verdicts.zip").status == 413
    assert {path.name for path in page.run.state_folder.iterdir()} == {"history"}, "nothing is left behind"
