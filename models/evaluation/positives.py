"""Which classes an example has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrun.schemas.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

THOUGHT = 0.5  # a teacher's score from which it means yes


def positives(targets: NDArray[Any]) -> NDArray[np.bool_]:
    """Return targets as yes and no: what a teacher thinks, in [0, 1], is a yes from one half on.

    >>> positives(np.array([[0.49, 0.5]])).tolist(), positives(np.array([[True, False]])).tolist()
    ([[False, True]], [[True, False]])
    """
    return targets if targets.dtype == np.bool_ else targets >= THOUGHT
