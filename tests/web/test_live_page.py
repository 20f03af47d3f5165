"""What one sees and hears of the sound of now."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import expect

from tests.web.chromium import eventually
from tests.web.scenes import Scene, event, stream

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.web.fake_api import FakeApi

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore")]
Serve = Callable[..., "FakeApi"]
Look = Callable[..., "Page"]
BRIGHT = """() => {
  const { width, height } = document.querySelector('canvas.spectrogram');
  const copy = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  copy.drawImage(document.querySelector('canvas.spectrogram'), 0, 0);
  const pixels = copy.getImageData(0, 0, width, height).data;
  let bright = 0;
  for (let i = 0; i < pixels.length; i += 4) if (pixels[i] > 150 && pixels[i + 1] > 60) bright += 1;
  return bright;
}"""


def test_the_picture_the_level_and_the_classes_move(serve: Serve, look: Look) -> None:
    page = look(serve().url)
    page.locator("canvas.spectrogram").wait_for()
    eventually(page, BRIGHT, lambda bright: bright > 500)
    expect(page.locator(".cover")).to_be_empty()
    page.locator(".bars li").nth(2).wait_for()
    expect(page.get_by_label("Level")).to_have_text(re.compile(r"\d dBFS$"))


def test_an_event_appears_within_two_seconds_and_its_clip_plays(serve: Serve, look: Look) -> None:
    fake = serve()
    page = look(fake.url)
    page.get_by_text("No events yet").wait_for()
    fake.hear(event(7, "Glass", clip=False, spectrogram=False))
    page.locator(".recent li", has_text="Glass").wait_for(timeout=2000)
    assert page.get_by_role("button", name="Play the clip: Glass").is_disabled()  # it has not been written yet
    fake.hear(event(7, "Glass"))
    with page.expect_response(lambda answer: answer.url.endswith("/events/7/clip")) as sent:
        page.locator(".recent .play:enabled").click()
    assert sent.value.headers["content-type"] == "audio/wav"
    page.get_by_role("button", name="Pause the clip: Glass").wait_for()  # it plays
    page.get_by_role("button", name="Play the clip: Glass").wait_for()  # and has come to its end


def test_an_event_that_comes_while_the_last_ones_are_asked_for_is_not_lost(serve: Serve, look: Look) -> None:
    page = look(serve().url)
    known = page.evaluate(
        """async ([before, meanwhile, judged]) => {
          const { Model } = await import('/static/app/model.js');
          const model = new Model(new EventTarget());
          const ask = window.fetch;
          let answer;
          window.fetch = () => new Promise((resolve) => { answer = resolve; });
          const asked = model.refresh();
          model.add(meanwhile);
          model.add(judged);
          answer(new Response(JSON.stringify({ events: [before] })));
          await asked;
          window.fetch = ask;
          return model.events.map(({ id }) => id);
        }""",
        [event(8), event(9), event(7, verdict="right")],
    )
    assert known == ["9", "8", "7"]


def test_listening_schedules_sound_without_a_hole(serve: Serve, look: Look) -> None:
    page = look(serve().url)
    page.evaluate("""() => {
      window.played = [];
      const start = AudioBufferSourceNode.prototype.start;
      AudioBufferSourceNode.prototype.start = function (at) {
        played.push([at, this.buffer.duration]);
        return start.call(this, at);
      };
    }""")
    page.get_by_role("button", name="Listen").click()
    eventually(page, "window.played.length", lambda count: count >= 10)
    page.get_by_role("button", name="Stop listening").click()
    played = page.evaluate("window.played")
    holes = [b[0] - (a[0] + a[1]) for a, b in pairwise(played[2:])]
    assert max(map(abs, holes)) < 1e-6
    page.get_by_role("button", name="Listen").wait_for()


def test_each_of_several_streams_has_a_tab(serve: Serve, look: Look) -> None:
    page = look(serve(Scene(streams=[stream("door"), stream("garden", "silent", "'garden' is silent")])).url)
    tabs = page.get_by_role("tab")
    tabs.nth(1).wait_for()
    assert tabs.nth(0).get_attribute("aria-selected") == "true"
    tabs.nth(0).focus()
    page.keyboard.press("ArrowRight")
    assert tabs.nth(1).get_attribute("aria-selected") == "true"
    page.get_by_text("the microphone is muted").wait_for()


@pytest.mark.parametrize(
    ("scene", "said"),
    [
        (
            Scene(streams=[stream("mic", "missing", "'USB' is missing")], sounding=False),
            "Plug it in, or name another one",
        ),
        (Scene(streams=[stream("mic", "lost", "closed")], sounding=False), "Microphone lost"),
        (Scene(streams=[stream("mic", "starting")], sounding=False, ready=False), "Loading the model"),
        (Scene(streams=[stream("mic", "paused")], paused=True), "until you resume"),
        (Scene(streams=[], sounding=False, ended=True), "All is done"),
        (Scene(broken=True), "This could not be loaded"),
    ],
)
def test_every_state_says_what_it_is(serve: Serve, look: Look, scene: Scene, said: str) -> None:
    page = look(serve(scene).url, refused=scene.broken)
    page.get_by_text(said).first.wait_for()


def test_what_was_heard_last_goes_with_the_microphone(serve: Serve, look: Look) -> None:
    fake = serve()
    page = look(fake.url)
    page.locator(".bars li").nth(2).wait_for()
    fake.change(sounding=False, streams=[stream(state="missing")])
    page.get_by_text("Classes appear here when sound comes").wait_for()
    expect(page.get_by_label("Level")).not_to_have_text(re.compile("dBFS"))
    assert page.locator(".bars li").count() == 0


def test_what_was_found_in_a_recording_tells_its_place_there(serve: Serve, look: Look) -> None:
    fake = serve(Scene(events=[event(1, heard_at=None, start_s=66.74)]))
    page = look(fake.url)
    page.locator(".recent li").get_by_text("at 1:06.7", exact=True).wait_for()
    page.goto(f"{fake.url}/events")
    page.locator("main li").get_by_text("at 1:06.7").wait_for()


def test_a_pause_is_asked_for_and_taken_back(serve: Serve, look: Look) -> None:
    fake = serve()
    page = look(fake.url)
    page.get_by_role("button", name="Pause").click()
    page.get_by_text("until you resume").wait_for()
    page.get_by_role("button", name="Resume").click()
    page.get_by_role("button", name="Pause").wait_for()
    assert [body for _, path, body in fake.asked if path == "paused"] == [{"paused": True}, {"paused": False}]


def test_a_label_is_text_whatever_is_in_it(serve: Serve, look: Look) -> None:
    label = "<img src=x onerror=alert(1)>"
    page = look(serve(Scene(events=[event(1, label)])).url)
    page.locator(".recent").get_by_text(label).wait_for()
    assert page.locator(".recent img").count() == 0
