"""YouTube-8M's starter code in training: its queues, networks and step, as a graph in a TensorFlow 1 session.

Rebuilt from what readers.py, frame_level_models.py, video_level_models.py, losses.py and train.py of
https://github.com/google/youtube-8m compute. Left out, to its favour: summaries, checkpoints and the lines it prints.

As a program, `python benchmarks/youtube8m.py NETWORK STEPS FILE…`, it trains on AudioSet's files and tells its speed.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before the import
import tensorflow.compat.v1 as v1

v1.logging.set_verbosity(v1.logging.ERROR)  # that all of this is deprecated is the point

Tensor = Any  # TensorFlow has no types
Arrays = Mapping[str, NDArray[Any]]

FRAMES, DIMS = 300, 128
LOW, HIGH = -2.0, 2.0  # what the bytes 0 and 255 stand for
READERS = 8
DRAWN = "drawn frames"  # a collection, so that a draw can be fed


# The input


class Batch(NamedTuple):
    """A batch in the graph, or as arrays.

    ids: shape (examples,). frames: float32, shape (examples, 300, 128), 0 past the length. targets: bool, shape
    (examples, classes). lengths: int32, shape (examples,).
    """

    ids: Tensor
    frames: Tensor
    targets: Tensor
    lengths: Tensor


def shuffled(files: Sequence[str], classes: int, batch: int) -> Batch:
    """Read the files without end, by eight readers into a queue that shuffles."""
    names = v1.train.string_input_producer(list(files), shuffle=True)
    return Batch(
        *v1.train.shuffle_batch_join(
            [_read(names, classes) for _ in range(READERS)],
            batch_size=batch,
            capacity=5 * batch,
            min_after_dequeue=batch,
            allow_smaller_final_batch=True,
            enqueue_many=True,
        )
    )


def _read(names: Tensor, classes: int) -> Batch:
    """Read one example, as a batch of one."""
    _, record = v1.TFRecordReader().read(names)
    context, sequence = v1.parse_single_sequence_example(
        record,
        {"video_id": v1.FixedLenFeature([], v1.string), "labels": v1.VarLenFeature(v1.int64)},
        {"audio_embedding": v1.FixedLenSequenceFeature([], v1.string)},
    )
    targets = v1.sparse_to_dense(context["labels"].values, (classes,), 1, validate_indices=False)
    values = v1.reshape(v1.cast(v1.decode_raw(sequence["audio_embedding"], v1.uint8), v1.float32), (-1, DIMS))
    span = HIGH - LOW
    values = values * (span / 255.0) + (span / 512.0 + LOW)
    there = v1.shape(values)[0]
    frames = v1.concat([values[:FRAMES], v1.zeros((v1.maximum(0, FRAMES - there), DIMS))], 0)
    frames.set_shape((FRAMES, DIMS))
    example = (context["video_id"], frames, v1.cast(targets, v1.bool), v1.minimum(there, FRAMES))
    return Batch(*(v1.expand_dims(part, 0) for part in example))


# The networks: scores of shape (examples, classes) from frames and lengths. Options have the names of its flags.


def logistic(frames: Tensor, lengths: Tensor, classes: int) -> Tensor:
    """FrameLevelLogisticModel: logistic regression on the mean frame."""
    counts = v1.tile(v1.cast(lengths[:, None], v1.float32), (1, DIMS))
    mean = v1.reduce_sum(frames, 1) / counts
    return v1.sigmoid(mean @ _penalised("weights", (DIMS, classes)) + _biases("biases", classes))


def dbof(
    frames: Tensor,
    lengths: Tensor,
    classes: int,
    *,
    dbof_cluster_size: int = 8192,
    dbof_hidden_size: int = 1024,
    iterations: int = 30,
    moe_num_mixtures: int = 2,
) -> Tensor:
    """DbofModel: frames drawn with replacement, each in a space of clusters, max pooling, a hidden layer."""
    examples = v1.shape(frames)[0]
    counts = v1.tile(v1.cast(lengths[:, None], v1.float32), (1, iterations))
    drawn = v1.cast(v1.random_uniform((examples, iterations)) * counts, v1.int32)
    v1.add_to_collection(DRAWN, drawn)
    example = v1.tile(v1.range(examples)[:, None], (1, iterations))
    rows = v1.reshape(v1.gather_nd(frames, v1.stack([example, drawn], 2)), (-1, DIMS))
    clusters = _normal("clusters", (DIMS, dbof_cluster_size))
    active = v1.nn.relu6(_batch_norm("cluster_bn", _batch_norm("input_bn", rows) @ clusters))
    pooled = v1.reduce_max(v1.reshape(active, (-1, iterations, dbof_cluster_size)), 1)
    hidden = pooled @ _normal("hidden", (dbof_cluster_size, dbof_hidden_size))
    return _moe(v1.nn.relu6(_batch_norm("hidden_bn", hidden)), classes, moe_num_mixtures)


def lstm(
    frames: Tensor,
    lengths: Tensor,
    classes: int,
    *,
    lstm_cells: int = 1024,
    lstm_layers: int = 2,
    moe_num_mixtures: int = 2,
) -> Tensor:
    """LstmModel: stacked LSTMs, of which the last state of the last one is scored."""
    cell = _StackedCells(lstm_cells, lstm_layers)
    _, state = v1.nn.dynamic_rnn(cell, frames, sequence_length=lengths, dtype=v1.float32)
    return _moe(state[-1][1], classes, moe_num_mixtures)


class _StackedCells:
    """MultiRNNCell of BasicLSTMCells, which TensorFlow has no more: what `dynamic_rnn` asks of a cell."""

    def __init__(self, cells: int, layers: int) -> None:
        self.cells = cells
        self.weights = []
        for layer in range(layers):
            inputs = cells if layer else DIMS
            kernel = _glorot(f"lstm_{layer}/kernel", (inputs + cells, 4 * cells))
            self.weights.append((kernel, _biases(f"lstm_{layer}/biases", 4 * cells)))
        self.output_size = cells
        self.state_size = tuple((cells, cells) for _ in range(layers))

    def zero_state(self, examples: Tensor, dtype: Any) -> Tensor:
        zeros = v1.zeros((examples, self.cells), dtype)
        return tuple((zeros, zeros) for _ in self.weights)

    def __call__(self, row: Tensor, states: Tensor, scope: object = None) -> tuple[Tensor, Tensor]:
        new = []
        for (kernel, biases), (cell, state) in zip(self.weights, states, strict=True):
            gates = v1.nn.bias_add(v1.matmul(v1.concat([row, state], 1), kernel), biases)
            i, j, f, o = v1.split(gates, 4, 1)
            cell = cell * v1.sigmoid(f + 1.0) + v1.sigmoid(i) * v1.tanh(j)
            row = v1.tanh(cell) * v1.sigmoid(o)
            new.append((cell, row))
        return row, tuple(new)


def _moe(features: Tensor, classes: int, experts: int) -> Tensor:
    dims = int(features.shape[1])
    gates = features @ _penalised("gates", (dims, classes * (experts + 1)))
    logits = features @ _penalised("experts", (dims, classes * experts)) + _biases("expert_biases", classes * experts)
    shares = v1.nn.softmax(v1.reshape(gates, (-1, experts + 1)))
    scores = v1.sigmoid(v1.reshape(logits, (-1, experts)))
    return v1.reshape(v1.reduce_sum(shares[:, :experts] * scores, 1), (-1, classes))


def _batch_norm(name: str, values: Tensor) -> Tensor:
    """slim.batch_norm in training: fused, decay 0.999, epsilon 0.001, centred and scaled."""
    size = int(values.shape[1])
    gamma = v1.get_variable(f"{name}/gamma", (size,), initializer=v1.ones_initializer())
    beta = _biases(f"{name}/beta", size)
    fused, mean, variance = v1.nn.fused_batch_norm(values[:, None, None, :], gamma, beta, epsilon=1e-3)
    for of, value, begin in (("mean", mean, 0.0), ("variance", variance, 1.0)):
        start = v1.constant_initializer(begin)
        moving = v1.get_variable(f"{name}/moving_{of}", (size,), initializer=start, trainable=False)
        v1.add_to_collection(v1.GraphKeys.UPDATE_OPS, v1.assign_sub(moving, (moving - value) * 0.001))
    return v1.reshape(fused, (-1, size))


def _penalised(name: str, shape: tuple[int, int]) -> Tensor:
    """Return the weights of a fully connected layer with an L2 penalty of 1e-8."""
    weights = _glorot(name, shape)
    v1.add_to_collection(v1.GraphKeys.REGULARIZATION_LOSSES, 1e-8 * v1.nn.l2_loss(weights))
    return weights


def _glorot(name: str, shape: tuple[int, int]) -> Tensor:
    return v1.get_variable(name, shape, initializer=v1.glorot_uniform_initializer())


def _normal(name: str, shape: tuple[int, int]) -> Tensor:
    return v1.get_variable(name, shape, initializer=v1.random_normal_initializer(stddev=shape[0] ** -0.5))


def _biases(name: str, size: int) -> Tensor:
    return v1.get_variable(name, (size,), initializer=v1.zeros_initializer())


NETWORKS: Mapping[str, Callable[..., Tensor]] = {"logistic": logistic, "dbof": dbof, "lstm": lstm}


# The training


class Step(NamedTuple):
    """What its trainer fetches at each step."""

    train: Tensor
    step: Tensor
    loss: Tensor
    scores: Tensor
    targets: Tensor


def step(scores: Tensor, targets: Tensor, batch: int) -> Step:
    """Add the loss and a step of Adam to the graph; the names and numbers are the defaults of its flags."""
    count = v1.get_variable("global_step", (), v1.int32, v1.zeros_initializer(), trainable=False)
    rate = v1.train.exponential_decay(0.01, count * batch, 4_000_000, 0.95, staircase=True)
    goals, epsilon = v1.cast(targets, v1.float32), 1e-5
    terms = goals * v1.log(scores + epsilon) + (1 - goals) * v1.log(1 - scores + epsilon)
    loss = v1.reduce_mean(v1.reduce_sum(-terms, 1))
    with v1.control_dependencies(v1.get_collection(v1.GraphKeys.UPDATE_OPS)):
        loss = v1.identity(loss)
    adam = v1.train.AdamOptimizer(rate)
    gradients = adam.compute_gradients(loss + v1.add_n(v1.get_collection(v1.GraphKeys.REGULARIZATION_LOSSES)))
    clipped = [(v1.clip_by_norm(gradient, 1.0), variable) for gradient, variable in gradients]
    return Step(adam.apply_gradients(clipped, count), count, loss, scores, targets)


@contextmanager
def _tensorflow_1() -> Iterator[v1.Graph]:
    """Build a graph of TensorFlow 1's loops and variables, beside whatever else this process runs."""
    was = v1.control_flow_v2_enabled()
    v1.disable_control_flow_v2()
    try:
        with v1.Graph().as_default() as graph, v1.variable_scope("", use_resource=False):
            yield graph
    finally:
        if was:
            v1.enable_control_flow_v2()


