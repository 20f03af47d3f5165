"""Training a classifier of your own sounds, and measuring how good it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from typing import Annotated, Any, Literal, NamedTuple

from reactivex import Observable

from flowrun.models.cross_validation.fitting import BATCH, Fitting, Stopped
from flowrun.models.cross_validation.folds import stratified_folds
from flowrun.models.cross_validation.out_of_fold import cross_validated, trainings, truths
from flowrun.models.examples.joined import joined
from flowrun.models.tensorflow_on_demand import need_tensorflow
from flowrun.models.training.trainer import Recipe
from flowrun.schemas.kernel import per_stream, split
from flowrun.schemas.late import np
from flowrun.schemas.parameters import Field
from flowrun.schemas.ports import Checkpoint, CrossValidation, Examples
from flowrun.schemas.run import Run
from flowrun.schemas.spec import operator
from flowrun.schemas.stream_info import Mismatch, StreamInfo


class Validated(NamedTuple):
    """A network that learnt from all examples, and how well its like do on examples they have not learnt from."""

    checkpoint: Observable[Checkpoint]
    validation: Observable[CrossValidation]


def _info(*, examples: StreamInfo, folds: int, **_: Any) -> StreamInfo:
    if examples.groups is not None and (said := too_few(examples.groups, folds)):
        raise Mismatch(said, "folds", remedy=REMEDY)
    return examples


@operator(info=_info)
def cross_validate(
    examples: Observable[Examples],
    *,
    folds: Annotated[int, Field(ge=3, le=20)] = 5,
    false_alarms_per_hour: Annotated[float, Field("1/h", ge=0)] = 1.0,
    model: Literal["open_set", "logistic", "moe"] = "open_set",
    steps: Annotated[int, Field("batches", ge=1)] = 60,
    base_learning_rate: Annotated[float, Field(gt=0)] = 0.1,
    regularization_penalty: Annotated[float, Field(ge=0)] = 1.0,
    seed: Annotated[int, Field(ge=0)] = 1,
    run: Run,
) -> Validated:
    """Train a classifier on all examples, and measure by cross-validation how good it is.

    The examples are divided into folds, so that what was cut from one recording stays together. Each fold is scored by
    a network that was trained on the others. From these scores comes a threshold for each class, which goes into the
    model. How the thresholds do, and what happens to sounds of classes that a network never heard, is measured too, on
    examples that neither the network nor the thresholds have seen. `from: STEP.validation` reads the measurements.

    Args:
        folds: Into how many parts the examples are divided; each class needs as many recordings.
        false_alarms_per_hour: How often a class may be reported in an hour of other sounds; its threshold is the lowest
            that keeps to that on the examples.
        model: The network: open_set also asks whether a sound is near to any that it learnt; the others are those of
            `train`, to compare.
        steps: Batches of 256 examples that a network learns from.
        base_learning_rate: The learning rate of Adam.
        regularization_penalty: Weight of the L2 loss of the weights.
        seed: What the first weights and the order of the examples depend on.
    """
    need_tensorflow()
    recipe = Recipe(
        base_learning_rate=base_learning_rate,
        learning_rate_decay=1.0,
        regularization_penalty=regularization_penalty,
        seed=seed,
    )

    def results(whole: Examples) -> Iterator[Checkpoint | CrossValidation]:
        yield from _results(whole, folds, false_alarms_per_hour, model, recipe, steps, run)

    return Validated(*split(per_stream(examples, lambda: _Kernel(results)), Checkpoint, CrossValidation))


class _Kernel:
    def __init__(self, results: Callable[[Examples], Iterator[Checkpoint | CrossValidation]]) -> None:
        self.results = results
        self.blocks: list[Examples] = []

    def __call__(self, block: Examples) -> Iterator[Checkpoint | CrossValidation]:
        if len(block):
            self.blocks.append(block)
        if block.last:
            if not self.blocks:
                raise ValueError("there is no example to learn from")
            yield from self.results(joined(self.blocks))


def _results(
    whole: Examples, count: int, false_alarms_per_hour: float, model: str, recipe: Recipe, steps: int, run: Run
) -> Iterator[Checkpoint | CrossValidation]:
    groups = (whole.ids if whole.groups is None else whole.groups).tolist()
    truth = truths(whole)
    if (whole.targets.sum(axis=1) > 1).any():
        raise ValueError(f"{whole.ids[whole.targets.sum(axis=1).argmax()]} is of several classes; each must be of one")
    if said := too_few(
        {label: len({groups[i] for i in np.flatnonzero(truth == n)}) for n, label in enumerate(whole.labels)}, count
    ):
        raise ValueError(f"{said}; {REMEDY}")
    due = trainings(count, len(whole.labels))
    began = run.now()
    fitting = Fitting(model, recipe, steps, whole, run.stopping.is_set)
    try:
        weights, validation = cross_validated(
            fitting,
            whole,
            stratified_folds(truth.tolist(), groups, count),
            model=model,
            false_alarms_per_hour=false_alarms_per_hour,
            report=lambda done: run.report(done / due, f"{done} of {due} networks"),
        )
    except Stopped:
        return
    yield validation
    yield Checkpoint(
        stream=whole.stream,
        network={"name": model, **fitting.options},
        weights=weights,
        labels=whole.labels,
        embedding=whole.embedding,
        quantised=whole.features.dtype == np.uint8,
        frames=whole.features.shape[1],
        dims=whole.features.shape[2],
        step=steps,
        epoch=-(-steps * min(BATCH, len(whole)) // len(whole)),
        examples=len(whole),
        training={
            "folds": count,
            "false_alarms_per_hour": false_alarms_per_hour,
            **asdict(recipe),
            "seconds": round((run.now() - began).total_seconds(), 1),
        },
        hop_s=whole.hop_s,
        validation=validation,
    )


REMEDY = "record more, or set fewer `folds`, or leave such classes out by `min_groups`"


def too_few(groups: Mapping[str, int], folds: int) -> str:
    """Return what is wrong if a class has too few groups to be in every fold; empty if none has.

    >>> too_few({"dog": 5, "cat": 3, "cow": 1}, 5)
    "2 classes have fewer recordings than the 5 folds: 'cat' 3, 'cow' 1"
    """
    few = {label: count for label, count in groups.items() if count < folds}
    if not few:
        return ""
    named = ", ".join(f"{label!r} {count}" for label, count in sorted(few.items(), key=lambda pair: -pair[1])[:8])
    many = f"{len(few)} classes have" if len(few) > 1 else "a class has"
    return f"{many} fewer recordings than the {folds} folds: {named}" + ", …" * (len(few) > 8)
