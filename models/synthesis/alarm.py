"""Alarms and signals: smoke detectors, alarm clocks, reversing lorries, car alarms, telephones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrun.models.synthesis.resonance import struck
from flowrun.models.synthesis.siren import horn
from flowrun.models.synthesis.timeline import add, faded, peaking, seconds, silence
from flowrun.schemas.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Hz of the two tones of a key. Source: ITU-T Q.23.
KEYS_HZ = [(low, high) for low in (697, 770, 852, 941) for high in (1209, 1336, 1477, 1633)]


def alarm(random: np.random.Generator, rate_hz: int = 16000) -> NDArray[np.float32]:
    """Return 3 to 7 s of an alarm or a telephone, shape (n,)."""
    makers = (smoke_detector, alarm_clock, reversing_beeper, car_alarm, bell, ringing, dialling)
    made = makers[random.integers(len(makers))](random, random.uniform(3, 7), rate_hz)
    return peaking(made, random.uniform(-20, -1))


def smoke_detector(random: np.random.Generator, duration_s: float, rate_hz: int) -> NDArray[np.float64]:
    """Return three beeps of 0.5 s and a pause of 1.5 s, again and again, near 3.1 kHz, shape (n,).

    Source: ISO 8201, the temporal pattern for evacuation.
    """
    pitch_hz = random.uniform(2900, 3500)
    return _beeps(pitch_hz, [(0.5, 0.5), (0.5, 0.5), (0.5, 1.5)], duration_s, random.uniform(0.5, 3), rate_hz)


def alarm_clock(random: np.random.Generator, duration_s: float, rate_hz: int) -> NDArray[np.float64]:
    """Return groups of one to five short beeps, shape (n,)."""
    beep_s = random.uniform(0.04, 0.12)
    group = [(beep_s, beep_s)] * int(random.integers(1, 6))
    group[-1] = (beep_s, random.uniform(0.3, 0.7))
    return _beeps(random.uniform(1000, 3000), group, duration_s, random.uniform(0.5, 5), rate_hz)


def reversing_beeper(random: np.random.Generator, duration_s: float, rate_hz: int) -> NDArray[np.float64]:
    """Return the even beeps of a lorry that backs up, shape (n,)."""
    beep_s = random.uniform(0.3, 0.6)
    return _beeps(random.uniform(900, 1500), [(beep_s, beep_s)], duration_s, random.uniform(1, 4), rate_hz)


def car_alarm(random: np.random.Generator, duration_s: float, rate_hz: int) -> NDArray[np.float64]:
    """Return sweeps that change their kind every second or so, shape (n,)."""
    pitch_hz = np.empty(0)
    while len(pitch_hz) < duration_s * rate_hz:
        low_hz, high_hz = random.uniform(500, 1000), random.uniform(1300, 3000)
        turn = seconds(random.uniform(0.8, 2), rate_hz) * random.uniform(1, 8) % 1
        shape = (turn, 1 - turn, np.abs(2 * turn - 1), np.round(turn))[random.integers(4)]
        pitch_hz = np.append(pitch_hz, low_hz * (high_hz / low_hz) ** shape)
    return horn(pitch_hz[: round(duration_s * rate_hz)], random.uniform(1, 4), rate_hz)


def bell(random: np.random.Generator, duration_s: float, rate_hz: int) -> NDArray[np.float64]:
    """Return a telephone's or a door's bell of two gongs, struck 15 to 30 times a second, in turns, shape (n,)."""
    samples = silence(duration_s, rate_hz)
    lowest_hz = random.uniform(900, 2000)
    gongs = [
        struck(f * np.array([1, 2.3, 3.9, 5.8]), random.uniform(0.05, 0.2), [1, 0.6, 0.4, 0.2], rate_hz)
        for f in (lowest_hz, lowest_hz * random.uniform(1.1, 1.3))
    ]
    blow_s, on_s, off_s = 1 / random.uniform(15, 30), random.uniform(0.4, 2), random.uniform(0.2, 2)
    for i, start_s in enumerate(np.arange(0, duration_s, blow_s)):
        if start_s % (on_s + off_s) < on_s:
            add(samples, random.uniform(0.8, 1) * gongs[i % 2], round(start_s * rate_hz))
    return samples


def ringing(random: np.random.Generator, duration_s: float, rate_hz: int) -> NDArray[np.float64]:
    """Return an electronic telephone, shape (n,): two tones in quick turns, 1 s on and 1 to 2 s off."""
    time_s = seconds(duration_s, rate_hz)
    low_hz = random.uniform(500, 1600)
    quick = np.round(time_s * random.uniform(12, 30) % 1)
    made = horn(low_hz * np.where(quick > 0, 1.25, 1.0), random.uniform(0.5, 2), rate_hz)
    made *= time_s % random.uniform(2, 3) < 1
    return made


def dialling(random: np.random.Generator, duration_s: float, rate_hz: int) -> NDArray[np.float64]:
    """Return keys of a telephone pressed one after another, shape (n,): two sines each."""
    samples = silence(duration_s, rate_hz)
    press_s, pause_s = random.uniform(0.07, 0.3), random.uniform(0.05, 0.3)
    time_s = seconds(press_s, rate_hz)
    for start_s in np.arange(0, duration_s, press_s + pause_s):
        low_hz, high_hz = KEYS_HZ[random.integers(len(KEYS_HZ))]
        key = np.sin(2 * np.pi * low_hz * time_s) + np.sin(2 * np.pi * high_hz * time_s)
        add(samples, faded(key, rate_hz // 500), round(start_s * rate_hz))
    return samples


def _beeps(
    pitch_hz: float, group: list[tuple[float, float]], duration_s: float, drive: float, rate_hz: int
) -> NDArray[np.float64]:
    """Return beeps at *pitch_hz*; *group* tells how many seconds each lasts, and the pause after it, in turn."""
    samples = silence(duration_s, rate_hz)
    start = 0
    while start < len(samples):
        for on_s, off_s in group:
            tone = horn(np.full(round(on_s * rate_hz), pitch_hz), drive, rate_hz)
            add(samples, faded(tone, rate_hz // 500), start)
            start += round((on_s + off_s) * rate_hz)
    return samples
