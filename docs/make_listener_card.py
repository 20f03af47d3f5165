"""Measures a recogniser on ESC-50 beside its teacher, and writes what it finds into the card of its bundle.

    python docs/make_listener_card.py --esc50 ESC-50 [--folds 5] [--model listener] [--teacher yamnet] [--json]

The card is the README.md of the bundle, or one in --out FOLDER. What stands between its markers is written anew; where
there are none, that goes to the end.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from marked_page import Part, write_parts
from reactivex.subject import Subject

from flowrun.models.atomic_file import atomic_file
from flowrun.models.bundle import Bundle, bundle
from flowrun.models.evaluation.data_credits import data_credits, read_credits
from flowrun.models.evaluation.detection import curve
from flowrun.models.evaluation.detection_figure import Drawn, detection_figure
from flowrun.models.evaluation.esc50 import AUDIOSET_NAMES, CLIP_S, Clip, read_clips
from flowrun.models.evaluation.recogniser_card import FIGURE, WATCHED, Facts, measured_part
from flowrun.models.evaluation.recogniser_measures import measure, right_columns
from flowrun.models.evaluation.recogniser_quality import ClipScores, Quality
from flowrun.models.litert_parameters import parameters
from flowrun.operators.audio.resample import resample
from flowrun.operators.inference.recognise import recognise
from flowrun.operators.sources.audio_file import audio_file
from flowrun.schemas.errors import FlowrunError, explain
from flowrun.schemas.ports import Audio, Failed, Scores
from flowrun.schemas.run import Alone

ROOT = Path(__file__).parents[1]
RATE_HZ = 16000
HOP_S = 0.48
COMMAND = "python docs/make_listener_card.py"


def heard(clips: Sequence[Clip], models: Sequence[str]) -> list[ClipScores]:
    """Return what each model makes of the clips.

    Raises:
        FlowrunError: a clip cannot be read, or a model cannot be run.
    """
    audio: Subject[Audio] = Subject()
    windows: list[list[Scores | Failed]] = [[] for _ in models]
    for model, items in zip(models, windows, strict=True):
        recognise(audio, model=model, hop_s=HOP_S).scores.subscribe(items.append)
    means: list[list[Any]] = [[] for _ in models]
    peaks: list[list[Any]] = [[] for _ in models]
    for i, clip in enumerate(clips):
        resample(audio_file(path=clip.path, run=Alone()), rate_hz=RATE_HZ).subscribe(audio.on_next)
        for items, mean, peak in zip(windows, means, peaks, strict=True):
            for item in items:
                if isinstance(item, Failed):
                    raise FlowrunError(f"{clip.path}: {explain(item.error)}") from item.error
            values = np.concatenate([item.values for item in items if isinstance(item, Scores)])  # (windows, classes)
            mean.append(values.mean(axis=0))
            peak.append(values.max(axis=0))
            items.clear()
        if sys.stderr.isatty():
            print(f"\r{i + 1} of {len(clips)} clips", end="\n" if i + 1 == len(clips) else "", file=sys.stderr)
    return [ClipScores(np.array(mean), np.array(peak)) for mean, peak in zip(means, peaks, strict=True)]


def figure(scores: Sequence[ClipScores], clips: Sequence[Clip], quality: Quality, names: Sequence[str]) -> bytes:
    """Return the precision-recall curves of the sounds that are watched, the teacher's first."""
    labels = bundle(names[0]).labels
    panels: dict[str, tuple[Drawn, Drawn]] = {}
    for sound in filter(quality.categories.__contains__, WATCHED):
        has = np.array([clip.category == sound for clip in clips])
        columns = right_columns(sound, labels, AUDIOSET_NAMES)
        found = quality.categories[sound]
        teacher, student = (curve(each.max[:, columns].max(axis=1), has) for each in scores)
        panels[sound] = Drawn(names[0], teacher, found.teacher), Drawn(names[1], student, found.student)
    return detection_figure(panels)


def speed() -> dict[str, str]:
    """Return what benchmarks/listener.py finds."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / "listener.py"), "--json"], check=True, stdout=subprocess.PIPE
    )
    rows = json.loads(done.stdout)
    return {row["what"]: f"{float(format(row['value'], '.3g')):,g} {row['unit']}" for row in rows}


def begun(found: Bundle) -> str:
    """Return the beginning of the card of a model that has none."""
    return (
        f"# {found.name}\n\n{found.data['description']}\n\n* Licence: {found.data['licence']}.\n\n"
        f"```yaml\nscores: {{use: recognise, model: {found.name}}}\n```\n"
    )


def options() -> argparse.Namespace:
    """Return what the command line says."""
    parser = argparse.ArgumentParser(description="Measure a recogniser on ESC-50 beside its teacher.")
    parser.add_argument("--esc50", type=Path, required=True, help="the folder of ESC-50")
    parser.add_argument("--folds", type=int, nargs="+", default=[5], help="folds it was not trained on (default 5)")
    parser.add_argument("--model", default="listener", help="the student (default listener)")
    parser.add_argument("--teacher", default="yamnet", help="its teacher (default yamnet)")
    parser.add_argument("--out", type=Path, help="where the card goes; without it the folder of the model")
    parser.add_argument("--json", action="store_true", help="print the measures as JSON, too")
    return parser.parse_args()


def main() -> None:
    """Measure, and write."""
    asked = options()
    found, teacher = bundle(asked.model), bundle(asked.teacher)
    if found.labels != teacher.labels:
        raise FlowrunError(f"{found.name} and {teacher.name} have different classes: they cannot be compared")
    clips = read_clips(asked.esc50, asked.folds)
    table = found.find("data.csv")
    used = read_credits(table) if table else []
    seen = {Path(credit.file).stem for credit in used} & {clip.path.stem for clip in clips}
    if seen:
        raise FlowrunError(f"{table}: {found.name} was trained on {min(seen)}, so it cannot be measured on that")
    scores = heard(clips, (asked.teacher, asked.model))
    quality = measure(scores[1], scores[0], [clip.category for clip in clips], found.labels, AUDIOSET_NAMES, CLIP_S)
    network = found.path(found.files[0].path)
    others = [] if found.name == "listener" else ["--model", found.name]
    facts = Facts(
        found.name,
        teacher.name,
        " ".join([COMMAND, "--esc50 ESC-50", "--folds", *map(str, asked.folds), *others]),
        asked.folds,
        network.stat().st_size,
        parameters(network),
        {} if others else speed(),
    )
    folder = asked.out or found.folders[0]
    folder.mkdir(parents=True, exist_ok=True)
    parts = [Part("measured", "Quality", measured_part(quality, facts))]
    if used:
        parts.append(Part("data", "Data", data_credits(used)))
    write_parts(folder / "README.md", begun(found), parts, COMMAND)
    with atomic_file(folder / FIGURE, "wb") as out:
        out.write(figure(scores, clips, quality, (asked.teacher, asked.model)))
    if asked.json:
        print(json.dumps({"facts": asdict(facts), "quality": asdict(quality)}, indent=1))


if __name__ == "__main__":
    try:
        main()
    except (FlowrunError, OSError, ValueError) as error:
        raise SystemExit(f"make_listener_card: {explain(error)}") from None
