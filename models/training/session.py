"""A training from its first batch to its last: measured, kept and, after an interruption, taken up where it was.

The order of the examples is a function of the flow alone, so a training that is taken up skips the batches it has
learnt from and goes on to the same result.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from flowrun.models.evaluation.equal_recall import precision_at_equal_recall
from flowrun.models.evaluation.evaluation import Evaluation
from flowrun.models.evaluation.hit_at_one import hit_at_one
from flowrun.models.evaluation.positives import positives
from flowrun.models.networks.catalogue import network
from flowrun.models.training.checkpoints import read_checkpoint, write_checkpoint
from flowrun.models.training.history import History, Tally
from flowrun.models.training.losses import LOSSES
from flowrun.models.training.trainer import Arrays, Recipe, Trainer
from flowrun.schemas.errors import ModelError
from flowrun.schemas.late import np
from flowrun.schemas.ports import Checkpoint, Examples, Metrics

CHECKPOINT = "checkpoint.npz"
PERR_EVERY = 10  # batches: YouTube-8M measures the training at every tenth
REPORT_S = 0.5


@dataclass(frozen=True)
class Plan:
    """When a training is measured, what of it is kept, and when it ends.

    Args:
        folder: Where its checkpoint lies.
        validate_every: Epochs between two measurements on the validation examples.
        keep: The network of the last epoch, or of the one that was best.
        metric: What best means.
        patience: Measurements in a row without a better one after which the training ends; None never ends it.
        checkpoint_s: Seconds between two checkpoints, at least; they are written at the end of an epoch.
    """

    folder: Path
    validate_every: int = 1
    keep: Literal["last", "best"] = "last"
    metric: str = "mAP"
    patience: int | None = None
    checkpoint_s: float = 30.0


class Session:
    """One training.

    Args:
        model: Name of the architecture, and *options*: its options.
        recipe: How to train.
        plan: When to measure, keep and stop.
        validation: The examples to measure on.
        report: Called with the share that is done and a text for the progress bar.
        stopping: Tells whether the training is to be interrupted as soon as possible.
        clock: Returns seconds.

    Calling it with a batch yields what there is to tell after it.
    """

    def __init__(
        self,
        model: str,
        options: Mapping[str, Any],
        recipe: Recipe,
        plan: Plan,
        validation: Examples | None,
        report: Callable[[float, str], None],
        stopping: Callable[[], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.model = model
        self.options = dict(options)
        self.recipe = recipe
        self.plan = plan
        self.validation = validation
        self.report = report
        self.stopping = stopping
        self.clock = clock
        self.history = History()
        self.best: Arrays = {}
        self.path = plan.folder / CHECKPOINT
        self._skip = 0  # batches that were learnt from before
        self._seen_order = 0
        self._measured: Metrics | None = None  # the last measurement on the validation examples

    # From here on in the order of events

    def begin(self, block: Examples) -> Iterator[Metrics]:
        """Build the network for examples like *block*, or take up the training in the folder; yield its metrics."""
        self._sample = replace(block, features=block.features[:0], targets=block.targets[:0])
        self._frames = block.features.shape[1]
        dims, classes = block.features.shape[2], len(block.labels)
        if self.validation is not None:
            self._check_validation(self.validation, block)
        self._trainer = Trainer(network(self.model, self.options), self.recipe, dims=dims, classes=classes)
        self._saved_at = self._reported_at = self._clock_at = self.clock()
        self._tracked = (self._saved_at, 0)
        if self.path.exists():
            self._restore()
            yield from (Metrics(**data) for data in self.history.metrics)
            if self.history.unmeasured:
                yield from self._validate()

    @property
    def finished(self) -> bool:
        """Whether there is nothing more to learn."""
        history = self.history
        return not history.unmeasured and (history.given_up or history.epoch >= self._sample.epochs)

    def __call__(self, block: Examples) -> Iterator[Metrics]:
        """Learn from a batch."""
        self._seen_order = zlib.crc32(block.ids.tobytes(), self._seen_order)
        self._frames = max(self._frames, block.features.shape[1])
        if self._skip:
            self._skip -= 1
            if not self._skip and self._seen_order != self.history.order:
                raise ModelError(f"{self.path}: was trained on other examples, or in another order; {REMEDY}")
            return
        self.history.order = self._seen_order
        self._learn(block)
        if block.epoch_end:
            yield from self._end_epoch(block)

    def stop(self) -> None:
        """Write a checkpoint at this batch, if the training has not come to its end."""
        if not self.finished and not self._skip:
            self.history.seconds += self.clock() - self._clock_at
            self._save()

    def result(self) -> tuple[Checkpoint, Metrics | None]:
        """Return the trained network, and how well it does on the validation examples."""
        history, sample = self.history, self._sample
        step, epoch = self._trainer.step, history.epoch
        if self.best:
            step, epoch = history.best_step, history.best_epoch
        weights = self.best or self._trainer.weights()
        trained = Checkpoint(
            stream=sample.stream,
            network={"name": self.model, **self.options},
            weights=weights,
            labels=sample.labels,
            embedding=sample.embedding,
            quantised=sample.features.dtype == np.uint8,
            frames=self._frames,
            dims=sample.features.shape[2],
            step=step,
            epoch=epoch,
            examples=self._trainer.examples,
            training={**asdict(self.recipe), "seconds": round(history.seconds, 1)},
            held_out=self.validation,
            hop_s=sample.hop_s,
        )
        if self.validation is None or (self._measured and self._measured.step == step):
            return trained, self._measured
        return trained, self._measure(self.validation, weights, step, epoch)

    def _learn(self, block: Examples) -> None:
        step, tally, count = self._trainer.step, self.history.tally, len(block)
        loss, scores = self._trainer.learn(block.features, block.lengths, block.targets)
        if not np.isfinite(loss):
            said = f"the loss is {float(loss)} after {step} steps"
            raise ValueError(f"{said}: lower `base_learning_rate`, or look for bad features")
        scores, labels = np.asarray(scores), positives(block.targets)
        tally.examples += count
        tally.loss += float(loss) * count
        tally.hits += float(hit_at_one(scores, labels).sum())
        if step % PERR_EVERY == 0:
            tally.perr += float(precision_at_equal_recall(scores, labels).sum())
            tally.perr_examples += count
        now = self.clock()
        if now - self._reported_at >= REPORT_S:
            self._tell(block, now)

    def _tell(self, block: Examples, now: float) -> None:
        tally, size = self.history.tally, self.history.epoch_size
        began, before = self._tracked
        rate = (self._trainer.examples - before) / max(now - began, 1e-9)
        self._tracked, self._reported_at = (now, self._trainer.examples), now
        within = min(1.0, tally.examples / size) if size else 0.0
        text = f"epoch {block.epoch + 1}/{block.epochs}  {rate:,.0f} examples/s  " + "  ".join(
            f"{name} {value:.4f}" for name, value in tally.means().items()
        )
        self.report((block.epoch + within) / block.epochs, text)

    def _end_epoch(self, block: Examples) -> Iterator[Metrics]:
        history = self.history
        history.epoch, history.epoch_size = block.epoch + 1, history.tally.examples
        now = self.clock()
        took, self._clock_at = now - self._clock_at, now
        history.seconds += took
        rate = self.recipe.learning_rate(self._trainer.examples)
        values = {
            **history.tally.means(),
            "learning rate": rate,
            "examples/s": history.tally.examples / max(took, 1e-9),
        }
        history.tally = Tally()
        yield self._note(Metrics(block.stream, "training", self.model, self._trainer.step, history.epoch, values))
        due = history.epoch % self.plan.validate_every == 0 or block.last
        history.unmeasured = self.validation is not None and due
        yield from self._validate()
        if self.finished or self.clock() - self._saved_at >= self.plan.checkpoint_s:
            self._save()
        self._clock_at = self.clock()

    def _validate(self) -> Iterator[Metrics]:
        """Measure, if that is due; where it is interrupted, it stays due."""
        history, weights = self.history, self._trainer.weights()
        if self.validation is None or not history.unmeasured:
            return
        measured = self._measure(self.validation, weights, self._trainer.step, history.epoch)
        if measured is None:
            return
        history.unmeasured, self._measured = False, measured
        yield self._note(measured)
        self._compare(measured, weights)
        history.given_up = self.plan.patience is not None and history.since_best >= self.plan.patience

    def _compare(self, measured: Metrics, weights: Arrays) -> None:
        value = measured.values[self.plan.metric]
        if self.plan.metric == "loss":
            value = -value
        if self.history.best is None or value > self.history.best:
            self.history.best, self.history.since_best = value, 0
            self.history.best_epoch, self.history.best_step = measured.epoch, measured.step
            if self.plan.keep == "best":
                self.best = weights
        else:
            self.history.since_best += 1

    def _measure(self, examples: Examples, weights: Arrays, step: int, epoch: int, batch: int = 256) -> Metrics | None:
        """Return how well a network does; None if the training is to be interrupted."""
        evaluation = Evaluation(examples.labels)
        loss_of = LOSSES[self.recipe.label_loss]
        for start in range(0, len(examples), batch):
            if self.stopping():
                return None
            part = slice(start, start + batch)
            scores = self._trainer.score(weights, examples.features[part], examples.lengths[part])
            targets = examples.targets[part]
            evaluation.add(scores, positives(targets), float(loss_of(scores, targets.astype(np.float32))))
        values, per_class, calibration = evaluation.result()
        return Metrics(examples.stream, "validation", self.model, step, epoch, values, per_class, calibration)

    def _note(self, metrics: Metrics) -> Metrics:
        self.history.metrics.append(
            {key: getattr(metrics, key) for key in ("stream", "part", "model", "step", "epoch", "values")}
        )
        return metrics

    # The checkpoint

    def _identity(self) -> dict[str, Any]:
        """Return what must be the same for a training to be taken up."""
        sample = self._sample
        return {
            "model": self.model,
            **self.options,
            **asdict(self.recipe),
            "dims": sample.features.shape[2],
            "labels": zlib.crc32("\n".join(sample.labels).encode()),
            "embedding": sample.embedding,
        }

    def _save(self) -> None:
        best = {f"best/{name}": value for name, value in self.best.items()}
        about = {
            "identity": self._identity(),
            "step": self._trainer.step,
            "examples": self._trainer.examples,
            "history": asdict(self.history),
        }
        write_checkpoint(self.path, {**self._trainer.state(), **best}, about)
        self._saved_at = self.clock()

    def _restore(self) -> None:
        arrays, about = read_checkpoint(self.path)
        then, now = about["identity"], self._identity()
        for key in dict.fromkeys([*now, *then]):
            if then.get(key) != now.get(key):
                said = "other classes" if key == "labels" else f"{key} {then.get(key)}, not {now.get(key)}"
                raise ModelError(f"{self.path}: is the checkpoint of another training, with {said}; {REMEDY}")
        self._trainer.restore(arrays, step=about["step"], examples=about["examples"])
        self.best = {name.removeprefix("best/"): array for name, array in arrays.items() if name.startswith("best/")}
        history = about["history"]
        self.history = History(**{**history, "tally": Tally(**history["tally"])})
        self._skip = about["step"]
        self._tracked = (self.clock(), self._trainer.examples)

    def _check_validation(self, validation: Examples, block: Examples) -> None:
        if validation.labels != block.labels:
            raise ValueError("the validation examples have other classes than the training examples")
        if validation.features.shape[2] != block.features.shape[2] or validation.features.dtype != block.features.dtype:
            raise ValueError("the validation examples have other features than the training examples")


REMEDY = "choose another `folder`, or delete it to start again"
