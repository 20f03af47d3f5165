"""Makes what is in `flows/samples`: all synthetic, so nobody else's. Run it with `make samples`."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from flowrun.models import signals
from flowrun.models.examples.class_list import class_list
from flowrun.models.examples.tfrecord import write_record
from flowrun.models.examples.writing import Frame, audioset_example

RATE_HZ = 16000


def siren(duration_s: float) -> NDArray[np.float32]:
    """A wailing siren: a tone with harmonics that sweeps between 600 and 1,400 Hz every 3 s."""
    time_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    frequency_hz = 1000 + 400 * np.sin(2 * np.pi * time_s / 3)
    phase = 2 * np.pi * np.cumsum(frequency_hz) / RATE_HZ
    wave: NDArray[np.float64] = np.stack([np.sin(k * phase) / k for k in range(1, 5)]).sum(axis=0)
    return (0.25 * wave).astype(np.float32)


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


def main() -> None:
    """Write the scene, 2 s of faint noise, 6 s of a siren in it, 2 s of noise again, and 32 examples."""
    scene = signals.noise(10.0, RATE_HZ, -60.0, seed=1)
    scene[2 * RATE_HZ : 8 * RATE_HZ] += siren(6.0)
    folder = Path(__file__).parents[1] / "flows" / "samples"
    soundfile.write(folder / "scene.flac", scene, RATE_HZ, subtype="PCM_16")
    with (folder / "examples.tfrecord").open("wb") as stream:
        for example in examples(32):
            write_record(stream, example)


if __name__ == "__main__":
    main()
