"""Every kind of sound is a sound, and the same one for the same seed and place."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from flowrun.models.synthesis.catalogue import KINDS, Kind, sound
from flowrun.models.synthesis.speech import SENTENCES, find_program, spoken
from flowrun.schemas.errors import ModelError

SPEECH = pytest.param(
    "speech",
    marks=[
        pytest.mark.integration,
        pytest.mark.skipif(not shutil.which("espeak-ng"), reason="espeak-ng is not installed"),
    ],
)
kinds = pytest.mark.parametrize("kind", [*(kind for kind in KINDS if kind != "speech"), SPEECH])


@kinds
def test_a_sound_is_finite_heard_and_within_full_scale(kind: Kind) -> None:
    for index in range(3):
        samples = sound(kind, 1, index)
        assert samples.dtype == np.float32
        assert 0.5 * 16000 < len(samples) < 20 * 16000
        assert np.isfinite(samples).all()
        assert 0.01 < np.abs(samples).max() <= 1


@kinds
def test_seed_and_place_alone_decide_which_sound_it_is(kind: Kind) -> None:
    first, again, other, further = (sound(kind, *at) for at in ((1, 5), (1, 5), (2, 5), (1, 6)))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert not np.array_equal(first, further)


@kinds
def test_sounds_can_be_made_at_another_rate(kind: Kind) -> None:
    samples = sound(kind, 1, 0, rate_hz=8000)
    assert np.abs(samples).max() > 0.01


@pytest.mark.integration
@pytest.mark.skipif(not shutil.which("espeak-ng"), reason="espeak-ng is not installed")
def test_espeak_knows_every_language_of_ours_and_no_other_voice() -> None:
    lengths = {
        voice: len(spoken(said[0], voice=voice, words_per_minute=170, pitch=50)) for voice, said in SENTENCES.items()
    }
    assert min(lengths.values()) > 0.5 * 16000
    with pytest.raises(ModelError, match="cannot say it with the voice 'xx-none': "):
        spoken("Hello", voice="xx-none", words_per_minute=170, pitch=50)


def test_speech_without_espeak_tells_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ModelError, match="speech is made by espeak-ng, which is not installed: apt-get install espeak"):
        find_program()
