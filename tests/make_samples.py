"""Makes the sounds in `flows/samples`: all synthetic, so nobody else's. Run it with `make samples`."""

from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from flowrun.models import signals

RATE_HZ = 16000


def siren(duration_s: float) -> NDArray[np.float32]:
    """A wailing siren: a tone with harmonics that sweeps between 600 and 1,400 Hz every 3 s."""
    time_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    frequency_hz = 1000 + 400 * np.sin(2 * np.pi * time_s / 3)
    phase = 2 * np.pi * np.cumsum(frequency_hz) / RATE_HZ
    wave: NDArray[np.float64] = np.stack([np.sin(k * phase) / k for k in range(1, 5)]).sum(axis=0)
    return (0.25 * wave).astype(np.float32)


def main() -> None:
    """Write the scene: 2 s of faint noise, 6 s of a siren in it, 2 s of noise again."""
    scene = signals.noise(10.0, RATE_HZ, -60.0, seed=1)
    scene[2 * RATE_HZ : 8 * RATE_HZ] += siren(6.0)
    folder = Path(__file__).parents[1] / "flows" / "samples"
    soundfile.write(folder / "scene.flac", scene, RATE_HZ, subtype="PCM_16")


if __name__ == "__main__":
    main()
