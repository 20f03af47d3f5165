"""`write_tfrecord` writes embeddings as AudioSet's records, which our reader and TensorFlow's read back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from flowrun.models.examples.messages import sequence_example
from flowrun.models.examples.reading import ExampleReader
from flowrun.models.examples.tfrecord import Record, read_records
from flowrun.operators.sinks.write_tfrecord import write_tfrecord
from flowrun.schemas.ports import Embeddings, StreamEnd, Windows
from flowrun.schemas.spec import spec_of
from flowrun.schemas.stream_info import Mismatch

HOP_S = 0.96


def embeddings(stream: str, first: int, count: int, *, gap: bool = False, last: bool = False, **of: Any) -> Embeddings:
    at = Windows(stream, HOP_S * np.arange(first, first + count), HOP_S, HOP_S, gap=gap, last=last)
    rows = np.repeat(np.arange(first, first + count)[:, None], of.get("dims", 128), axis=1)
    return Embeddings(at, rows.astype(of.get("dtype", np.uint8)), of.get("model", "vggish"))


def examples(path: Path) -> list[tuple[str, float, float, list[int], list[int]]]:
    """Return id, start, end and labels of each example, and the first value of each of its frames."""
    read, found = ExampleReader(["audio_embedding"], 527, 300), []
    for record in read_records(path):
        assert isinstance(record, Record)
        example, context = read(record.data), sequence_example(record.data).context.feature
        times = [round(context[f"{key}_time_seconds"].float_list.value[0], 3) for key in ("start", "end")]
        found.append((example.id, times[0], times[1], example.labels, example.frames[:, 0].tolist()))
    return found


def test_a_stream_is_cut_into_examples_that_are_read_back(tmp_path: Path, writing: Any) -> None:
    path = tmp_path / "a.tfrecord"
    run = writing(write_tfrecord, path=path, segment_frames=3, label=["Speech", "Dog"])
    run.write(embeddings("a.wav", 0, 2), embeddings("a.wav", 2, 5, last=True)).close()
    assert examples(path) == [
        ("a.wav", 0.0, 2.88, [0, 74], [0, 1, 2]),
        ("a.wav", 2.88, 5.76, [0, 74], [3, 4, 5]),
        ("a.wav", 5.76, 6.72, [0, 74], [6]),
    ]
    assert run.failures == []


def test_without_classes_the_list_of_labels_is_empty(tmp_path: Path, writing: Any) -> None:
    writing(write_tfrecord, path=tmp_path / "a").write(embeddings("a", 0, 12)).close()
    assert [(labels, len(frames)) for *_, labels, frames in examples(tmp_path / "a")] == [([], 10), ([], 2)]


def test_streams_may_take_turns_and_wait_for_less_than_an_example(tmp_path: Path, writing: Any) -> None:
    run = writing(write_tfrecord, path=tmp_path / "a", segment_frames=2)
    run.write(embeddings("a", 0, 1), embeddings("b", 0, 3), embeddings("a", 1, 1), StreamEnd("b"), StreamEnd("c"))
    run.write(embeddings("a", 2, 1)).close()
    found = [(stream, frames) for stream, *_, frames in examples(tmp_path / "a")]
    assert found == [("b", [0, 1]), ("a", [0, 1]), ("b", [2]), ("a", [2])]


def test_no_example_spans_a_gap(tmp_path: Path, writing: Any) -> None:
    writing(write_tfrecord, path=tmp_path / "a").write(
        embeddings("a", 0, 2), embeddings("a", 5, 2, gap=True, last=True)
    ).close()
    found = [(start, end, frames) for _, start, end, _, frames in examples(tmp_path / "a")]
    assert found == [(0.0, 1.92, [0, 1]), (4.8, 6.72, [5, 6])]


def test_floats_are_written_as_floats(tmp_path: Path, writing: Any) -> None:
    item = embeddings("a", 0, 2, dtype=np.float32, dims=1024, model="yamnet")
    writing(write_tfrecord, path=tmp_path / "a").write(item).close()
    (record,) = read_records(tmp_path / "a")
    assert isinstance(record, Record)
    frames = ExampleReader(["audio_embedding"], 527, 300)(record.data).frames
    assert frames.dtype == np.float32
    np.testing.assert_array_equal(frames, item.vectors)


@pytest.mark.parametrize(
    ("of", "fault"),
    [
        ({"dtype": np.float64}, "embeddings are uint8 or float32, not float64"),
        (
            {"dtype": np.float32},
            "the file holds vggish embeddings of 128 uint8, not vggish embeddings of 128 float32",
        ),
        ({"model": "yamnet"}, "the file holds vggish embeddings of 128 uint8, not yamnet embeddings of 128 uint8"),
    ],
)
def test_what_does_not_fit_is_a_failure_and_costs_nothing_else(
    tmp_path: Path, writing: Any, of: dict[str, Any], fault: str
) -> None:
    run = writing(write_tfrecord, path=tmp_path / "a").write(embeddings("a", 0, 1))
    run.write(embeddings("a", 1, 1, **of), embeddings("a", 2, 1)).close()
    assert [str(error)[: len(fault)] for error in run.failures] == [fault]
    assert [frames for *_, frames in examples(tmp_path / "a")] == [[0, 2]]


def test_values_that_are_not_finite_are_not_written(tmp_path: Path, writing: Any) -> None:
    item = embeddings("a", 0, 1, dtype=np.float32)
    item.vectors[0, 5] = np.nan
    run = writing(write_tfrecord, path=tmp_path / "a").write(item).close()
    assert [str(error) for error in run.failures] == ["an embedding has a value that is not finite"]


def test_the_file_appears_whole_or_not_at_all(tmp_path: Path, writing: Any) -> None:
    path = tmp_path / "sub" / "a.tfrecord"
    run = writing(write_tfrecord, path=path).write(embeddings("a", 0, 12))
    assert not path.exists()
    run.abort()
    assert str(run.error) == "broken"
    assert list(path.parent.iterdir()) == []


def test_an_unknown_class_is_refused_when_the_flow_is_loaded() -> None:
    info = spec_of(write_tfrecord).info
    with pytest.raises(Mismatch, match="'audioset' has no class 'Dgo'") as error:
        info(labels="audioset", label=["Cat", "Dgo"])
    assert (error.value.path, error.value.remedy) == (("label", 1), "did you mean 'Dog'?")


@pytest.mark.integration
@pytest.mark.filterwarnings("ignore")  # TensorFlow's own import warns
def test_tensorflow_reads_it_as_it_reads_audioset(tmp_path: Path, writing: Any) -> None:
    tf = pytest.importorskip("tensorflow", reason="needs TensorFlow: pip install 'flowrun[vggish]'")
    path = tmp_path / "a.tfrecord"
    run = writing(write_tfrecord, path=path, label=["Dog"])
    run.write(embeddings("犬.wav", 0, 13, last=True)).close()
    context = {
        "video_id": tf.io.FixedLenFeature([], tf.string),
        "start_time_seconds": tf.io.FixedLenFeature([], tf.float32),
        "end_time_seconds": tf.io.FixedLenFeature([], tf.float32),
        "labels": tf.io.VarLenFeature(tf.int64),
    }
    features = {"audio_embedding": tf.io.FixedLenSequenceFeature([], tf.string)}
    found = []
    for data in tf.data.TFRecordDataset(str(path)):
        fields, lists = tf.io.parse_single_sequence_example(data, context, features)
        frames = tf.io.decode_raw(lists["audio_embedding"], tf.uint8).numpy()
        times = [float(fields[f"{key}_time_seconds"]) for key in ("start", "end")]
        labels = fields["labels"].values.numpy().tolist()
        found.append((fields["video_id"].numpy().decode(), *np.round(times, 3), labels, frames))
    assert [(*rest, frames[:, 0].tolist()) for *rest, frames in found] == examples(path)
    assert [frames.shape for *_, frames in found] == [(10, 128), (3, 128)]
