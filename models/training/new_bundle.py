"""A trained network as a model bundle: there whole, or not at all."""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flowrun.models.bundle import MANIFEST, Bundle, sha256
from flowrun.models.cross_validation.measures import as_plain
from flowrun.models.embedding_classifier import EmbeddingClassifier, evaluate_block
from flowrun.models.evaluation.evaluation import Evaluation
from flowrun.models.evaluation.positives import positives
from flowrun.models.training.interface import converted
from flowrun.models.training.litert_conversion import Precision, write_saved_model
from flowrun.models.training.model_card import model_card
from flowrun.models.window_network import WindowNetwork
from flowrun.schemas.late import np
from flowrun.schemas.ports import Checkpoint, Credit, Examples

NETWORK, SAVED_MODEL, CARD, CREDITS = "model.tflite", "saved_model", "README.md", "data.csv"


def write_bundle(
    checkpoint: Checkpoint,
    folder: Path,
    credits: Sequence[Credit] = (),
    *,
    description: str,
    licence: str,
    precision: Precision,
    saved_model: bool,
    made: str,
    command: str,
) -> dict[str, Any]:
    """Write the bundle of a trained network in the place of the one before; return its manifest.

    Raises:
        OSError: the disk is full, or the folder is something else than a bundle.
    """
    module, content, interface = converted(checkpoint, precision)
    with _replaced(folder) as aside:
        (aside / NETWORK).write_bytes(content)
        if credits:
            _write_credits(aside / CREDITS, credits)
        if saved_model:
            write_saved_model(module, aside / SAVED_MODEL)
        files = [path for path in sorted(aside.rglob("*")) if path.is_file()]
        files.sort(key=lambda path: path.name != NETWORK)
        trained: dict[str, Any] = {
            "set": checkpoint.stream,
            "command": command,
            "epochs": checkpoint.epoch,
            "steps": checkpoint.step,
        }
        manifest: dict[str, Any] = {
            "name": folder.name,
            "version": "1",
            "description": description,
            "licence": licence,
            "made": made,
            **interface,
            "network": dict(checkpoint.network),
            "precision": precision,
            "training": {**trained, **checkpoint.training},
            "files": [
                {"path": str(path.relative_to(aside)), "sha256": sha256(path), "bytes": path.stat().st_size}
                for path in files
            ],
            "labels": list(checkpoint.labels),
        }
        if checkpoint.validation:
            manifest["thresholds"] = [round(float(score), 6) for score in checkpoint.validation.thresholds]
            manifest["quality"] = as_plain(checkpoint.validation)
        else:
            manifest["quality"] = _quality(Bundle(folder.name, (aside,), manifest), checkpoint.held_out)
        (aside / MANIFEST).write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", "utf-8")
        (aside / CARD).write_text(model_card(manifest), "utf-8")
    return manifest


def _quality(written: Bundle, held_out: Examples | None) -> dict[str, Any]:
    """Measure what was written, not what was trained: precision may have been given away."""
    if held_out is None:
        return {}
    evaluation = Evaluation(held_out.labels)
    if written.embedding is None:
        scores, _ = WindowNetwork(written, held_out.features.shape[1:])(held_out.features.astype(np.float32))
        evaluation.add(scores, positives(held_out.targets))
    else:
        evaluate_block(EmbeddingClassifier(written, threads=2), held_out, evaluation)
    values = {name: round(value, 6) for name, value in evaluation.result().values.items()}
    return {"set": held_out.stream, "examples": len(held_out), "values": values}


def _write_credits(path: Path, credits: Sequence[Credit]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(("collection", "file", "author", "licence", "source"))
        for credit in credits:
            rows.writerow((*credit.stream.split("/", 1), credit.author, credit.licence, credit.source))


@contextmanager
def _replaced(folder: Path) -> Iterator[Path]:
    """Give an empty folder that takes the place of *folder* when the block ends well."""
    if folder.exists() and not (folder / MANIFEST).is_file() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(17, "is no model bundle, so it is not replaced", str(folder))
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside, old = (folder.with_name(f".{folder.name}.{part}") for part in ("part", "old"))
    for left in (aside, old):
        shutil.rmtree(left, ignore_errors=True)
    aside.mkdir()
    try:
        yield aside
        for path in aside.rglob("*"):
            _sync(path)
        _sync(aside)
        if folder.exists():
            folder.replace(old)
        aside.replace(folder)
        _sync(folder.parent)
    finally:
        for left in (aside, old):
            shutil.rmtree(left, ignore_errors=True)


def _sync(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
