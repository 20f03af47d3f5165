"""Training with flowrun against YouTube-8M's starter code: examples per CPU second, side by side in one process.

Both learn from AudioSet's balanced training set, of `../shared/data/audioset` or of `FLOWRUN_SHARED`, or from made-up
examples in its form. flowrun's side is the steps of a flow: examples that were read once are played for 100 epochs,
shuffled, and learnt by `train`, with its running measures. The other side reads its files while it learns, as it is
made; the measures that its trainer takes at every tenth step are flowrun's own, which are faster, but for GAP.

Before anything is measured, both get the same weights and must come to the same scores and losses on real batches.
"""

from __future__ import annotations

from measure import Row, report  # before NumPy

# isort: split
import os
import statistics
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import reactivex
from numpy.typing import NDArray
from reactivex import Observable
from reactivex import operators as ops

from flowrun.models.evaluation.equal_recall import precision_at_equal_recall
from flowrun.models.evaluation.hit_at_one import hit_at_one
from flowrun.models.examples.joined import chosen, joined
from flowrun.models.examples.tfrecord import write_record
from flowrun.models.examples.writing import Frame, audioset_example
from flowrun.models.networks.catalogue import defaults, network
from flowrun.models.networks.dbof import draw_frames
from flowrun.models.tensorflow_on_demand import tf
from flowrun.models.training.batch import ready
from flowrun.models.training.session import PERR_EVERY
from flowrun.models.training.trainer import Recipe, Trainer
from flowrun.operators.sources.tfrecord_examples import tfrecord_examples
from flowrun.operators.training.epochs import epochs
from flowrun.operators.training.shuffle_batches import shuffle_batches
from flowrun.operators.training.train import Model, train
from flowrun.schemas.ports import Examples
from flowrun.schemas.run import Alone

if TYPE_CHECKING:
    from youtube8m import Training

Item = TypeVar("Item")
EPOCHS = 100
EXAMPLES, CLASSES, FRAMES, DIMS = 22_160, 527, 10, 128  # of AudioSet's balanced training set
EXAMPLES_OF_A_FILE = 5


@dataclass(frozen=True)
class Case:
    """A network, how many steps of each side make a round, how many rounds count, and what the project wants."""

    network: Model
    options: Mapping[str, Any]
    ours: int
    theirs: int
    rounds: int
    target: str


CASES = (
    Case("logistic", {}, 44, 6, 5, ">= 15, aim 25"),  # 44 steps are an epoch
    Case("dbof", {}, 2, 1, 3, ">= 2.2, aim 2.4"),
    Case("lstm", {"lstm_cells": 256}, 4, 3, 5, ">= 1.4, aim 2"),
)


def files(place: Path) -> list[str]:
    """Return the files to learn from; *place* is for those that are made up."""
    shared = Path(os.environ.get("FLOWRUN_SHARED") or Path(__file__).parents[2] / "shared")
    found = sorted(map(str, (shared / "data" / "audioset" / "bal_train").glob("*.tfrecord")))
    return found or made_up(place, EXAMPLES)