class Training:
    """A network in training on some files.

    Args:
        network: Name of the architecture, with its *options*.
        files: AudioSet's TFRecord files.
        classes: How many classes they know.
        batch: Examples of a batch.

    Leaving it as a context ends its threads.
    """

    def __init__(
        self, network: str, options: Mapping[str, int], files: Sequence[str], *, classes: int, batch: int = 512
    ) -> None:
        self.capacity = 5 * batch
        with _tensorflow_1() as graph:
            self._batch = shuffled(files, classes, batch)
            frames = v1.nn.l2_normalize(self._batch.frames, 2)
            scores = NETWORKS[network](frames, self._batch.lengths, classes, **options)
            self._step = step(scores, self._batch.targets, batch)
            self._drawn = v1.get_collection(DRAWN)
            self._weights = {variable.op.name: variable for variable in v1.global_variables()}
            self._waiting = graph.get_tensor_by_name("shuffle_batch_join/random_shuffle_queue_Size:0")
            self._session = v1.Session()
            self._session.run(v1.global_variables_initializer())
            self._coordinator = v1.train.Coordinator()
            self._threads = v1.train.start_queue_runners(self._session, self._coordinator)

    def __enter__(self) -> Training:
        return self

    def __exit__(self, *_: object) -> None:
        self._coordinator.request_stop()
        self._session.close()

    def __call__(self) -> Step:
        """Take a step."""
        return self._fetched({})

    def fill(self) -> None:
        """Wait until its queue is full, and the readers stand still."""
        while self._session.run(self._waiting) < self.capacity:
            time.sleep(0.02)

    def batch(self) -> Batch:
        """Return a batch as its readers give it."""
        return Batch(*self._session.run(self._batch))

    def learn(self, batch: Batch, drawn: NDArray[np.int32] | None = None) -> Step:
        """Take a step on this batch; of a bag of frames, with these ones drawn, shape (examples, iterations)."""
        given = {self._batch.frames: batch.frames, self._batch.lengths: batch.lengths}
        given[self._batch.targets] = batch.targets
        return self._fetched(given if drawn is None else given | dict.fromkeys(self._drawn, drawn))

    def put(self, weights: Arrays) -> None:
        """Give the variables these values."""
        for name, value in weights.items():
            initializer = self._weights[name].initializer
            self._session.run(initializer, {initializer.inputs[1]: value})

    def _fetched(self, given: Mapping[Tensor, Any]) -> Step:
        return Step(*self._session.run(list(self._step), given))


def main() -> None:
    """Train, and tell the speed."""
    network, steps, *files = sys.argv[1:]
    with Training(network, {}, files, classes=527) as training:
        training()
        training.fill()
        began, examples = time.process_time(), 0
        for _ in range(int(steps)):
            examples += len(training().scores)
        training.fill()
        print(f"{network}: {examples / (time.process_time() - began):.0f} examples/CPU s")


if __name__ == "__main__":
    main()
