"""Engines: pulses through resonances, as exhausts, rotors and saws make them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrun.models.synthesis.noise import coloured, wandering
from flowrun.models.synthesis.resonance import resonant
from flowrun.models.synthesis.timeline import faded, peaking, seconds
from flowrun.schemas.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def engine(random: np.random.Generator, rate_hz: int = 16000) -> NDArray[np.float32]:
    """Return 3 to 7 s of a motor, a helicopter or a chainsaw, shape (n,)."""
    makers = (motor, helicopter, chainsaw)
    made = makers[random.integers(len(makers))](random, random.uniform(3, 7), rate_hz)
    return peaking(faded(made, rate_hz // 20), random.uniform(-20, -1))


def motor(random: np.random.Generator, duration_s: float, rate_hz: int) -> NDArray[np.float64]:
    """Return a motor that idles or is revved up, 15 to 120 ignitions a second, shape (n,)."""
    idle_hz = random.uniform(15, 50)
    pace_hz = idle_hz * wandering(random, 1.0, random.uniform(1, 2.5), random.uniform(0.5, 3), duration_s, rate_hz)
    gas = _ignitions(random, pace_hz, random.uniform(0.003, 0.01), rate_hz)
    # The exhaust pipe is a tube closed at one end: odd multiples of its lowest resonance.
    pipe_hz = random.uniform(40, 120)
    exhaust = resonant(gas, pipe_hz * np.array([1, 3, 5, 7, 9]), random.uniform(20, 80), rate_hz)
    exhaust += random.uniform(0.1, 0.6) * resonant(gas, random.uniform(500, 2500, 2), 400, rate_hz)
    return _level(exhaust) + random.uniform(0.01, 0.06) * coloured(random, duration_s, rate_hz, 1.0)


def helicopter(random: np.random.Generator, duration_s: float, rate_hz: int) -> NDArray[np.float64]:
    """Return a helicopter, shape (n,): blades that chop noise 8 to 25 times a second, over a turbine's whine."""
    pace_hz = random.uniform(8, 25)
    turn = seconds(duration_s, rate_hz) * pace_hz % 1
    chop = np.exp(-((turn - 0.5) ** 2) / random.uniform(0.01, 0.04))
    blades = chop * coloured(random, duration_s, rate_hz, random.uniform(1.2, 2))
    thuds = resonant(_ignitions(random, np.full(len(turn), pace_hz), 0.005, rate_hz), [60, 110, 180], 60, rate_hz)
    whine = np.sin(2 * np.pi * random.uniform(600, 3000) * seconds(duration_s, rate_hz))
    air = 0.03 * coloured(random, duration_s, rate_hz, 1.0)
    return _level(blades) + _level(thuds) + random.uniform(0, 0.03) * whine + air


def chainsaw(random: np.random.Generator, duration_s: float, rate_hz: int) -> NDArray[np.float64]:
    """Return a small two-stroke motor that is revved up and let go, 60 to 230 ignitions a second, shape (n,)."""
    pace_hz = random.uniform(60, 110) * wandering(
        random, 1.0, random.uniform(1.2, 2.1), random.uniform(0.5, 3), duration_s, rate_hz
    )
    gas = _ignitions(random, pace_hz, random.uniform(0.0007, 0.002), rate_hz)
    centres_hz = np.array([300, 900, 1800, 3200, 5000]) * random.uniform(0.8, 1.2, 5)
    saw = resonant(gas, centres_hz, random.uniform(200, 600), rate_hz)
    driven: NDArray[np.float64] = np.tanh(random.uniform(1, 4) * _level(saw))
    return driven + random.uniform(0.02, 0.08) * coloured(random, duration_s, rate_hz)


def _ignitions(
    random: np.random.Generator, pace_hz: NDArray[np.float64], decay_s: float, rate_hz: int
) -> NDArray[np.float64]:
    """Return puffs of gas, *pace_hz* of them in a second, each an edge and turbulence that die away in *decay_s*."""
    from scipy.signal import lfilter

    turns = np.floor(np.cumsum(pace_hz) / rate_hz + 0.03 * coloured(random, len(pace_hz) / rate_hz, rate_hz, 2.0))
    starts = np.flatnonzero(np.diff(np.maximum.accumulate(turns), prepend=0))
    pulses = np.zeros(len(pace_hz))
    pulses[starts] = 1 + 0.2 * random.standard_normal(len(starts))
    puffs: NDArray[np.float64] = lfilter([1.0], [1.0, -np.exp(-1 / (decay_s * rate_hz))], pulses)
    return pulses + puffs * coloured(random, len(puffs) / rate_hz, rate_hz)


def _level(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return *samples* with a peak of 1."""
    level: NDArray[np.float64] = samples / np.abs(samples).max()
    return level
