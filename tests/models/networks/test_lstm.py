"""The stacked LSTM, cell by cell in NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from flowrun.models.networks.lstm import Lstm
from flowrun.models.networks.moe import Moe

from .conftest import drawn
from .test_video_level import sigmoid

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore")]  # TensorFlow's own import warns


def last_state(frames: Any, weights: Any, cells: int, layers: int) -> Any:
    rows = [frame / np.linalg.norm(frame) for frame in frames.astype(float)]
    for layer in range(layers):
        kernel = np.concatenate([weights[f"lstm_{layer}/kernel"], weights[f"lstm_{layer}/recurrent_kernel"]])
        h, c, states = np.zeros(cells), np.zeros(cells), []
        for row in rows:
            i, j, f, o = np.split(np.concatenate([row, h]) @ kernel + weights[f"lstm_{layer}/biases"], 4)
            c = sigmoid(f + 1) * c + sigmoid(i) * np.tanh(j)
            h = sigmoid(o) * np.tanh(c)
            states.append(h)
        rows = states
    return rows[-1]


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_the_state_at_the_last_frame_that_is_there_is_scored(batch: Any, layers: int) -> None:
    network = Lstm(lstm_cells=3, lstm_layers=layers)
    w = drawn(network)
    states = [last_state(x[:n], w, 3, layers) for x, n in zip(*batch, strict=True)]
    expected = Moe().classify(w, np.array(states, np.float32))
    np.testing.assert_allclose(network(w, *batch).scores, expected.scores, atol=1e-5)
