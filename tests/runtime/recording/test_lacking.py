"""A recording that is not whole is played as far as it goes: what is lacking is a gap, and told."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from flowrun.runtime.language.flow import Flow
from flowrun.runtime.recording import manifest
from flowrun.runtime.recording.comparison import Comparison
from flowrun.runtime.recording.played import Played
from flowrun.runtime.recording.recording import Recording
from flowrun.schemas.ports import Audio

FlowWith = Callable[..., Flow]
Record = Callable[..., Path]
Replay = Callable[..., Comparison]
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def blocks(stream: str, count: int, *, size: int = 1000, rate_hz: int = 8000) -> list[Audio]:
    """Return blocks that no FLAC file can hold."""
    samples = np.random.default_rng(0).random(count * size, np.float32)
    return [
        Audio(samples[i * size : (i + 1) * size], rate_hz, stream, i * size, NOON, last=i == count - 1)
        for i in range(count)
    ]


def played(folder: Path) -> list[Audio]:
    return [item for _, item in Played(Recording(folder)).items() if isinstance(item, Audio)]


def interrupted(folder: Path) -> Path:
    """Let a recording look as if its end had never been written."""
    told = json.loads((folder / manifest.MANIFEST).read_text())
    (folder / manifest.MANIFEST).write_text(json.dumps({**told, "ended": None}))
    return folder / manifest.PIECES / "000001"


@pytest.mark.parametrize("share", [0.0, 0.1, 0.35, 0.6, 0.85, 0.999])
def test_a_log_that_breaks_off_is_played_to_there(
    flow_with: FlowWith, record: Record, replay: Replay, share: float
) -> None:
    folder = record(flow_with("  more: {use: seen, from: a}", ""), a=blocks("a", 4), b=[])
    log = interrupted(folder) / "log.jsonl"
    kept = log.read_bytes()[: round(share * log.stat().st_size)]
    log.write_bytes(kept)
    lines = kept.split(b"\n")[:-1]
    found = replay(folder)
    assert len(played(folder)) == sum(b'"block"' in line for line in lines)
    assert found.steps["all"].same == sum(b'"event"' in line for line in lines)
    assert (len(found.steps["all"].gone), len(found.steps["all"].new) in (0, 1)) == (0, True)
    (note,) = found.notes
    assert note.startswith("the recording was interrupted; it goes to ")


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.9])
def test_a_sound_that_breaks_off_is_played_to_there(
    flow_with: FlowWith, record: Record, replay: Replay, share: float
) -> None:
    """As a power failure may leave it: the log may be more complete than the sound."""
    folder = record(flow_with(), a=blocks("a", 4), b=[])
    wav = interrupted(folder) / "0.wav"
    samples = max(0, round(share * wav.stat().st_size) - 58) // 4
    wav.write_bytes(wav.read_bytes()[: round(share * wav.stat().st_size)])
    *heard, last = played(folder)
    assert [len(block.samples) for block in heard] == [1000] * min(3, samples // 1000)
    assert (len(last.samples), last.gap, last.last) == (0, True, True)
    assert any(note.startswith("could not be recorded: ") for note in replay(folder).notes)


@pytest.mark.parametrize(("removed", "said"), [([1], "1"), ([1, 2], "1-2"), ([2], "2"), ([3], "3")])
def test_pieces_may_be_deleted(
    flow_with: FlowWith, record: Record, replay: Replay, removed: list[int], said: str
) -> None:
    """Pieces of a minute have two blocks of half a minute; the block after a hole is a gap."""
    folder = record(flow_with(), a=blocks("a", 6, size=3000, rate_hz=100), b=[])
    for number in removed:
        shutil.rmtree(folder / manifest.PIECES / f"{number:06}")
    heard = played(folder)
    left = [2 * (number - 1) + i for number in (1, 2, 3) if number not in removed for i in (0, 1)]
    assert [block.start_sample // 3000 for block in heard] == left
    assert [block.gap for block in heard] == [removed == [2] and i == 4 for i in left]
    assert f"pieces of the recording are missing: {said}" in replay(folder).notes


def test_damaged_lines_are_left_out_and_told(flow_with: FlowWith, record: Record, replay: Replay) -> None:
    folder = record(flow_with(), a=blocks("a", 4), b=[])
    log = folder / manifest.PIECES / "000001" / "log.jsonl"
    lines = log.read_bytes().splitlines(keepends=True)
    second = [i for i, line in enumerate(lines) if b'"block"' in line][1]
    for damage in (b"\xff\x00\n", b"[]\n", b'{"kind":"block"}\n', b'{"kind":"strange"}\n', b"1\n"):
        log.write_bytes(b"".join([*lines[:second], damage, *lines[second + 1 :]]))
        assert [(block.start_sample, block.gap) for block in played(folder)] == [
            (0, False),
            (2000, True),
            (3000, False),
        ]
        assert "lines of the recording that are damaged: 1" in replay(folder).notes


def test_what_was_otherwise_when_it_was_recorded_is_told(
    flow_with: FlowWith, record: Record, replay: Replay, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = record(flow_with(), a=blocks("a", 1), b=[])
    told = json.loads((folder / manifest.MANIFEST).read_text())
    told["ended"] |= {"dropped": {"more": 3}, "error": "step 'more' failed: why"}
    told["environment"] = {"FLOWRUN_A": True, "FLOWRUN_B": False, "FLOWRUN_C": True}
    (folder / manifest.MANIFEST).write_text(json.dumps(told))
    monkeypatch.delenv("FLOWRUN_A", raising=False)
    monkeypatch.setenv("FLOWRUN_B", "x")
    monkeypatch.setenv("FLOWRUN_C", "x")
    assert replay(folder).notes == [
        "step 'more' was too slow when it was recorded, and dropped 3 items",
        "the flow failed when it was recorded: step 'more' failed: why",
        "the environment variable FLOWRUN_A was set when it was recorded, and is not now",
        "the environment variable FLOWRUN_B was not set when it was recorded, and is now",
    ]
