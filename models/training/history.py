"""What is known at a point of a training; all of it is in the checkpoint."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Tally:
    """Sums over the batches of an epoch so far."""

    examples: int = 0
    loss: float = 0.0
    hits: float = 0.0
    perr: float = 0.0
    perr_examples: int = 0

    def means(self) -> dict[str, float]:
        """Return the means over the examples."""
        perr = {"PERR": self.perr / self.perr_examples} if self.perr_examples else {}
        return {"loss": self.loss / self.examples, "Hit@1": self.hits / self.examples, **perr}


@dataclass
class History:
    """What is known at a point of the training; all of it is in the checkpoint."""

    epoch: int = 0
    epoch_size: int = 0
    unmeasured: bool = False  # the measurement that is due after this epoch was interrupted
    order: int = 0  # CRC-32 of the ids in the order in which they came
    best: float | None = None
    best_epoch: int = 0
    best_step: int = 0
    since_best: int = 0
    given_up: bool = False
    seconds: float = 0.0
    tally: Tally = field(default_factory=Tally)
    metrics: list[dict[str, Any]] = field(default_factory=list)
