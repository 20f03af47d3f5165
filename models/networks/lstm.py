"""Stacked LSTMs over the frames, a mixture of experts on the state at the last one.

Source: LstmModel of YouTube-8M's starter code; its cell is BasicLSTMCell: gates i, j, f, o, no peepholes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from flowrun.models.networks.moe import Moe
from flowrun.models.networks.network import Initial, Scored, Tensor, Weights, glorot, normalised, zeros
from flowrun.models.tensorflow_on_demand import tf
from flowrun.schemas.late import np


@dataclass(frozen=True)
class Lstm:
    """c' = sigmoid(f + 1) c + sigmoid(i) tanh(j);  h' = sigmoid(o) tanh(c').

    Args:
        lstm_cells: Cells of each layer.
        lstm_layers: Layers.
        classifier: What scores the state.
    """

    compiled: ClassVar[bool] = False
    lstm_cells: int = 1024
    lstm_layers: int = 2
    classifier: Moe = field(default_factory=Moe)

    def initial(self, dims: int, classes: int, random: np.random.Generator) -> Initial:
        """Draw the weights; of a cell's one matrix in YouTube-8M, `kernel` is the part for the input."""
        cells = self.lstm_cells
        drawn: Initial = {}
        for layer in range(self.lstm_layers):
            inputs = cells if layer else dims
            both = glorot(random, inputs + cells, 4 * cells)
            drawn |= {f"lstm_{layer}/kernel": both[:inputs], f"lstm_{layer}/recurrent_kernel": both[inputs:]}
            drawn[f"lstm_{layer}/biases"] = zeros(4 * cells)
        return drawn | self.classifier.initial(cells, classes, random)

    def __call__(self, weights: Weights, frames: Tensor, lengths: Tensor, seed: Tensor | None = None) -> Scored:
        """Score a batch; the number of frames must be known when the graph is built."""
        rows = tf.unstack(normalised(frames), axis=1)  # frames of (examples, dims)
        for layer in range(self.lstm_layers):
            rows = self._layer(weights, f"lstm_{layer}", rows)
        last = tf.gather(tf.stack(rows, 1), lengths - 1, batch_dims=1)  # what comes after an example's end is not seen
        return self.classifier.classify(weights, last)

    def _layer(self, weights: Weights, name: str, rows: list[Tensor]) -> list[Tensor]:
        kernel, recurrent, biases = (weights[f"{name}/{part}"] for part in ("kernel", "recurrent_kernel", "biases"))
        inputs = tf.split(tf.concat(rows, 0) @ kernel + biases, len(rows))  # all frames in one product
        states, state, cell = [], None, None
        for row in inputs:
            gates = row if state is None else row + state @ recurrent  # the first state is 0
            i, j, f, o = tf.split(gates, 4, 1)
            fresh = tf.sigmoid(i) * tf.tanh(j)
            cell = fresh if cell is None else tf.sigmoid(f + 1.0) * cell + fresh
            state = tf.sigmoid(o) * tf.tanh(cell)
            states.append(state)
        return states
