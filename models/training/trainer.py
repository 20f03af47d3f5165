"""A network in training: its weights, the state of Adam, their average, and the step that changes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from flowrun.models.networks.network import MOVING, Network, Tensor
from flowrun.models.tensorflow_on_demand import tf
from flowrun.models.training.batch import mixed, ready
from flowrun.models.training.losses import LOSSES
from flowrun.schemas.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8  # Adam's, as in TensorFlow and Kingma and Ba 2015
Arrays = dict[str, "NDArray[np.float32]"]


@dataclass(frozen=True)
class Recipe:
    """How to train; the names and defaults are those of YouTube-8M's train.py, as far as it has them.

    Args:
        label_loss: cross_entropy, hinge or softmax.
        base_learning_rate: Of Adam, at first.
        learning_rate_decay: The learning rate is multiplied by it every `learning_rate_decay_examples`.
        learning_rate_decay_examples: See there.
        clip_gradient_norm: Longest gradient of a variable; a longer one is scaled. 0 leaves all as they are.
        regularization_penalty: Weight of the L2 loss of the weights.
        mixup: Parameter of the Beta distribution that examples are mixed by, in pairs; 0 does not mix.
        average_decay: The network that is measured and saved is a moving average over the steps, which keeps this share
            of itself at each, less at first; 0 takes the weights as they are.
        mixed_precision: Compute in bfloat16; weights, sums and losses stay in float32.
        seed: What all that is random depends on.
    """

    label_loss: str = "cross_entropy"
    base_learning_rate: float = 0.01
    learning_rate_decay: float = 0.95
    learning_rate_decay_examples: int = 4_000_000
    clip_gradient_norm: float = 1.0
    regularization_penalty: float = 1.0
    mixup: float = 0.0
    average_decay: float = 0.0
    mixed_precision: bool = False
    seed: int = 1

    def learning_rate(self, examples: int) -> float:
        """Return the learning rate after so many examples; it falls in steps.

        >>> Recipe(learning_rate_decay_examples=400_000).learning_rate(900_000)
        0.009025
        """
        return self.base_learning_rate * self.learning_rate_decay ** (examples // self.learning_rate_decay_examples)


class Progress(NamedTuple):
    """What a step tells: the loss of the batch, and the scores it gave before it was learnt from."""

    loss: Tensor
    scores: Tensor


class Trainer:
    """A network in training.

    Args:
        network: The architecture.
        recipe: How to train it.
        dims: Numbers in a frame.
        classes: Classes.
    """

    def __init__(self, network: Network, recipe: Recipe, *, dims: int, classes: int) -> None:
        self.network = network
        self.recipe = recipe
        self.step = 0
        self.examples = 0
        initial = network.initial(dims, classes, np.random.default_rng(recipe.seed))
        self._weights = {name: tf.Variable(value, name=name) for name, value in initial.items()}
        self._trained = [name for name in initial if not name.rpartition("/")[2].startswith(MOVING)]
        self._moments = {
            name: [tf.Variable(tf.zeros_like(self._weights[name])) for _ in "mv"] for name in self._trained
        }
        averaged = initial if recipe.average_decay else {}
        self._average = {name: tf.Variable(value) for name, value in averaged.items()}
        self._learn = tf.function(self._learn_batch, autograph=False, jit_compile=network.compiled)
        self._score = tf.function(self._score_batch, autograph=False)

    def learn(self, features: NDArray[Any], lengths: NDArray[np.int32], targets: NDArray[Any]) -> Progress:
        """Take one step of Adam; the arrays are those of `Examples`."""
        rate = self.recipe.learning_rate(self.examples)
        shares = self._shares(len(lengths))
        progress = self._learn(features, lengths, targets, shares, np.int32(self.step), np.float32(rate))
        self.step += 1
        self.examples += len(lengths)
        return Progress(*progress)

    def score(
        self, weights: Mapping[str, NDArray[np.float32]], features: NDArray[Any], lengths: NDArray[np.int32]
    ) -> NDArray[np.float32]:
        """Return what the network with *weights* makes of examples, shape (examples, classes)."""
        scores: NDArray[np.float32] = self._score(dict(weights), features, lengths).numpy()
        return scores

    def weights(self) -> Arrays:
        """Return a copy of the weights to use: their average, where the recipe wants one."""
        return {name: variable.numpy().copy() for name, variable in (self._average or self._weights).items()}

    def state(self) -> Arrays:
        """Return all that training depends on from here."""
        return {name: variable.numpy() for name, variable in self._variables().items()}

    def restore(self, state: Mapping[str, NDArray[np.float32]], *, step: int, examples: int) -> None:
        """Go back to a `state`."""
        for name, variable in self._variables().items():
            variable.assign(state[name])
        self.step, self.examples = step, examples

    def _shares(self, count: int) -> NDArray[np.float32]:
        """Draw how much each example keeps of itself when it is mixed with another."""
        if not self.recipe.mixup:
            return np.ones(count, np.float32)
        random = np.random.default_rng([self.recipe.seed, self.step])
        return random.beta(self.recipe.mixup, self.recipe.mixup, count).astype(np.float32)

    def _variables(self) -> dict[str, Any]:
        moments = {f"adam_{of}/{name}": pair[of == "v"] for name, pair in self._moments.items() for of in "mv"}
        return {
            **{f"weights/{name}": variable for name, variable in self._weights.items()},
            **moments,
            **{f"average/{name}": variable for name, variable in self._average.items()},
        }

    def _learn_batch(
        self, features: Tensor, lengths: Tensor, targets: Tensor, shares: Tensor, step: Tensor, rate: Tensor
    ) -> Progress:
        seed = tf.stack([self.recipe.seed, step])
        frames, goals = ready(features, lengths), targets
        if self.recipe.mixup:
            frames, lengths, goals = mixed(frames, lengths, tf.cast(targets, tf.float32), shares)
        trained = [self._weights[name] for name in self._trained]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(trained)
            scored = self.network(*self._precise(self._weights, frames), lengths, seed)
            scores = tf.cast(scored.scores, tf.float32)
            loss_of = LOSSES[self.recipe.label_loss]
            loss = loss_of(scores, goals)
            apart = [loss_of(tf.cast(member, tf.float32), goals) for member in scored.members]
            total = (tf.add_n(apart) if apart else loss) + self.recipe.regularization_penalty * scored.penalty
        self._adam(tape.gradient(total, trained, unconnected_gradients="zero"), step, rate)
        for name, value in scored.moving.items():
            self._weights[name].assign(tf.cast(value, tf.float32))
        steps = tf.cast(step, tf.float32)
        kept = tf.minimum(
            self.recipe.average_decay, (1.0 + steps) / (10.0 + steps)
        )  # the first weights are soon forgotten
        for name, average in self._average.items():
            average.assign_sub((1.0 - kept) * (average - self._weights[name]))
        return Progress(loss, scores)

    def _score_batch(self, weights: Mapping[str, Tensor], features: Tensor, lengths: Tensor) -> Tensor:
        weights, frames = self._precise(weights, ready(features, lengths))
        return tf.cast(self.network(weights, frames, lengths).scores, tf.float32)

    def _precise(self, weights: Mapping[str, Any], frames: Tensor) -> tuple[Mapping[str, Tensor], Tensor]:
        if not self.recipe.mixed_precision:
            return weights, frames
        return {name: tf.cast(value, tf.bfloat16) for name, value in weights.items()}, tf.cast(frames, tf.bfloat16)

    def _adam(self, gradients: list[Tensor], step: Tensor, rate: Tensor) -> None:
        steps = tf.cast(step + 1, tf.float32)
        for name, gradient in zip(self._trained, gradients, strict=True):
            if self.recipe.clip_gradient_norm:
                gradient = tf.clip_by_norm(gradient, self.recipe.clip_gradient_norm)
            tf.raw_ops.ResourceApplyAdam(
                var=self._weights[name].handle,
                m=self._moments[name][0].handle,
                v=self._moments[name][1].handle,
                beta1_power=BETA_1**steps,
                beta2_power=BETA_2**steps,
                lr=rate,
                beta1=BETA_1,
                beta2=BETA_2,
                epsilon=EPSILON,
                grad=gradient,
            )
