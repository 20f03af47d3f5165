"""Does VGGish compute what it should?"""

from __future__ import annotations

from collections.abc import Iterator
from math import isclose

import numpy as np
from numpy.typing import NDArray

from flowrun.models.bundle import Bundle
from flowrun.models.check import Check
from flowrun.models.conversions import conversions
from flowrun.models.log_mel import MEL_BINS, PATCH_FRAMES, RATE_HZ, log_mel_frames
from flowrun.models.vggish_calibration import calibration_patches
from flowrun.models.vggish_embedder import VggishEmbedder
from flowrun.models.vggish_postprocess import postprocess, read_pca

TONE_RATE_HZ = 44100
MIN_COSINE = 0.99  # of what integer arithmetic gives, against float32


def check_vggish(found: Bundle) -> Iterator[Check]:
    """Check the published values on a tone, and each smaller network against the float32 one.

    Raises:
        ModelError: a network cannot be run, or the PCA parameters are damaged.
    """
    exact = VggishEmbedder(found)
    embeddings = exact(tone_patches())
    quantised = postprocess(embeddings, read_pca(found.path("vggish_pca_params.npz")))
    published = found.data["quality"]["sine_1khz_3s_44100hz"]
    for kind, values in (("embedding", embeddings), ("quantised", quantised)):
        for measure, value in (("mean", float(values.mean())), ("std", float(values.std()))):
            known = published[f"{kind}_{measure}"]
            close = isclose(value, known, rel_tol=0, abs_tol=published["tolerance"] * abs(known))
            yield Check(f"published {kind} {measure}", close, f"{value:.4g}, published {known:.4g}, 10 % either way")
    patches = calibration_patches()[::5]
    reference = exact(patches)
    for each in conversions(found):
        if each.precision != "float32":
            lowest = float(cosine(VggishEmbedder(found, each.precision)(patches), reference).min())
            yield Check(
                f"{each.precision} against float32",
                lowest >= MIN_COSINE,
                f"cosine at least {lowest:.4f}, {MIN_COSINE} wanted",
            )


def tone_patches() -> NDArray[np.float32]:
    """Return the patches of 3 s of a full-scale 1 kHz sine at 44.1 kHz: float32, shape (3, 96, 64)."""
    import soxr

    time_s = np.linspace(0, 3, 3 * TONE_RATE_HZ)  # the end included, as in vggish_smoke_test.py of the release
    samples = soxr.resample(np.sin(2 * np.pi * 1000 * time_s), TONE_RATE_HZ, RATE_HZ)
    frames = log_mel_frames(samples.astype(np.float32))
    return frames[: 3 * PATCH_FRAMES].reshape(3, PATCH_FRAMES, MEL_BINS)


def cosine(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the cosine between the rows of *one* and *other*, both of shape (n, dims).

    >>> cosine(np.array([[1, 0], [1, 1]], np.float32), np.array([[2, 0], [1, 0]], np.float32)).round(3).tolist()
    [1.0, 0.7070000171661377]
    """
    return np.asarray((one * other).sum(axis=1) / (np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)))
