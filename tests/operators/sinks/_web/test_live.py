"""What browsers that look see and hear."""

from __future__ import annotations

import json
import struct
from base64 import b64decode

import numpy as np
import pytest

from flowrun.models.log_mel import MAX_HZ, MIN_HZ, hz_to_mel
from flowrun.operators.sinks._web.messages import MEL, top
from flowrun.operators.sinks._web.sound import SoundFeed
from flowrun.schemas.ports import Levels, Prediction, Predictions, StreamEnd, Windows
from tests.served_page import ServedPage, event, message, scores, sound


def test_who_comes_is_told_what_there_is(page: ServedPage) -> None:
    page.put(sound(), scores(0.1, 0.2))
    with page.look() as browser:
        hello = message(browser, "hello")
        assert [stream["name"] for stream in hello["streams"]] == ["mic"]
        assert hello["labels"] == ["a", "b"]
        assert hello["mel"] == MEL
        assert message(browser, "state")["state"]["streams"] == hello["streams"]


def test_a_tone_stands_at_its_frequency_with_its_level(page: ServedPage) -> None:
    with page.look() as browser:
        message(browser, "hello")
        page.put(sound(0, 8000))
        audio = message(browser, "audio")
    frames = np.frombuffer(b64decode(audio["mel"]), np.uint8).reshape(-1, 64)
    (low, high, tone) = hz_to_mel(np.array([MIN_HZ, MAX_HZ, 1000.0]))
    assert abs(int(frames.mean(axis=0).argmax()) - (tone - low) / (high - low) * 65 + 1) < 1
    assert abs(-80 * (1 - frames.max() / 255) - 20 * np.log10(0.5)) < 1.5, "dB of full scale"
    assert (audio["stream"], audio["start_s"]) == ("mic", 0.0)
    assert abs(audio["peak_db"] + 6.0) < 0.1
    assert abs(audio["rms_db"] + 9.0) < 0.1


def test_the_best_classes_of_the_last_window_are_told(page: ServedPage) -> None:
    with page.look() as browser:
        message(browser, "hello")
        page.put(scores(0.9, 0.1), scores(0.25, 0.75, 0.5, start_s=3.0))
        told = message(browser, "scores")
    assert told["top"] == [["b", 0.75], ["c", 0.5], ["a", 0.25]]
    assert (told["start_s"], told["window_s"]) == (3.0, 1.0)


def test_predictions_and_levels_are_told_too(page: ServedPage) -> None:
    at = Windows("mic", np.array([0.0, 1.0]), 1.0, 1.0)
    rows = ((Prediction("a", 0.5),), (Prediction("b", 0.75), Prediction("a", 0.5)))
    assert top(Predictions(at, rows)) == [("b", 0.75), ("a", 0.5)]
    with page.look() as browser:
        message(browser, "hello")
        page.put(Levels(at, np.array([-30.0, -np.inf], np.float32), "dBFS(A)"))
        told = message(browser, "level")
    assert (told["level_db"], told["start_s"], told["unit"]) == (-120.0, 1.0, "dBFS(A)")


def test_an_event_is_told_at_once_and_again_when_it_is_judged(page: ServedPage) -> None:
    with page.look() as browser:
        message(browser, "hello")
        page.put(event())
        assert message(browser, "event")["event"] == page.get("events/1")
        page.change("events/1/verdict", {"verdict": "right"})
        assert message(browser, "event")["event"]["verdict"] == "right"


def test_a_change_of_the_state_is_told(page: ServedPage) -> None:
    with page.look() as browser:
        message(browser, "state")
        page.change("paused", {"paused": True})
        while not message(browser, "state")["state"]["paused"]:
            pass
        page.put(sound(stream="other"))
        while [s["name"] for s in message(browser, "hello")["streams"]] != ["other"]:
            pass
        page.put(StreamEnd("other"))
        assert message(browser, "hello")["streams"] == []


def test_sound_comes_to_those_who_listen(page: ServedPage) -> None:
    with page.look() as browser, page.look() as other:
        message(other, "hello")
        browser.send(json.dumps({"type": "listen", "stream": "mic"}))
        received: str | bytes = ""
        while isinstance(received, str):  # what comes before it is known that somebody listens is not for them
            page.put(sound(0, 1600))
            received = browser.recv(timeout=10)
        page.put(event())
        while (told := other.recv(timeout=10)) and '"event"' not in told:
            assert isinstance(told, str), "who did not ask hears nothing"
    assert struct.unpack("<d", received[:8]) == (0.0,)
    assert received[8:] == np.rint(sound(0, 1600).samples * 32768).astype("<i2").tobytes()


def test_nonsense_from_a_browser_is_left_alone(page: ServedPage) -> None:
    with page.look() as browser:
        for nonsense in ("{", "[]", '{"type": "listen", "stream": 7}', '{"type": "shout"}', "[" * 2000):
            browser.send(nonsense)
        page.put(event())
        assert message(browser, "event")


@pytest.mark.parametrize("rate_hz", [8000, 44100, 48000])
def test_what_is_heard_has_16_khz_whatever_comes(rate_hz: int) -> None:
    feed = SoundFeed(rate_hz)
    tenth = rate_hz // 10
    messages = [m for i in range(10) for m in feed.messages([sound(i * tenth, tenth, rate_hz=rate_hz)])]
    samples = np.concatenate([np.frombuffer(m[8:], "<i2") for m in messages]) / 32768
    starts = [struct.unpack("<d", m[:8])[0] for m in messages]
    lengths = [(len(m) - 8) / 2 / 16000 for m in messages]
    np.testing.assert_allclose(starts[1:], np.cumsum(lengths)[:-1], atol=1e-9)
    assert 0.9 < len(samples) / 16000 <= 1.0
    spectrum = np.abs(np.fft.rfft(samples[:12800] * np.hanning(12800)))
    assert abs(int(spectrum.argmax()) * 16000 / 12800 - 1000) < 2, "the tone is where it was"


def test_after_a_gap_sound_goes_on_at_its_own_time() -> None:
    feed = SoundFeed(16000)
    first, second = feed.messages([sound(0, 1600), sound(32000, 1600)])
    assert [struct.unpack("<d", m[:8])[0] for m in (first, second)] == [0.0, 2.0]
