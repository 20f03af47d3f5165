"""The picture of the last minute: frames lie where the clock has them, whatever the stream says."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.web.fake_api import FakeApi

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore")]
# Each message is [start_s, frames, now_s]; a frame is 0.02 s, and loud.
PLAY = """async (messages) => {
  const { MelHistory } = await import('/static/live/mel_history.js');
  const history = new MelHistory({ bins: 64, hop_s: 0.02, low_hz: 125, high_hz: 7500 });
  for (const [start_s, frames, now_s] of messages) {
    history.add({ start_s, mel: btoa('\\xff'.repeat(frames * 64)) }, now_s);
  }
  const { data } = history.picture.getContext('2d').getImageData(0, 30, history.written, 1);
  const filled = Array.from({ length: history.written }, (_, x) => data[4 * x + 3] > 0);
  return { written: history.written, holes: filled.filter((one) => !one).length, head: history.at(messages.at(-1)[2]) };
}"""


@pytest.mark.parametrize(
    ("messages", "written", "holes"),
    [
        ([[0, 50, 100], [1, 50, 101]], 100, 0),
        ([[0, 50, 100], [1, 50, 101.2]], 100, 0),  # late, by the network: it stays beside the one before
        ([[0, 50, 100], [2, 50, 102]], 150, 50),  # a second was lost
        ([[70, 50, 100], [0, 50, 104]], 250, 150),  # the flow was started again
        ([[0, 50, 100], [0.98, 0, 100.5], [1, 50, 101]], 100, 0),  # a block shorter than a frame
    ],
    ids=["beside", "late", "lost", "again", "short"],
)
def test_frames_lie_where_the_clock_has_them(
    serve: Callable[..., FakeApi], look: Callable[..., Page], messages: list[Any], written: int, holes: int
) -> None:
    drawn = look(serve().url).evaluate(PLAY, messages)
    assert (drawn["written"], drawn["holes"]) == (written, holes)


def test_a_file_faster_than_life_makes_the_picture_hurry(
    serve: Callable[..., FakeApi], look: Callable[..., Page]
) -> None:
    drawn = look(serve().url).evaluate(PLAY, [[i, 50, 100 + i / 10] for i in range(10)])
    assert (drawn["written"], drawn["holes"]) == (500, 0)
    assert drawn["head"] == pytest.approx(500)
