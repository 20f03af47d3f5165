"""Training a network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from reactivex import Observable, abc, create
from reactivex.disposable import CompositeDisposable

from flowrun.models.examples.joined import joined
from flowrun.models.log_mel import LOG_MEL
from flowrun.models.networks.catalogue import NETWORKS, defaults
from flowrun.models.tensorflow_on_demand import need_tensorflow, tf
from flowrun.models.training.session import Plan, Session
from flowrun.models.training.trainer import Recipe
from flowrun.schemas.kernel import split
from flowrun.schemas.parameters import Field
from flowrun.schemas.ports import Checkpoint, Examples, Metrics
from flowrun.schemas.run import Run
from flowrun.schemas.spec import operator
from flowrun.schemas.stream_info import Mismatch, StreamInfo


class Trained(NamedTuple):
    """What a training gives: the network when it has ended, and how well it does on the way."""

    checkpoint: Observable[Checkpoint]
    metrics: Observable[Metrics]


def _info(*, examples: StreamInfo, model: str, **config: Any) -> StreamInfo:
    own = defaults(model)
    for option in sorted({name for other in NETWORKS for name in defaults(other)} - set(own)):
        if config.get(option) is not None:
            raise Mismatch(f"{model!r} has no {option}", option, remedy=f"its options are {', '.join(own) or 'none'}")
    if examples.embedding and (examples.embedding == LOG_MEL) != (model == "convolutional"):
        takes = "log-mel patches" if model == "convolutional" else "embeddings"
        raise Mismatch(f"{model!r} takes {takes}, but {examples.step!r} gives {examples.embedding}", "from")
    return examples


Model = Literal["logistic", "moe", "dbof", "lstm", "attention", "convolutional"]


@operator(info=_info, first=("validation",))
def train(
    examples: Observable[Examples],
    validation: Observable[Examples] | None = None,
    *,
    model: Model,
    folder: Path,
    label_loss: Literal["cross_entropy", "hinge", "softmax"] = "cross_entropy",
    base_learning_rate: Annotated[float, Field(gt=0)] = 0.01,
    learning_rate_decay: Annotated[float, Field(gt=0, le=1)] = 0.95,
    learning_rate_decay_examples: Annotated[int, Field("examples", ge=1)] = 4_000_000,
    clip_gradient_norm: Annotated[float, Field(ge=0)] = 1.0,
    regularization_penalty: Annotated[float, Field(ge=0)] = 1.0,
    mixup: Annotated[float, Field(ge=0)] = 0.0,
    average_decay: Annotated[float, Field(ge=0, lt=1)] = 0.0,
    mixed_precision: Literal["auto", "on", "off"] = "auto",
    seed: Annotated[int, Field(ge=0)] = 1,
    validate_every: Annotated[int, Field("epochs", ge=1)] = 1,
    keep: Literal["last", "best"] = "last",
    metric: Literal["mAP", "mAUC", "Hit@1", "PERR", "GAP@20", "loss"] = "mAP",
    patience: Annotated[int | None, Field("measurements", ge=1)] = None,
    checkpoint_s: Annotated[float, Field("s", ge=0)] = 30.0,
    moe_num_mixtures: Annotated[int | None, Field(ge=1)] = None,
    dbof_cluster_size: Annotated[int | None, Field(ge=1)] = None,
    dbof_hidden_size: Annotated[int | None, Field(ge=1)] = None,
    dbof_pooling_method: Literal["max", "average"] | None = None,
    iterations: Annotated[int | None, Field("frames", ge=1)] = None,
    lstm_cells: Annotated[int | None, Field(ge=1)] = None,
    lstm_layers: Annotated[int | None, Field(ge=1)] = None,
    attention_members: Annotated[int | None, Field(ge=1)] = None,
    attention_frame_units: Annotated[int | None, Field(ge=1)] = None,
    attention_units: Annotated[int | None, Field(ge=1)] = None,
    attention_frame_dropout: Annotated[float | None, Field(ge=0, lt=1)] = None,
    attention_dropout: Annotated[float | None, Field(ge=0, lt=1)] = None,
    conv_channels: Annotated[int | None, Field(ge=16)] = None,
    conv_embedding: Annotated[int | None, Field(ge=1)] = None,
    run: Run,
) -> Trained:
    """Train a network on batches of examples.

    The architectures are those of YouTube-8M (logistic, moe, dbof, lstm) and two of our own: attention, and
    convolutional, which takes log-mel patches; options have YouTube-8M's names and defaults where it has them. The
    folder holds a checkpoint: a training that was interrupted, however that happened, is taken up where it was and
    comes to the same result.

    Args:
        model: The architecture.
        folder: Where the checkpoint lies.
        label_loss: How far the scores are from the labels.
        base_learning_rate: The learning rate of Adam, at first.
        learning_rate_decay: What the learning rate is multiplied by every `learning_rate_decay_examples`.
        learning_rate_decay_examples: Examples between two steps of the learning rate.
        clip_gradient_norm: The longest gradient of a variable; a longer one is scaled down. 0 leaves all as they are.
        regularization_penalty: Weight of the L2 loss of the weights.
        mixup: Parameter of the Beta distribution that pairs of examples are mixed by; 0 does not mix.
        average_decay: What is measured and kept is a moving average of the weights, which keeps this share of itself at
            each step; 0 takes the weights as they are.
        mixed_precision: Compute in bfloat16; auto does so on a GPU.
        seed: What the first weights and all else that is random depend on.
        validate_every: Epochs between two measurements on the validation examples.
        keep: The network of the last epoch, or the one that was best on the validation examples.
        metric: What best means.
        patience: Measurements in a row without a better one after which the training ends; without it never.
        checkpoint_s: Seconds between two checkpoints, at least; they are written at the end of an epoch, and when the
            flow is stopped.
        moe_num_mixtures: Experts for each class, 2 by default, of moe, dbof and lstm.
        dbof_cluster_size: Clusters, 8192 by default.
        dbof_hidden_size: Units of the hidden layer of dbof, 1024 by default.
        dbof_pooling_method: How dbof pools frames, max by default.
        iterations: Frames that dbof draws from each example, 30 by default.
        lstm_cells: Cells of each layer of lstm, 1024 by default.
        lstm_layers: Layers of lstm, 2 by default.
        attention_members: Networks of attention's committee, 3 by default.
        attention_frame_units: Units of attention that look at a frame, 512 by default.
        attention_units: Units of attention that look at the whole, 1024 by default.
        attention_frame_dropout: Share of the units of a frame that a training step leaves out, 0.2 by default.
        attention_dropout: Share of the units of the whole that a training step leaves out, 0.5 by default.
        conv_channels: Channels of the last layer of convolutional, 320 by default.
        conv_embedding: Numbers in the embedding that convolutional makes, 256 by default.
    """
    need_tensorflow()
    given = {
        "moe_num_mixtures": moe_num_mixtures,
        "dbof_cluster_size": dbof_cluster_size,
        "dbof_hidden_size": dbof_hidden_size,
        "dbof_pooling_method": dbof_pooling_method,
        "iterations": iterations,
        "lstm_cells": lstm_cells,
        "lstm_layers": lstm_layers,
        "attention_members": attention_members,
        "attention_frame_units": attention_frame_units,
        "attention_units": attention_units,
        "attention_frame_dropout": attention_frame_dropout,
        "attention_dropout": attention_dropout,
        "conv_channels": conv_channels,
        "conv_embedding": conv_embedding,
    }
    options = defaults(model) | {name: value for name, value in given.items() if value is not None}
    plan = Plan(folder, validate_every, keep, metric, patience, checkpoint_s)

    def recipe() -> Recipe:
        return Recipe(
            label_loss,
            base_learning_rate,
            learning_rate_decay,
            learning_rate_decay_examples,
            clip_gradient_norm,
            regularization_penalty,
            mixup,
            average_decay,
            _bfloat16(mixed_precision),
            seed,
        )

    def session(held_out: list[Examples]) -> Session:
        return Session(
            model, options, recipe(), plan, joined(held_out) if held_out else None, run.report, run.stopping.is_set
        )

    return Trained(*split(_results(examples, validation, session), Checkpoint, Metrics))


def _bfloat16(wanted: str) -> bool:
    return wanted == "on" or (wanted == "auto" and bool(tf.config.list_physical_devices("GPU")))


def _results(
    examples: Observable[Examples],
    validation: Observable[Examples] | None,
    make: Callable[[list[Examples]], Session],
) -> Observable[Checkpoint | Metrics]:
    def subscribe(observer: abc.ObserverBase[Any], scheduler: abc.SchedulerBase | None = None) -> abc.DisposableBase:
        held_out: list[Examples] = []
        session: Session | None = None
        ended = False

        def end(done: Session) -> None:
            nonlocal ended
            ended = True
            checkpoint, metrics = done.result()
            if metrics:
                observer.on_next(metrics)
            observer.on_next(checkpoint)
            observer.on_completed()

        def learn(block: Examples) -> None:
            nonlocal session
            if ended:
                return
            if session is None:
                session = make(held_out)
                for metrics in session.begin(block):
                    observer.on_next(metrics)
            if not session.finished:
                for metrics in session(block):
                    observer.on_next(metrics)
            if session.finished:
                end(session)

        def stop() -> None:
            if ended:
                return
            if session is not None:
                session.stop()
            observer.on_completed()

        group = CompositeDisposable()
        if validation is not None:
            group.add(validation.subscribe(held_out.append, observer.on_error, scheduler=scheduler))
        group.add(examples.subscribe(learn, observer.on_error, stop, scheduler=scheduler))
        return group

    return create(subscribe)
