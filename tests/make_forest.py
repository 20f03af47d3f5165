"""Makes `flows/samples/forest.flac`: a bird, a chainsaw and three shots, all synthetic. Run with `make samples`."""

from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy.signal import fftconvolve

from flowrun.models.synthesis.noise import band, coloured
from flowrun.models.synthesis.timeline import add, faded, peaking, silence

RATE_HZ = 16000
FOREST_S = 13.0


def forest(rate_hz: int = RATE_HZ) -> NDArray[np.float32]:
    """A bird sings from 0.5 s on, somebody saws from 4.8 s to 8.6 s, and shoots at 9.6, 10.4 and 11.2 s."""
    random = np.random.default_rng(15)
    dry = silence(FOREST_S, rate_hz)
    saw = faded(chainsaw(random, 3.8, rate_hz), rate_hz // 5)
    for sound, level_db, start_s in ((birdsong(random, 3.6, rate_hz), -10.0, 0.5), (saw, -8.0, 4.8)):
        add(dry, peaking(sound, level_db).astype(np.float64), round(start_s * rate_hz))
    for start_s in (9.6, 10.4, 11.2):
        add(dry, peaking(shot(random, 1.4, rate_hz), -1.0).astype(np.float64), round(start_s * rate_hz))
    heard = fftconvolve(dry, among_trees(random, rate_hz))[: len(dry)]
    heard += 10 ** (-62 / 20) * coloured(random, FOREST_S, rate_hz, 1.0)
    return peaking(heard, -2.0)


def birdsong(random: np.random.Generator, duration_s: float, rate_hz: int) -> NDArray[np.float64]:
    """Phrases of two to five notes, each a whistle around 3.5 kHz that rises and falls within a tenth of a second."""
    song = silence(duration_s, rate_hz)
    at_s = 0.1
    while at_s < duration_s - 0.4:
        pitch_hz, step_hz, bow_hz = random.uniform(2800, 4500), random.uniform(-250, 300), random.uniform(-1200, 1500)
        note_s = random.uniform(0.05, 0.12)
        for number in range(random.integers(2, 6)):
            along = np.linspace(0, 1, round(note_s * rate_hz))
            cycles = np.cumsum(pitch_hz + number * step_hz + bow_hz * np.sin(np.pi * along)) / rate_hz
            note = np.sin(2 * np.pi * cycles) + 0.12 * np.sin(4 * np.pi * cycles)
            add(song, random.uniform(0.5, 1) * note * np.sin(np.pi * along), round(at_s * rate_hz))
            at_s += note_s + random.uniform(0.02, 0.06)
        at_s += random.uniform(0.15, 0.5)
    return song


def chainsaw(random: np.random.Generator, duration_s: float, rate_hz: int) -> NDArray[np.float64]:
    """A two-stroke engine between idling at 63 and cutting at 140 ignitions a second, and the hiss of its chain.

    Each ignition rings in the exhaust and in what the chain cuts, for about 2 ms.
    """
    count = round(duration_s * rate_hz)
    time_s = np.arange(count) / rate_hz
    throttle = np.sqrt(np.interp(time_s, np.linspace(0, duration_s, 9), random.uniform(0, 1, 9)))
    cycles = np.cumsum(63 + 77 * throttle + 3 * np.cumsum(random.standard_normal(count)) / np.sqrt(rate_hz)) / rate_hz
    ignitions = np.flatnonzero(np.diff(np.floor(cycles)) > 0)
    strokes = np.zeros(count)
    strokes[ignitions] = random.uniform(0.7, 1.3, len(ignitions))
    ringing_s = np.arange(round(0.03 * rate_hz)) / rate_hz
    modes = ((791, 1.9, 0.002), (2553, 0.7, 0.002), (2598, 0.5, 0.001), (4295, 0.35, 0.002))  # Hz, level, s
    ringing = sum(
        level * np.exp(-ringing_s / decay_s) * np.sin(2 * np.pi * pitch_hz * ringing_s)
        for pitch_hz, level, decay_s in modes
    )
    engine = fftconvolve(strokes, ringing)[:count]
    chain = band(random.standard_normal(count), 800, 7000, rate_hz) * (0.3 + np.exp(-(cycles % 1) / 0.35))
    sound = (engine / np.abs(engine).max() + 0.3 * chain) * (0.35 + 0.65 * throttle)
    driven: NDArray[np.float64] = np.tanh(2.8 * sound / np.abs(sound).max())
    return driven


def shot(random: np.random.Generator, duration_s: float, rate_hz: int) -> NDArray[np.float64]:
    """The crack of the bullet, the blast of the muzzle, and what comes back from afar."""
    time_s = np.arange(round(duration_s * rate_hz)) / rate_hz
    crack = random.standard_normal(len(time_s)) * np.exp(-time_s / 0.006)
    blast, back = (band(random.standard_normal(len(time_s)), 60, high_hz, rate_hz) for high_hz in (4900, 1650))
    loud, faint = 0.9 * np.exp(-time_s / 0.068), 0.45 * np.exp(-time_s / 0.36)
    heard: NDArray[np.float64] = 0.33 * crack + loud * blast / np.abs(blast).max() + faint * back / np.abs(back).max()
    return heard


def among_trees(random: np.random.Generator, rate_hz: int) -> NDArray[np.float64]:
    """The impulse response of a wood: the direct sound, then noise 9 dB below it that falls by 60 dB in 0.6 s."""
    time_s = np.arange(0, 0.6, 1 / rate_hz)
    response = random.standard_normal(len(time_s)) * 10 ** (-3 * time_s / 0.6)
    response *= 0.35 / np.sqrt(np.sum(response**2))
    response[0] = 1
    return response


if __name__ == "__main__":
    folder = Path(__file__).parents[1] / "flows" / "samples"
    soundfile.write(folder / "forest.flac", forest(), RATE_HZ, subtype="PCM_16")
