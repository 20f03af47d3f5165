"""What the benchmarks compare computes the same."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import pytest

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore")]  # TensorFlow's own import warns
SMALL = {
    "logistic": {},
    "dbof": {"dbof_cluster_size": 24, "dbof_hidden_size": 12, "iterations": 15},
    "lstm": {"lstm_cells": 8},
}


@pytest.fixture
def benchmark(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "benchmarks")
    return importlib.import_module("training")


@pytest.mark.parametrize("network", SMALL)
def test_youtube_8m_and_flowrun_agree(benchmark: ModuleType, tmp_path: Path, network: str) -> None:
    """From the same weights and examples, both come to the same scores and losses."""
    files = benchmark.made_up(tmp_path, 60)
    (examples,) = benchmark.read(files)
    youtube8m = importlib.import_module("youtube8m")
    case = benchmark.Case(network, SMALL[network], 1, 1, 1, "")
    with youtube8m.Training(network, SMALL[network], files, classes=len(examples.labels), batch=16) as theirs:
        benchmark.must_agree(case, theirs, examples)


def test_disagreement_is_told(benchmark: ModuleType, tmp_path: Path) -> None:
    files = benchmark.made_up(tmp_path, 60)
    (examples,) = benchmark.read(files)
    youtube8m = importlib.import_module("youtube8m")
    with youtube8m.Training("lstm", {"lstm_cells": 8}, files, classes=len(examples.labels), batch=16) as theirs:
        case = benchmark.Case("lstm", {"lstm_cells": 8}, 1, 1, 1, "")
        examples.targets[:, 0] ^= True
        with pytest.raises(ValueError, match="the targets of a batch differ"):
            benchmark.must_agree(case, theirs, examples)
