"""`tfrecord_examples` gives every good example of a set once, and tells of every bad one where it lies."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from flowrun.models.examples.messages import sequence_example
from flowrun.models.examples.tfrecord import write_record
from flowrun.models.examples.writing import Frame, audioset_example
from flowrun.operators.sources.tfrecord_examples import tfrecord_examples
from flowrun.runtime.language.load import load
from flowrun.runtime.running.engine import Engine
from flowrun.schemas.ports import Examples, Failed
from flowrun.schemas.run import Alone
from flowrun.schemas.spec import spec_of
from flowrun.schemas.stream_info import Mismatch

Play = Callable[..., list[Any]]


def example(video: str, frames: int = 2, labels: Sequence[int] = (1,), value: int = 7) -> bytes:
    rows = [Frame(i, i + 1.0, np.full(4, value, np.uint8)) for i in range(frames)]
    return audioset_example(video, rows, labels)


def framed(*records: bytes) -> bytes:
    stream = io.BytesIO()
    for data in records:
        write_record(stream, data)
    return stream.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three files of three, one and two examples; their ids tell file and place."""
    for name, count in (("s1", 3), ("s2", 1), ("s10", 2)):
        (tmp_path / f"{name}.tfrecord").write_bytes(framed(*(example(f"{name}.{i}") for i in range(count))))
    (tmp_path / "notes.txt").write_text("none")
    return tmp_path


def ids(items: list[Any]) -> list[str]:
    return [video for item in items if isinstance(item, Examples) for video in item.ids.tolist()]


def faults(items: list[Any]) -> list[tuple[str, str]]:
    return [(item.stream, str(item.error)) for item in items if isinstance(item, Failed)]


def test_blocks_hold_padded_features_lengths_targets_and_ids(tmp_path: Path, play: Play) -> None:
    content = framed(example("a", 3, [0, 5]), example("b", 1, [526]), example("c", 2, []))
    (tmp_path / "a.tfrecord").write_bytes(content)
    first, last = play(tfrecord_examples, files=str(tmp_path / "a.tfrecord"), block=2, stream="set")
    assert first.features.dtype == np.uint8
    assert first.features[:, :, 0].tolist() == [[7, 7, 7], [7, 0, 0]]
    assert (first.lengths.dtype, first.lengths.tolist(), last.lengths.tolist()) == (np.int32, [3, 1], [2])
    assert [np.flatnonzero(row).tolist() for row in first.targets] == [[0, 5], [526]]
    assert (first.targets.dtype, first.targets.shape, last.targets.any()) == (np.bool_, (2, 527), False)
    assert [(item.last, item.epoch_end, item.epoch) for item in (first, last)] == [(False, False, 0), (True, True, 0)]
    assert (first.stream, first.embedding, first.labels[0], ids([first, last])) == ("set", "vggish", "Speech", [*"abc"])


@pytest.mark.parametrize("block", [1, 2, 3, 6, 7])
def test_every_example_comes_once_whatever_the_block(folder: Path, play: Play, block: int) -> None:
    items = play(tfrecord_examples, files=str(folder), block=block, interleave=1)
    assert ids(items) == ["s1.0", "s1.1", "s1.2", "s2.0", "s10.0", "s10.1"]
    assert [item.last for item in items] == [False] * (len(items) - 1) + [True]
    assert {len(item) for item in items[:-1]} <= {block}


def test_files_are_read_in_turn_and_one_that_ends_makes_room(folder: Path, play: Play) -> None:
    found = ids(play(tfrecord_examples, files=str(folder), interleave=2))
    assert found == ["s1.0", "s2.0", "s1.1", "s10.0", "s1.2", "s10.1"]


def test_patterns_folders_and_files_are_found_in_natural_order_each_once(
    folder: Path, play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "deep" / "er").mkdir(parents=True)
    (folder / "deep" / "er" / "[x].tfrecord").write_bytes(framed(example("x")))
    monkeypatch.chdir(folder)
    for files, expected in (
        ("s?.tfrecord", ["s1", "s2"]),
        (["s2.tfrecord", "s*"], ["s1", "s2", "s10"]),
        ("**/*.tfrecord", ["x", "s1", "s2", "s10"]),
        ("deep/er", ["x"]),
        ("deep/er/[x].tfrecord", ["x"]),
    ):
        found = ids(play(tfrecord_examples, files=files, interleave=1))
        assert list(dict.fromkeys(video.partition(".")[0] for video in found)) == expected


@pytest.mark.parametrize("pattern", ["*.tf", "none.tfrecord", "empty", "s1.tfrecord/*"])
def test_a_pattern_without_a_file_is_an_error(folder: Path, play: Play, pattern: str) -> None:
    (folder / "empty").mkdir()
    with pytest.raises(ValueError, match="no file matches "):
        play(tfrecord_examples, files=[str(folder), str(folder / pattern)])


def test_shards_divide_the_files(folder: Path, play: Play) -> None:
    parts = [ids(play(tfrecord_examples, files=str(folder), shard={"index": i, "count": 2})) for i in range(2)]
    assert [sorted({video.partition(".")[0] for video in part}) for part in parts] == [["s1", "s10"], ["s2"]]
    with pytest.raises(ValueError, match="3 files are too few: part 3 of 4 is empty"):
        play(tfrecord_examples, files=str(folder), shard={"index": 3, "count": 4})


