"""What all architectures have in common: what they take and give, and how frames are made ready for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol

from flowrun.models.tensorflow_on_demand import tf
from flowrun.schemas.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Tensor = Any  # TensorFlow has no types
Weights = Mapping[str, Tensor]
Initial = dict[str, "NDArray[np.float32]"]
MOVING = "moving_"  # a weight whose last part begins so is an average over batches, not trained


class Scored(NamedTuple):
    """What a network makes of a batch.

    scores: shape (examples, classes), in [0, 1]. penalty: L2 loss of the weights, a scalar.
    moving: while training, the next value of each moving average. members: of a committee, the scores of each, which
    learn apart. embedding: of a network that is to embed sounds too, shape (examples, units).
    """

    scores: Tensor
    penalty: Tensor
    moving: Weights
    members: Sequence[Tensor] = ()
    embedding: Tensor | None = None


class Network(Protocol):
    """An architecture with its options.

    compiled: whether XLA makes its training step faster.
    """

    compiled: ClassVar[bool]

    def initial(self, dims: int, classes: int, random: np.random.Generator) -> Initial:
        """Draw the weights for frames of *dims* numbers."""

    def __call__(self, weights: Weights, frames: Tensor, lengths: Tensor, seed: Tensor | None = None) -> Scored:
        """Score a batch.

        Args:
            weights: As `initial` names them.
            frames: Shape (examples, frames, dims), 0 past an example's length.
            lengths: Shape (examples,), at least 1.
            seed: While training, the seed and the number of the step: all randomness comes from it. None to infer.
        """


def present(frames: Tensor, lengths: Tensor) -> Tensor:
    """Return which frames an example has: bool, shape (examples, frames)."""
    return tf.sequence_mask(lengths, tf.shape(frames)[1])


def normalised(frames: Tensor) -> Tensor:
    """Return the frames with a Euclidean length of 1 each, as YouTube-8M's train.py feeds them."""
    return tf.nn.l2_normalize(frames, -1)


def mean(frames: Tensor, lengths: Tensor) -> Tensor:
    """Return the mean frame of each example, shape (examples, dims)."""
    return tf.reduce_sum(frames, 1) / tf.cast(lengths, frames.dtype)[:, None]


def glorot(random: np.random.Generator, inputs: int, outputs: int) -> NDArray[np.float32]:
    """Draw a matrix uniformly from +-sqrt(6 / (inputs + outputs)): Glorot and Bengio 2010, eq. 16."""
    limit = (6.0 / (inputs + outputs)) ** 0.5
    return random.uniform(-limit, limit, (inputs, outputs)).astype(np.float32)


def zeros(*shape: int) -> NDArray[np.float32]:
    """Return an array of zeros."""
    return np.zeros(shape, np.float32)


def l2_loss(*matrices: Tensor) -> Tensor:
    """Return 1e-8 times half the sum of squares: YouTube-8M's penalty of its classifiers."""
    return 1e-8 * tf.add_n([tf.nn.l2_loss(tf.cast(matrix, tf.float32)) for matrix in matrices])
