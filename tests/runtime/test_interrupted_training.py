"""A training that is killed, or stopped by Ctrl-C, goes on with the same command, to the same model."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from flowrun.runtime.language.locate import locate

pytestmark = pytest.mark.integration  # TensorFlow

FLOW = """
steps:
  held_out:  {{use: tfrecord_examples, files: {examples}}}
  examples:  {{use: tfrecord_examples, files: {examples}}}
  played:    {{use: epochs, count: 12}}
  batches:   {{use: shuffle_batches, batch: 9}}
  training:
    use: train
    from: {{examples: batches, validation: held_out}}
    model: lstm
    lstm_cells: 16
    mixup: 0.3
    average_decay: 0.9
    checkpoint_s: 0
    folder: {out}
  lines:     {{use: jsonl, from: training.metrics, path: {out}/metrics.jsonl}}
  screen:    {{use: console, from: training.metrics}}
  bundle:    {{use: save_model, from: training, folder: {out}/model, saved_model: false}}
"""


def run(folder: Path, stop_at: str = "", number: signal.Signals = signal.SIGKILL) -> tuple[int, str]:
    """Run the training; send the signal once a line begins with *stop_at*. Return the exit status and all errors."""
    examples = locate("classify_file.yaml").parent / "samples" / "examples.tfrecord"
    flow = folder / "flow.yaml"
    folder.mkdir(exist_ok=True)
    flow.write_text(FLOW.format(examples=examples, out=folder))
    command = [sys.executable, "-m", "flowrun.runtime.cli", str(flow)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stderr
        for line in process.stdout:
            if stop_at and line.startswith(stop_at):
                process.send_signal(number)
                stop_at = ""
        errors = process.stderr.read()
    return process.returncode, errors


def test_the_model_is_the_same(tmp_path: Path) -> None:
    assert run(tmp_path / "whole")[0] == 0
    assert run(tmp_path / "cut", "training epoch 3:")[0] == -signal.SIGKILL
    status, errors = run(tmp_path / "cut", "training epoch 7:", signal.SIGINT)
    assert status == 0
    assert not (tmp_path / "cut" / "model").exists()  # a training that was stopped has no result yet
    assert "Traceback" not in errors
    assert run(tmp_path / "cut")[0] == 0
    networks, measures = [], []
    for folder in (tmp_path / "whole", tmp_path / "cut"):
        networks.append((folder / "model" / "model.tflite").read_bytes())
        measures.append((folder / "metrics.jsonl").read_text("utf-8").splitlines())
    assert networks[0] == networks[1]
    assert len(measures[0]) == len(measures[1]) == 25  # two for each epoch, and the model that is kept