def test_each_bad_record_or_file_is_a_failure_and_costs_no_other(folder: Path, play: Play) -> None:
    good = framed(example("good"))
    label = framed(example("label", labels=[527]))
    torn = framed(example("torn")).replace(b"torn", b"TORN")
    (folder / "s3.tfrecord").write_bytes(good + label + torn + framed(b"\xff\xff") + good + b"12345")
    (folder / "s4.tfrecord").write_text("no record at all")
    (folder / "s5.tfrecord").touch()
    (folder / "s6.tfrecord").symlink_to("nowhere")
    (folder / "s7.tfrecord").write_bytes(gzip.compress(framed(example("zip")))[:-9])
    items = play(tfrecord_examples, files=str(folder), interleave=1)
    expected = ["s1.0", "s1.1", "s1.2", "s2.0", "good", "good", "zip", "s10.0", "s10.1"]
    assert sorted(ids(items)) == sorted(expected)
    names = [Path(stream).name for stream, _ in faults(items)]
    assert names == [f"s{i}.tfrecord" for i in (3, 3, 3, 3, 4, 5, 6, 7)]
    at = [len(good), len(good + label), len(good + label + torn), len(good * 2 + label + torn + framed(b"\xff\xff")), 0]
    for (stream, fault), offset in zip(faults(items), at, strict=False):
        assert fault.startswith(f"{stream}: record at byte {offset}: ")
    assert [fault.rpartition(": ")[2] for _, fault in faults(items)][4:6] == [
        "this is no TFRecord file, or one damaged from its first byte on",
        "the file is empty",
    ]


def test_a_wrong_name_is_one_error_that_tells_the_right_ones(folder: Path, play: Play) -> None:
    with pytest.raises(ValueError, match=r"s1.tfrecord: no feature 'rgb'; it has feature lists: audio_embedding; cont"):
        play(tfrecord_examples, files=str(folder), features=["rgb"])


def test_one_record_without_the_feature_is_a_failure_of_its_own(folder: Path, play: Play) -> None:
    odd = sequence_example()
    odd.context.feature["id"].bytes_list.value.append(b"odd")
    (folder / "s0.tfrecord").write_bytes(framed(odd.SerializeToString()))
    items = play(tfrecord_examples, files=str(folder))
    assert len(ids(items)) == 6
    assert len(faults(items)) == 1


def test_a_set_without_a_good_example_is_an_error(tmp_path: Path, play: Play) -> None:
    (tmp_path / "a.tfrecord").write_bytes(framed(example("a", labels=[999])))
    with pytest.raises(ValueError, match=r"no good example in .* \(1 file\)"):
        play(tfrecord_examples, files=str(tmp_path))


def test_a_stop_ends_the_set_with_what_has_been_read(folder: Path) -> None:
    run, items = Alone(), []

    def stop(item: Any) -> None:
        items.append(item)
        run.stopping.set()

    tfrecord_examples(files=str(folder), block=2, run=run).subscribe(stop)
    assert [(len(item), item.last) for item in items] == [(2, False), (1, True)]


def test_what_does_not_fit_is_found_before_anything_runs(tmp_path: Path) -> None:
    info = spec_of(tfrecord_examples).info
    given: dict[str, Any] = {"files": ["b*", "a*"], "labels": "audioset", "embedding": "vggish"}
    given |= {"features": None, "shard": None, "stream": None}
    found = info(**given)
    assert (len(found.labels or ()), found.embedding, found.stream) == (527, "vggish", "b*, a*")
    (tmp_path / "classes").write_text("Dog\nDog\n")
    for options, fault in (
        ({"labels": "nowhere.csv"}, "nowhere.csv: No such file or directory"),
        ({"labels": str(tmp_path / "classes")}, ":2: 'Dog' is the class of line 1 already"),
        ({"features": []}, "needs at least one feature, and each once"),
        ({"features": ["a", "a"]}, "needs at least one feature, and each once"),
        ({"shard": {"index": 4, "count": 4}}, "index 4 is not below count 4"),
    ):
        with pytest.raises(Mismatch, match=fault):
            info(**given | options)


def test_a_set_is_one_stream_whose_end_the_source_is_told(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the file of a `directory` is."""
    (tmp_path / "flow.yaml").write_text(f"steps:\n  set: {{use: tfrecord_examples, files: {folder}, stream: x}}\n")
    engine = Engine(load(tmp_path / "flow.yaml"))
    ended: list[str] = []
    engine.listeners["set"] = [ended.append]
    engine.run()
    assert ended == ["x"]
    assert engine.stats()["set"].streams == 1
    assert engine.stats()["set"].audio_s == 0


def test_real_files_of_audioset(shared: Path, play: Play) -> None:
    (block,) = play(tfrecord_examples, files=str(shared / "data" / "audioset" / "bal_train" / "a?.tfrecord"))
    assert block.features.shape[1:] == (10, 128)
    assert block.targets.any(axis=1).all()
    assert block.targets[:, block.labels.index("Music")].any()
    assert all(video.startswith("a") for video in block.ids)
