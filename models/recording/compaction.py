"""FLAC in the place of WAV, where not one bit is lost by it."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from flowrun.models.atomic_file import atomic_file
from flowrun.schemas.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def compacted(path: Path) -> Path:
    """Replace the WAV file at *path* by a FLAC file if that gives the same samples, bit by bit; return what is there.

    Most microphones and files have 16 or 24 bits, and these fit. Samples that were resampled or mixed do not.

    Raises:
        OSError: the disk does not take it; the WAV file is as it was.
    """
    import soundfile

    samples, rate_hz = soundfile.read(path, dtype="float32")
    data = encoded(samples, rate_hz, 16) or encoded(samples, rate_hz, 24)
    if data is None:
        return path
    flac = path.with_suffix(".flac")
    with atomic_file(flac, "wb") as out:
        out.write(data)
    path.unlink()
    return flac


def encoded(samples: NDArray[np.float32], rate_hz: int, bits: int) -> bytes | None:
    """Return *samples*, shape (n,), as a FLAC file of *bits*, or None where it would not give the same.

    >>> [encoded(np.array([0.5, x], np.float32), 16000, 16) is not None for x in (-1.0, 1.0, 1e-5, -0.0, np.nan)]
    [True, False, False, False, False]
    """
    import soundfile

    full = np.float32(2 ** (bits - 1))
    whole = samples * full
    if not (whole == np.rint(whole)).all() or not ((-full <= whole) & (whole < full)).all():
        return None
    pcm = whole.astype(np.int32) << (32 - bits)  # libsndfile takes the upper bits
    out = io.BytesIO()
    try:
        soundfile.write(out, pcm, rate_hz, format="FLAC", subtype=f"PCM_{bits}")
        out.seek(0)
        again, _ = soundfile.read(out, dtype="float32")
    except soundfile.LibsndfileError:  # a rate that FLAC does not know
        return None
    return out.getvalue() if again.tobytes() == samples.tobytes() else None
