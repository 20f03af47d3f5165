"""Deep bag of frames: frames in a large space of clusters, pooled, then a hidden layer and a mixture of experts.

Source: DbofModel of YouTube-8M's starter code. What it computes is computed in fewer operations, all exact:

* It draws 30 frames of each example with replacement, of the 10 there are. Here each frame is projected once and counts
  as often as it was drawn.
* The batch normalisation of the input is folded into the cluster weights, so no gradient with respect to the frames is
  needed. That of the clusters needs no pass over the activations: their mean and variance follow from the covariance of
  the frames.
* With max pooling the maximum is taken first: normalisation and ReLU6 are monotone, rising or, with a negative scale,
  falling.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from flowrun.models.networks.batch_norm import EPSILON, averages, batch_norm, initial_norm, moved
from flowrun.models.networks.moe import Moe
from flowrun.models.networks.network import Initial, Scored, Tensor, Weights, normalised, present
from flowrun.models.tensorflow_on_demand import tf
from flowrun.schemas.late import np

DECAY = 0.999  # of slim.batch_norm


@dataclass(frozen=True)
class Dbof:
    """a = max_f relu6(bn(C bn(x_f)));  p = moe(relu6(bn(H a))).

    Args:
        dbof_cluster_size: Clusters.
        dbof_hidden_size: Units of the hidden layer.
        dbof_pooling_method: How the frames are pooled.
        iterations: Frames drawn from each example.
        classifier: What scores the hidden layer.
    """

    compiled: ClassVar[bool] = True
    dbof_cluster_size: int = 8192
    dbof_hidden_size: int = 1024
    dbof_pooling_method: Literal["max", "average"] = "max"
    iterations: int = 30
    classifier: Moe = field(default_factory=Moe)

    def initial(self, dims: int, classes: int, random: np.random.Generator) -> Initial:
        """Draw the weights."""
        clusters, hidden = self.dbof_cluster_size, self.dbof_hidden_size
        drawn: Initial = {
            "clusters": random.normal(0, dims**-0.5, (dims, clusters)).astype(np.float32),
            "hidden": random.normal(0, clusters**-0.5, (clusters, hidden)).astype(np.float32),
        }
        for name, size in (("input_bn", dims), ("cluster_bn", clusters), ("hidden_bn", hidden)):
            drawn |= initial_norm(name, size)
        return drawn | self.classifier.initial(hidden, classes, random)

    def __call__(self, weights: Weights, frames: Tensor, lengths: Tensor, seed: Tensor | None = None) -> Scored:
        """Score a batch; to infer, every frame counts once."""
        frames = normalised(frames)
        if seed is None:
            return self._infer(weights, frames, lengths)
        chosen, counts = self._draw(lengths, tf.shape(frames)[1], seed)
        shares = tf.reshape(counts, (-1, 1)) / tf.reduce_sum(counts)  # of each frame in the batch
        dims = frames.shape[2]
        rows = tf.reshape(tf.gather(frames, chosen, batch_dims=1), (-1, dims))  # (examples * frames, dims)

        # The batch normalisation of the input.
        mean = tf.reduce_sum(shares * rows, 0)
        centred = rows - mean
        variance = tf.reduce_sum(shares * centred**2, 0)
        white = centred * tf.math.rsqrt(variance + EPSILON)
        moving = moved(weights, "input_bn", mean, variance, DECAY, seed)

        # That of the clusters: white has the mean 0, so projected it has the mean 0 too, and a known variance.
        gamma = weights["cluster_bn/gamma"]
        projection = weights["input_bn/gamma"][:, None] * weights["clusters"]  # (dims, clusters)
        covariance = tf.matmul(white, shares * white, transpose_a=True)
        cluster_variance = tf.reduce_sum(projection * (covariance @ projection), 0)
        cluster_mean = tf.linalg.matvec(weights["clusters"], weights["input_bn/beta"], transpose_a=True)
        moving |= moved(weights, "cluster_bn", cluster_mean, cluster_variance, DECAY, seed)
        scale = tf.math.rsqrt(cluster_variance + EPSILON)

        split = (-1, tf.shape(frames)[1], self.dbof_cluster_size)
        if self.dbof_pooling_method == "max":
            highest = _highest(tf.reshape(white @ (projection * tf.sign(gamma)), split))  # (examples, clusters)
            pooled = tf.nn.relu6(highest * (scale * tf.abs(gamma)) + weights["cluster_bn/beta"])
        else:
            active = tf.nn.relu6(white @ (projection * (scale * gamma)) + weights["cluster_bn/beta"])
            pooled = tf.reduce_sum(tf.reshape(active, split) * counts[:, :, None], 1) / self.iterations

        hidden = pooled @ weights["hidden"]
        mean, variance = tf.nn.moments(hidden, 0)
        moving |= moved(weights, "hidden_bn", mean, variance, DECAY, seed)
        active = tf.nn.relu6(batch_norm(weights, "hidden_bn", hidden, mean, variance))
        scored = self.classifier.classify(weights, active)
        return scored._replace(moving=moving)

    def _infer(self, weights: Weights, frames: Tensor, lengths: Tensor) -> Scored:
        def still(name: str, values: Tensor) -> Tensor:
            return batch_norm(weights, name, values, *averages(weights, name))

        active = tf.nn.relu6(still("cluster_bn", still("input_bn", frames) @ weights["clusters"]))
        there = present(frames, lengths)[:, :, None]
        active = tf.where(there, active, 0.0)  # ReLU6 gives no less
        max_pooled = self.dbof_pooling_method == "max"
        pooled = (
            tf.reduce_max(active, 1)
            if max_pooled
            else tf.reduce_sum(active, 1) / tf.cast(lengths, active.dtype)[:, None]
        )
        hidden = tf.nn.relu6(still("hidden_bn", pooled @ weights["hidden"]))
        return self.classifier.classify(weights, hidden)

    def _draw(self, lengths: Tensor, frames: Tensor, seed: Tensor) -> tuple[Tensor, Tensor]:
        """Return for each place the frame that stands there, and how often it counts.

        A frame that was not drawn counts 0 times, and one that was drawn stands in its place.
        """
        drawn = draw_frames(lengths, self.iterations, seed)  # (examples, iterations)
        counts = tf.reduce_sum(tf.one_hot(drawn, frames), 1)  # (examples, frames)
        return tf.where(counts > 0, tf.range(frames), drawn[:, :1]), counts


def _highest(values: Tensor) -> Tensor:
    """Return the maximum over the frames; its gradient goes to the first frame that has it.

    TensorFlow's own divides it among those that are equal, which here are places of one frame: the same sum for the
    weights.
    """

    @tf.custom_gradient  # type: ignore[untyped-decorator]  # TensorFlow has no types
    def highest(values: Tensor) -> tuple[Tensor, Any]:
        frame = tf.argmax(values, 1, output_type=tf.int32)[:, None]  # (examples, 1, clusters)

        def gradient(upstream: Tensor) -> Tensor:
            places = tf.range(tf.shape(values)[1])[None, :, None]
            return tf.where(places == frame, upstream[:, None], 0.0)

        return tf.reduce_max(values, 1), gradient

    return highest(values)


def draw_frames(lengths: Tensor, count: int, seed: Tensor) -> Tensor:
    """Draw frames with replacement: int32, shape (examples, count)."""
    uniform = tf.random.stateless_uniform((tf.shape(lengths)[0], count), seed)
    return tf.cast(uniform * tf.cast(lengths, tf.float32)[:, None], tf.int32)
