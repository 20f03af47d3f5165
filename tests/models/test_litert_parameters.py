"""Parameters are the weights and biases of the layers, not the other constants of a network."""

from pathlib import Path

from flowrun.models.litert_parameters import parameters


def test_weights_and_biases_are_counted(golden: Path) -> None:
    assert parameters(golden / "tiny_listener" / "tiny_listener.tflite") == 3 * 64 + 3
    assert parameters(golden / "tiny_yamnet" / "tiny_yamnet.tflite") == 3 * 10 + 3
