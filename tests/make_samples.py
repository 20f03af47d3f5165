"""Makes what is in `flows/samples`: all synthetic, so nobody else's. Run it with `make samples`; it needs espeak-ng."""

import csv
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy.signal import fftconvolve

from flowrun.models.examples.class_list import class_list
from flowrun.models.examples.tfrecord import write_record
from flowrun.models.examples.writing import Frame, audioset_example
from flowrun.models.synthesis.alarm import smoke_detector
from flowrun.models.synthesis.glass import clinks, shattering
from flowrun.models.synthesis.knocks import knocking
from flowrun.models.synthesis.noise import coloured, wind
from flowrun.models.synthesis.siren import horn, passing, pitches
from flowrun.models.synthesis.speech import spoken
from flowrun.models.synthesis.timeline import add, faded, peaking, silence

RATE_HZ = 16000


SCENE_S = 11.5


def sentence() -> NDArray[np.float64]:
    """Somebody speaks."""
    text = "Good evening. Please mind the window, the glass is very thin."
    return spoken(text, voice="en-gb", words_per_minute=195, pitch=45)


def scene(said: NDArray[np.float64]) -> NDArray[np.float32]:
    """Something is *said* at 0.4 s, glass breaks at 4 s, and from 6.4 s on a siren drives past; over faint noise."""
    random = np.random.default_rng(4)
    pane = shattering(random, 2.6, RATE_HZ, shards=150)
    wail = horn(pitches("wail", 4.8, 600, 1400, 2.4, RATE_HZ), 1.5, RATE_HZ)
    wail = faded(passing(wail, speed_m_s=12, nearest_m=10, rate_hz=RATE_HZ), RATE_HZ // 2)
    dry = silence(SCENE_S, RATE_HZ)
    for sound, level_db, start_s in ((said, -6.0, 0.4), (pane, -2.0, 4.0), (wail, -8.0, 6.4)):
        add(dry, peaking(sound, level_db).astype(np.float64), round(start_s * RATE_HZ))
    room = reverberation(random)
    heard = fftconvolve(dry, room)[: len(dry)]
    heard += 10 ** (-68 / 20) * coloured(random, SCENE_S, RATE_HZ, 1.0)
    return peaking(heard, -2.0)


def reverberation(random: np.random.Generator) -> NDArray[np.float64]:
    """Return the impulse response of a furnished room: the direct sound, then noise that falls by 60 dB in 0.35 s."""
    time_s = np.arange(0, 0.35, 1 / RATE_HZ)
    response = random.standard_normal(len(time_s)) * 10 ** (-3 * time_s / 0.35)
    response *= 0.4 / np.sqrt(np.sum(response**2))  # 8 dB below the direct sound
    response[0] = 1
    return response


def examples(count: int) -> Iterator[bytes]:
    """Yield records in AudioSet's form: each class has a place among the embeddings, and examples lie around it."""
    random = np.random.default_rng(1)
    names = class_list("audioset")
    known = [names.index(name) for name in ("Speech", "Music", "Dog", "Siren", "Glass")]
    places = random.uniform(40, 215, (len(known), 128))
    for number in range(count):
        which = number % len(known)
        frames = np.clip(places[which] + random.normal(0, 30, (10 - number % 3, 128)), 0, 255).astype(np.uint8)
        timed = [Frame(0.96 * i, 0.96 * (i + 1), frame) for i, frame in enumerate(frames)]
        yield audioset_example(
            f"made-{number:02}", timed, sorted({known[which], known[0]} if number % 4 else {known[which]})
        )


MY_SOUNDS: Mapping[str, Callable[[np.random.Generator, float, int], NDArray[np.float64]]] = {
    "alarm": smoke_detector,
    "glass": clinks,
    "knocking": knocking,
    "unknown": wind,
}


def my_sound(label: str, number: int) -> NDArray[np.float32]:
    """Return a recording of 1.2 s for a class, over the noise of a room."""
    random = np.random.default_rng([3, list(MY_SOUNDS).index(label), number])
    sound = 0.5 * peaking(MY_SOUNDS[label](random, 1.2, RATE_HZ)[: round(1.2 * RATE_HZ)], 0.0)
    return (sound + 0.003 * random.standard_normal(len(sound))).astype(np.float32)


def collections(folder: Path) -> None:
    """Write two tiny collections in the form of those that `train_listener` learns from: recordings, and a list."""
    rows = [("file", "author", "licence", "source_url", "source_repo", "evidence_strength", "esc50_same_freesound_id")]
    clips = [("filename", "fold", "author", "clip_license")]
    (folder / "esc50" / "audio").mkdir(parents=True, exist_ok=True)
    (folder / "openaudio").mkdir(exist_ok=True)
    for number, label in enumerate(MY_SOUNDS, 1):
        name = f"{label}.ogg"
        soundfile.write(folder / "openaudio" / name, my_sound(label, 6), RATE_HZ, subtype="VORBIS")
        rows.append((name, "flowrun", "CC0 1.0", "", "flowrun", "stated per file or collection", ""))
        name = f"{number}-{label}.ogg"
        soundfile.write(folder / "esc50" / "audio" / name, my_sound(label, 7), RATE_HZ, subtype="VORBIS")
        clips.append((name, str(number), "flowrun", "CC0"))
    for path, lines in ((folder / "openaudio" / "manifest.csv", rows), (folder / "esc50" / "meta.csv", clips)):
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(lines)


def main() -> None:
    """Write the scene, 32 examples, five recordings of each class of "my sounds", and two tiny collections."""
    folder = Path(__file__).parents[1] / "flows" / "samples"
    collections(folder)
    for label in MY_SOUNDS:
        (folder / "my_sounds" / label).mkdir(parents=True, exist_ok=True)
        for number in range(1, 6):
            path = folder / "my_sounds" / label / f"{label}_{number}.ogg"
            soundfile.write(path, my_sound(label, number), RATE_HZ, subtype="VORBIS")
    soundfile.write(folder / "scene.flac", scene(sentence()), RATE_HZ, subtype="PCM_16")
    with (folder / "examples.tfrecord").open("wb") as stream:
        for example in examples(32):
            write_record(stream, example)


if __name__ == "__main__":
    main()
