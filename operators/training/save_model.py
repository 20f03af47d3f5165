"""A trained network as a model bundle."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Literal

import reactivex
from reactivex import Observable
from reactivex import operators as ops

from flowrun.models.tensorflow_on_demand import need_tensorflow
from flowrun.models.training.new_bundle import write_bundle
from flowrun.schemas.kernel import each
from flowrun.schemas.ports import Checkpoint, Credit
from flowrun.schemas.run import Run
from flowrun.schemas.spec import operator

log = logging.getLogger("flowrun.save_model")


@operator
def save_model(
    checkpoint: Observable[Checkpoint],
    credits: Observable[Credit] | None = None,
    *,
    folder: Path,
    description: str = "A classifier of sounds, trained with flowrun.",
    licence: str = "not stated",
    weights: Literal["float32", "float16", "int8"] = "float32",
    saved_model: bool = True,
    command: str = "flowrun",
    run: Run,
) -> Observable[Checkpoint]:
    """Write a trained network as a model bundle, which `recognise`, `classifier` and `evaluate` run.

    The bundle is a folder with the network for LiteRT, the same as a TensorFlow SavedModel, a manifest and a model
    card. It takes the place of the one before when it is complete. Where there are credits, a list of all that the
    network has learnt from is in it: data.csv. The checkpoint is passed on.

    Args:
        folder: The folder of the bundle; its last part is the model's name.
        description: What the model is, in a sentence.
        licence: Under which terms it may be used.
        weights: Precision of the weights in the LiteRT file; float16 halves it, int8 quarters it.
        saved_model: Write the SavedModel too.
        command: How the model was made, for its card.
    """
    need_tensorflow()

    def save(given: tuple[Checkpoint, list[Credit]]) -> Checkpoint:
        trained, heard = given
        write_bundle(
            trained,
            folder,
            heard,
            description=description,
            licence=licence,
            precision=weights,
            saved_model=saved_model,
            made=run.now().date().isoformat(),
            command=command,
        )
        log.info("the model is in %s", folder)
        return trained

    heard = reactivex.of([]) if credits is None else credits.pipe(ops.to_list())
    return each(reactivex.combine_latest(checkpoint, heard), save)
