"""The kinds of sounds that can be made, by name, and the one of a place in a series."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal, get_args

from flowrun.models.synthesis.alarm import alarm
from flowrun.models.synthesis.engine import engine
from flowrun.models.synthesis.glass import glass
from flowrun.models.synthesis.knocks import knocks
from flowrun.models.synthesis.noise import noise
from flowrun.models.synthesis.recording import recorded
from flowrun.models.synthesis.siren import siren
from flowrun.models.synthesis.speech import speech
from flowrun.models.synthesis.tones import tones
from flowrun.schemas.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Kind = Literal["glass", "siren", "alarm", "tones", "noise", "knocks", "engine", "speech"]
RECORDED = 0.8  # share of the sounds that are heard in a room; the rest is as dry as it was made
KINDS: tuple[Kind, ...] = get_args(Kind)
MAKERS: Mapping[Kind, Callable[[np.random.Generator, int], NDArray[np.float32]]] = {
    "glass": glass,
    "siren": siren,
    "alarm": alarm,
    "tones": tones,
    "noise": noise,
    "knocks": knocks,
    "engine": engine,
    "speech": speech,
}


def sound(kind: Kind, seed: int, index: int, rate_hz: int = 16000) -> NDArray[np.float32]:
    """Return the sound of *kind* that has the place *index* in the series of *seed*, float32 in [-1, 1], shape (n,).

    Each is drawn for itself, so any part of a series can be made without the rest.

    >>> bool((sound("glass", 1, 7) == sound("glass", 1, 7)).all())
    True
    """
    random = np.random.default_rng([seed, index, KINDS.index(kind)])
    made = MAKERS[kind](random, rate_hz)
    return recorded(random, made, rate_hz) if random.random() < RECORDED else made
