"""Attention over frames, by a committee: several small networks in one, which see the same and are averaged.

Each member looks at every frame by itself, then weighs the frames anew for each of its units, so each unit listens
where it hears something. What the members have learnt apart is better together: on few examples that is worth more
than one large network.

Source: feature-level attention, Kong et al. 2019, Weakly labelled AudioSet tagging with attention neural networks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from flowrun.models.networks.batch_norm import averages, batch_norm, initial_norm, moved
from flowrun.models.networks.network import Initial, Scored, Tensor, Weights, present, zeros
from flowrun.models.tensorflow_on_demand import tf
from flowrun.schemas.late import np

DECAY = 0.99  # of the moving averages of batch normalisation
LABELS = 2.0  # that an example has, about; the first scores are then as low as most labels are rare


@dataclass(frozen=True)
class Attention:
    """h_f = relu(bn(W x_f));  z = sum_f softmax_f(A h_f) h_f;  p = mean over members of sigmoid(O relu(bn(U z)) + b).

    Args:
        attention_members: Networks of the committee.
        attention_frame_units: Units that look at a frame.
        attention_units: Units that look at the whole.
        attention_frame_dropout: Share of the units of a frame that are left out of a training step, the same in all
            frames of an example.
        attention_dropout: Share of the units of the whole that are left out.
    """

    compiled: ClassVar[bool] = False
    attention_members: int = 3
    attention_frame_units: int = 512
    attention_units: int = 1024
    attention_frame_dropout: float = 0.2
    attention_dropout: float = 0.5

    def initial(self, dims: int, classes: int, random: np.random.Generator) -> Initial:
        """Draw the weights."""
        frame, whole = self.attention_frame_units, self.attention_units
        drawn: Initial = {}
        for member in range(self.attention_members):
            name = f"member_{member}"
            matrices = (
                ("frame", dims, frame, (2 / dims) ** 0.5),
                ("attention", frame, frame, 0.02),
                ("whole", frame, whole, (2 / frame) ** 0.5),
                ("scores", whole, classes, 0.01),
            )
            for part, inputs, outputs, spread in matrices:
                drawn[f"{name}/{part}"] = random.normal(0, spread, (inputs, outputs)).astype(np.float32)
            drawn[f"{name}/biases"] = zeros(classes) + np.float32(np.log(LABELS / classes))
            for part, size in (("input_bn", dims), ("frame_bn", frame), ("whole_bn", whole)):
                drawn |= initial_norm(f"{name}/{part}", size)
        return drawn

    def __call__(self, weights: Weights, frames: Tensor, lengths: Tensor, seed: Tensor | None = None) -> Scored:
        """Score a batch; while training, `members` are the scores of each."""
        members: list[Tensor] = []
        moving: dict[str, Tensor] = {}
        for member in range(self.attention_members):
            members.append(_Member(self, weights, member, seed, moving)(frames, lengths))
        return Scored(tf.add_n(members) / len(members), tf.constant(0.0), moving, members)


class _Member:
    """One network of the committee; what it moves is added to *moving*."""

    def __init__(
        self, options: Attention, weights: Weights, number: int, seed: Tensor | None, moving: dict[str, Tensor]
    ) -> None:
        self.options = options
        self.weights = weights
        self.number = number
        self.name = f"member_{number}"
        self.seed = seed
        self.moving = moving

    def __call__(self, frames: Tensor, lengths: Tensor) -> Tensor:
        there = present(frames, lengths)[:, :, None]
        shares = tf.cast(there, frames.dtype) / tf.cast(tf.reduce_sum(lengths), frames.dtype)
        weights, options = self.weights, self.options
        seen = self._normalised("input_bn", frames, shares)
        seen = tf.nn.relu(self._normalised("frame_bn", tf.tensordot(seen, weights[f"{self.name}/frame"], 1), shares))
        seen = self._dropped(seen, options.attention_frame_dropout, 0, tf.stack([tf.shape(seen)[0], 1, seen.shape[2]]))
        interest = tf.tensordot(seen, weights[f"{self.name}/attention"], 1)
        heard = tf.reduce_sum(tf.nn.softmax(tf.where(there, interest, -1e4), 1) * seen, 1)  # (examples, units)
        whole = heard @ weights[f"{self.name}/whole"]
        even = tf.ones_like(whole[:, :1]) / tf.cast(tf.shape(whole)[0], whole.dtype)
        whole = tf.nn.relu(self._normalised("whole_bn", whole, even))
        whole = self._dropped(whole, options.attention_dropout, 1, tf.shape(whole))
        return tf.sigmoid(whole @ weights[f"{self.name}/scores"] + weights[f"{self.name}/biases"])

    def _normalised(self, part: str, values: Tensor, shares: Tensor) -> Tensor:
        """Return values with mean 0 and variance 1, of the batch while training; *shares* are what each row counts."""
        name = f"{self.name}/{part}"
        mean, variance = averages(self.weights, name)
        if self.seed is not None:
            axes = list(range(len(values.shape) - 1))
            mean = tf.reduce_sum(shares * values, axes)
            variance = tf.reduce_sum(shares * (values - mean) ** 2, axes)
            self.moving |= moved(self.weights, name, mean, variance, DECAY, self.seed)
        return batch_norm(self.weights, name, values, mean, variance)

    def _dropped(self, values: Tensor, rate: float, layer: int, shape: Tensor) -> Tensor:
        if self.seed is None or not rate:
            return values
        own = self.seed + np.array([layer, self.number << 24], np.int32)
        kept = tf.random.stateless_uniform(shape, own) >= rate
        return tf.where(kept, values / (1 - rate), tf.zeros_like(values))
