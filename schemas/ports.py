"""What travels between operators.

An item is a block: arrays hold several samples or windows along their first axis. Items are never
modified. Time is counted from the first sample of the stream; wall time is derived from it. A stream
is one file or one run of a device, named by its path or device.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Audio:
    """A block of mono samples.

    samples: float32, shape (n,), full scale [-1, 1]; n may be 0 in a block that only ends a stream.
    start_sample: index of the first sample, counted from the start of the stream.
    captured_at: UTC time of the first sample, where known.
    gap: samples were lost between the block before and this one.
    last: the stream ends with this block.
    """

    samples: NDArray[np.float32]
    rate_hz: int
    stream: str
    start_sample: int = 0
    captured_at: datetime | None = None
    gap: bool = False
    last: bool = False

    @property
    def start_s(self) -> float:
        """Time of the first sample, s."""
        return self.start_sample / self.rate_hz

    @property
    def began_at(self) -> datetime | None:
        """UTC time of the first sample of the stream, where known."""
        return self.captured_at and self.captured_at - timedelta(seconds=self.start_s)


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """Where the windows of a block lie in their stream.

    start_s: float, shape (windows,), start of each window, s.
    window_s: length of a window, s.
    hop_s: distance between the starts of two neighbours, s.
    began_at: UTC time of the first sample of the stream, where known.
    whole: the one window is the whole stream.
    """

    stream: str
    start_s: NDArray[np.floating]
    window_s: float
    hop_s: float
    began_at: datetime | None = None
    gap: bool = False
    last: bool = False
    whole: bool = False

    def __len__(self) -> int:
        return len(self.start_s)


@dataclass(frozen=True, slots=True, eq=False)
class Windowed:
    """An item with one row per window; `at` tells where the windows lie."""

    at: Windows

    @property
    def stream(self) -> str:
        """Name of the stream."""
        return self.at.stream

    @property
    def gap(self) -> bool:
        """Whether something was lost before the first window."""
        return self.at.gap

    @property
    def last(self) -> bool:
        """Whether the stream ends with this block."""
        return self.at.last


@dataclass(frozen=True, slots=True, eq=False)
class Patches(Windowed):
    """Log-mel patches: float32, shape (windows, frames, bins), 96 frames of 64 bins for VGGish."""

    features: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Embeddings(Windowed):
    """Embeddings: float32 or uint8, shape (windows, dims); `model` made them."""

    vectors: NDArray[np.float32] | NDArray[np.uint8]
    model: str


@dataclass(frozen=True, slots=True, eq=False)
class Scores(Windowed):
    """Class scores: float32, shape (windows, classes), in [0, 1]; `labels` names the classes.

    thresholds: the score from which the model takes each class for heard, where it says so.
    """

    values: NDArray[np.float32]
    labels: tuple[str, ...]
    thresholds: tuple[float, ...] | None = None


class Prediction(NamedTuple):
    """One class and its score in [0, 1]."""

    label: str
    score: float


@dataclass(frozen=True, slots=True, eq=False)
class Predictions(Windowed):
    """The best classes of each window, best first; a row may be empty."""

    rows: tuple[tuple[Prediction, ...], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Hits(Windowed):
    """Where scores are over their thresholds.

    values: float32, shape (windows, labels), the scores. active: bool, the same shape.
    thresholds: the score from which each label is active.
    """

    values: NDArray[np.float32]
    active: NDArray[np.bool_]
    labels: tuple[str, ...]
    thresholds: tuple[float, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Levels(Windowed):
    """Sound level of each window: float32, shape (windows,), in `unit` (dBFS or dBFS(A))."""

    values: NDArray[np.float32]
    unit: str


@dataclass(frozen=True, slots=True)
class Credit:
    """Who made a recording, under which terms it may be used, and where it comes from."""

    stream: str
    author: str
    licence: str
    source: str


@dataclass(frozen=True, slots=True)
class Event:
    """Something heard, from `start_s` to `end_s`; `score` is its peak.

    heard_at: UTC time of its start, where known.
    clip: path of the recording kept of it, if any.
    reason: the rule that raised it, in words.
    """

    id: str
    stream: str
    label: str
    score: float
    start_s: float
    end_s: float
    heard_at: datetime | None = None
    clip: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Labelled sequences of embeddings, for training and evaluation.

    features: uint8 (quantised, as released) or floats, shape (examples, frames, dims); past an example's length, 0.
    lengths: int32, shape (examples,), frames of each example, at least 1.
    targets: shape (examples, classes), `labels` names the classes: bool, which of them an example has; or floats in
    [0, 1], what a teacher thinks.
    ids: str, shape (examples,), where each example comes from, as its set names it.
    embedding: name of the model that made the features.
    stream: name of the set.
    groups: str, shape (examples,), what each example must stay together with when the set is divided: the recording
    that it was cut from, where known. hop_s: distance between the starts of two frames, s.
    epoch: how often the set has been played before, of `epochs` times. epoch_end: this block is the last of its epoch.
    last: the set is not played again.
    """

    features: NDArray[np.uint8] | NDArray[np.floating]
    lengths: NDArray[np.int32]
    targets: NDArray[np.bool_] | NDArray[np.floating]
    ids: NDArray[np.str_]
    labels: tuple[str, ...]
    embedding: str
    stream: str
    epoch: int = 0
    epochs: int = 1
    epoch_end: bool = False
    last: bool = False
    groups: NDArray[np.str_] | None = None
    hop_s: float = 0.96

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def gap(self) -> bool:
        """A set has no gaps."""
        return False