def made_up(place: Path, count: int) -> list[str]:
    """Write random examples in AudioSet's form, and as it does a few to a file."""
    random = np.random.default_rng(0)
    paths = []
    for start in range(0, count, EXAMPLES_OF_A_FILE):
        paths.append(str(place / f"{start}.tfrecord"))
        with open(paths[-1], "wb") as stream:
            for i in range(start, min(start + EXAMPLES_OF_A_FILE, count)):
                values = random.integers(0, 256, (FRAMES - i % 50 // 49, DIMS), np.uint8)  # one in 50 is shorter
                frames = [Frame(float(at), at + 0.96, row) for at, row in enumerate(values)]
                labels = np.flatnonzero(random.uniform(size=CLASSES) < 3 / CLASSES).tolist()
                write_record(stream, audioset_example(f"made up {i}", frames, labels))
    return paths


def read(paths: Sequence[str]) -> list[Examples]:
    """Read the examples, as a flow does."""
    return played(tfrecord_examples(files=list(paths), stream="benchmark", run=Alone()))


def played(items: Observable[Item]) -> list[Item]:
    """Return the items; raise the error that they end with."""
    found: list[Item] = []
    errors: list[Exception] = []
    items.subscribe(found.append, errors.append)
    for error in errors:
        raise error
    return found


def must_agree(case: Case, theirs: Training, whole: Examples, steps: int = 2) -> None:
    """Give both sides the same weights and batches.

    Raises:
        ValueError: what they read, their scores or their losses differ.
    """
    place = {name: i for i, name in enumerate(whole.ids.tolist())}
    recipe = Recipe()
    built = network(case.network, case.options)
    trainer = Trainer(built, recipe, dims=DIMS, classes=len(whole.labels))
    draw = tf.function(draw_frames, jit_compile=built.compiled)  # XLA draws other numbers from the same seed
    count = {**defaults(case.network), **case.options}.get("iterations")
    theirs.put(_in_their_form(trainer.weights()))
    for step in range(steps):
        batch = theirs.batch()
        part = chosen(whole, np.array([place[name.decode()] for name in batch.ids.tolist()]))
        frames = np.zeros_like(batch.frames)
        frames[:, : part.features.shape[1]] = ready(part.features, part.lengths)
        for what, ours, other in (
            ("frames", frames, batch.frames),
            ("lengths", part.lengths, batch.lengths),
            ("targets", part.targets, batch.targets),
        ):
            _same(f"the {what} of a batch", ours, other, 1e-6)
        drawn = None
        if case.network == "dbof":
            drawn = draw(part.lengths, count, np.array([recipe.seed, step], np.int32)).numpy()
        loss, scores = trainer.learn(part.features, part.lengths, part.targets)
        other = theirs.learn(batch, drawn)
        # Adam turns the rounding of tiny gradients into steps: only the first scores are of the very same weights.
        _same(f"{case.network}: the scores of step {step}", scores, other.scores, 1e-5 if step == 0 else 1e-2)
        _same(f"{case.network}: the loss of step {step}", loss / other.loss, 1.0, 1e-5 if step == 0 else 1e-3)


def _same(what: str, ours: Any, theirs: Any, tolerance: float) -> None:
    apart = float(np.abs(np.asarray(ours, float) - np.asarray(theirs, float)).max(initial=0))
    if not apart <= tolerance:
        raise ValueError(f"{what} differ by {apart:.2g}, more than {tolerance:g}")


def _in_their_form(weights: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
    """Return the weights by their names: an LSTM cell's matrix for its input and the one for its state are one."""
    theirs = dict(weights)
    for name in weights:
        if name.endswith("/recurrent_kernel"):
            kernel = name.replace("recurrent_", "")
            theirs[kernel] = np.concatenate([weights[kernel], theirs.pop(name)])
    return theirs


def race(case: Case, theirs: Training, blocks: Sequence[Examples], place: Path) -> dict[str, float]:
    """Return the CPU time of each side for an example, s: the median of the rounds, after one that does not count.

    The flow is halted between two of its rounds: batches on their way to `train` pass `tap`.
    """
    took: dict[str, list[float]] = {"flowrun": [], "YouTube-8M": []}
    steps = examples = other_steps = 0
    began = 0.0

    def tap(batch: Examples) -> bool:
        nonlocal steps, examples, other_steps, began
        if steps % case.ours == 0:
            if steps:
                took["flowrun"].append((time.process_time() - began) / examples)
            if steps == case.ours * (case.rounds + 1):
                run.stopping.set()
                return False
            took["YouTube-8M"].append(their_round(theirs, other_steps, case.theirs))
            other_steps += case.theirs
            began, examples = time.process_time(), 0
        steps += 1
        examples += len(batch)
        return True

    run = Alone()
    again = epochs(reactivex.from_iterable(blocks), count=EPOCHS, run=run)
    batches = shuffle_batches(again).pipe(ops.take_while(tap))
    played(train(batches, model=case.network, folder=place / case.network, run=run, **case.options).checkpoint)
    return {side: statistics.median(times[1:]) for side, times in took.items()}


def their_round(theirs: Training, done: int, steps: int) -> float:
    """Return the CPU time for an example, s; its queue is full before and after, so each step's reading counts."""
    theirs.fill()
    began, examples = time.process_time(), 0
    for step in range(done, done + steps):
        got = theirs()
        if step % PERR_EVERY == 0:
            hit_at_one(got.scores, got.targets).mean()
            precision_at_equal_recall(got.scores, got.targets).mean()
        examples += len(got.scores)
    theirs.fill()
    return (time.process_time() - began) / examples


def rows(case: Case, took: Mapping[str, float], read_s: float) -> Iterable[Row]:
    """Yield the results of a case; reading the set once is spread over the epochs."""
    name = f"training, {case.network}"
    took = {**took, "flowrun": took["flowrun"] + read_s / EPOCHS}
    for side, seconds in took.items():
        yield Row(name, f"speed of {side}", 1 / seconds, "examples/CPU s")
    yield Row(name, "flowrun, times as fast", took["YouTube-8M"] / took["flowrun"], "x", case.target)


def main() -> None:
    """Measure."""
    if find_spec("tensorflow") is None:
        raise SystemExit("TensorFlow is not installed: pip install 'flowrun[train]'")
    from youtube8m import Training

    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        paths = files(place)
        began = time.process_time()
        blocks = read(paths)
        whole = joined(blocks)
        read_s = (time.process_time() - began) / len(whole)
        found = [Row("training", "reading with flowrun, once", 1 / read_s, "examples/CPU s")]
        for case in CASES:
            with Training(case.network, case.options, paths, classes=len(whole.labels)) as theirs:
                must_agree(case, theirs, whole)
                found += rows(case, race(case, theirs, blocks, place), read_s)
    report(found)


if __name__ == "__main__":
    main()
