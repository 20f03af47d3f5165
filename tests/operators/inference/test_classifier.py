"""`classifier` slides a context over embeddings; the tiny network gives back the first and the last number it sees."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from flowrun.models.embedding_classifier import dequantised
from flowrun.operators.inference.classifier import classifier
from flowrun.schemas.errors import ModelError
from flowrun.schemas.ports import Embeddings, Failed, Windows
from flowrun.schemas.spec import spec_of
from flowrun.schemas.stream_info import Mismatch, StreamInfo


@pytest.fixture
def tiny(golden: Path) -> str:
    return str(golden / "tiny_classifier")


def embeddings(first: int, count: int, *, last: bool = False, gap: bool = False, model: str = "vggish") -> Embeddings:
    """Window n holds n in all its four numbers and starts at n seconds."""
    numbers = np.arange(first, first + count, dtype=np.float32)
    at = Windows("s", numbers.astype(float), 0.96, 1.0, gap=gap, last=last)
    return Embeddings(at, np.repeat(numbers[:, None], 4, axis=1), model)


def seen(items: list[Any]) -> list[tuple[float, float, float]]:
    """Return the start of each context with the first and the last number that the network saw in it."""
    logits = [np.log(item.values / (1 - item.values)) for item in items]
    rows = zip([item.at.start_s for item in items], logits, strict=True)
    return [(s, *np.round(row, 2).tolist()) for starts, values in rows for s, row in zip(starts, values, strict=True)]


@pytest.mark.parametrize("cuts", [[5], [1, 1, 1, 1, 1], [2, 3], [4, 1]])
def test_the_context_slides_by_one_window(play: Callable[..., list[Any]], tiny: str, cuts: list[int]) -> None:
    firsts = np.cumsum([0, *cuts[:-1]]).tolist()
    items = [embeddings(a, n, last=a + n == 5) for a, n in zip(firsts, cuts, strict=True)]
    got = play(classifier, items, model=tiny)
    assert seen(got) == [(0, 0, 2), (1, 1, 3), (2, 2, 4)]
    assert got[-1].last
    assert got[0].at.window_s == pytest.approx(2.96)
    assert got[0].labels == ("First", "Last")


def test_a_stream_shorter_than_the_context_is_scored_once(play: Callable[..., list[Any]], tiny: str) -> None:
    (got,) = play(classifier, [embeddings(1, 2, last=True)], model=tiny)
    assert seen([got]) == [(1, 1, 0)]  # the third of the context is silence
    (none,) = play(classifier, [embeddings(0, 0, last=True)], model=tiny)
    assert (len(none.values), none.last) == (0, True)


def test_a_gap_empties_the_context_and_is_told(play: Callable[..., list[Any]], tiny: str) -> None:
    items = [embeddings(0, 3), embeddings(7, 1, gap=True), embeddings(8, 2, last=True)]
    got = play(classifier, items, model=tiny)
    assert seen(got) == [(0, 0, 2), (7, 7, 9)]
    assert [item.gap for item in got] == [False, True]


def test_bytes_are_dequantised_as_youtube_8m_readers_do() -> None:
    low, middle, high = dequantised(np.array([[0, 128, 255]], np.uint8), None)[0]
    assert (low, high) == (pytest.approx(-2 + 4 / 512), pytest.approx(2 + 4 / 512))
    assert middle == pytest.approx(128 * 4 / 255 - 2 + 4 / 512)
    assert dequantised(np.ones((1, 2), np.float32), None).tolist() == [[1, 1]]


def test_embeddings_of_another_model_are_refused(play: Callable[..., list[Any]], tiny: str) -> None:
    (failed,) = play(classifier, [embeddings(0, 3, model="yamnet")], model=tiny)
    assert isinstance(failed, Failed)
    assert str(failed.error) == "model 'tiny_classifier' takes vggish embeddings, got yamnet"
    with pytest.raises(Mismatch, match="trained on vggish embeddings, but 'a' gives yamnet"):
        spec_of(classifier).info(embeddings=StreamInfo(step="a", embedding="yamnet"), model=tiny)


def test_a_model_that_takes_no_embeddings_is_refused(play: Callable[..., list[Any]], golden: Path) -> None:
    with pytest.raises(ModelError, match="'tiny_yamnet' does not take embeddings"):
        play(classifier, model=str(golden / "tiny_yamnet"))