@dataclass(frozen=True, slots=True, eq=False)
class CrossValidation:
    """What networks made of examples that they had not learnt from: each was scored by one trained without its fold.

    stream: name of the set. model: name of the network. labels: the classes.
    ids: str, shape (examples,). truth: int32, shape (examples,), the class of each, -1 where it is of none.
    folds: int32, shape (examples,). seconds: float32, shape (examples,), how long each lasts.
    scores: float32, shape (examples, classes). strange: the same, by networks that never heard a sound of the
    example's class; its own class is NaN.
    thresholds: float64, shape (classes,), for the network that is trained on everything. of_fold: the same, shape
    (folds, classes), chosen without the examples of a fold, so that what they do to these can be measured.
    false_alarms_per_hour: what the thresholds were chosen for.
    """

    stream: str
    model: str
    labels: tuple[str, ...]
    ids: NDArray[np.str_]
    truth: NDArray[np.int32]
    folds: NDArray[np.int32]
    seconds: NDArray[np.float32]
    scores: NDArray[np.float32]
    strange: NDArray[np.float32]
    thresholds: NDArray[np.float64]
    of_fold: NDArray[np.float64]
    false_alarms_per_hour: float


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """A trained network: its weights, and all it takes to build and to describe it.

    stream: name of the set it was trained on. network: name and options of the architecture.
    weights: the variables by name. labels: the classes. embedding: the model whose embeddings it takes.
    quantised: the embeddings were uint8. frames, dims: of an input; frames is the longest example seen.
    step, epoch: how many batches and epochs it was trained for, and examples: how many examples.
    training: the options and circumstances of the training, for the model card.
    held_out: the examples that the training was watched on, if any were.
    hop_s: distance between the starts of two frames, s.
    validation: how well networks that were trained like it did on examples they had not learnt from, where measured.
    """

    stream: str
    network: Mapping[str, Any]
    weights: Mapping[str, NDArray[np.float32]]
    labels: tuple[str, ...]
    embedding: str
    quantised: bool
    frames: int
    dims: int
    step: int
    epoch: int
    examples: int
    training: Mapping[str, Any]
    held_out: Examples | None = None
    hop_s: float = 0.96
    validation: CrossValidation | None = None


@dataclass(frozen=True, slots=True, eq=False)
class PerClass:
    """Measures of each class, shape (classes,); NaN where a class has no example to measure it on.

    positives: examples that have the class. average_precision and auc: in [0, 1].
    """

    labels: tuple[str, ...]
    positives: NDArray[np.int64]
    average_precision: NDArray[np.float64]
    auc: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """How often scores come true, shape (bins,): each bin's mean score, share of true ones, and count of scores."""

    score: NDArray[np.float64]
    share: NDArray[np.float64]
    count: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Metrics:
    """How well a network does.

    stream: name of the set it was measured on. part: the examples just trained on, those held out to watch the
    training, or those of an evaluation of a finished model. model: name of the network.
    step, epoch: how long it had been trained, in batches and epochs.
    values: each measure by its name: loss, Hit@1, PERR, GAP@20, mAP, mAUC, d-prime, examples/s, learning rate.
    """

    stream: str
    part: Literal["training", "validation", "evaluation"]
    model: str
    step: int
    epoch: int
    values: Mapping[str, float]
    per_class: PerClass | None = None
    calibration: Calibration | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Failed:
    """An item that a step could not process. It travels as a value, so the stream goes on.

    The engine takes it out of the stream and does what the step's `on_error` says. `ends_stream`: a source gives
    nothing more of this stream.
    """

    stream: str
    error: Exception
    item: Any = None
    ends_stream: bool = False


@dataclass(frozen=True, slots=True)
class Rejected:
    """What a dead-letter step receives: which step failed on which stream, where in it, and why."""

    step: str
    stream: str
    error: str
    start_s: float | None = None


@dataclass(frozen=True, slots=True)
class StreamEnd:
    """All items of a stream have passed. Delivered to the sinks that ask for it by their input type."""

    stream: str
