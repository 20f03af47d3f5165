"""From levels to steps of colour, at the width of the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrun.models.picture.colours import LEVELS
from flowrun.models.picture.spectrogram import ROWS, Spectrogram
from flowrun.schemas.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

RANGE_DB = 70.0  # from the darkest to the brightest colour
QUIETEST_DB = -50.0  # the brightest colour is never quieter: silence stays dark


def loudness_steps(sound: Spectrogram, width: int) -> tuple[NDArray[np.uint8], float]:
    """Return steps of loudness, 0 to LEVELS - 1, and the level of the highest, dB: that of the loudest spot.

    The steps have the shape (ROWS, width), the highest frequency first.
    """
    from PIL import Image

    levels_db = sound.levels_db()
    loudest_db = max(QUIETEST_DB, float(levels_db.max()))
    upright = Image.fromarray(np.ascontiguousarray(levels_db.T[::-1]))
    columns = sound.duration_s / sound.column_s  # the last may be there in part
    scaled = np.asarray(upright.resize((width, ROWS), Image.Resampling.BILINEAR, (0, 0, columns, ROWS)))
    shares = ((scaled - loudest_db) / RANGE_DB + 1).clip(0, 1)
    return (shares * (LEVELS - 1)).round().astype(np.uint8), loudest_db
