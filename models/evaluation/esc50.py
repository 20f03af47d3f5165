"""ESC-50: its clips, and what AudioSet calls its categories.

Source: Piczak 2015, https://github.com/karolpiczak/ESC-50; the names are those of the AudioSet ontology.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import NamedTuple

CLIP_S = 5.0

# A category is heard right when any of its names is heard. The names are the sound itself, its kinds, and the one
# above it where people would call the clip so; not what merely comes with it ("Animal", "Outside", "Vehicle").
AUDIOSET_NAMES: Mapping[str, tuple[str, ...]] = {
    "car_horn": ("Vehicle horn, car horn, honking", "Toot", "Air horn, truck horn"),
    "cat": ("Cat", "Meow", "Purr", "Caterwaul"),
    "chainsaw": ("Chainsaw", "Power tool", "Light engine (high frequency)"),
    "chirping_birds": ("Bird", "Bird vocalization, bird call, bird song", "Chirp, tweet"),
    "church_bells": ("Church bell", "Bell", "Change ringing (campanology)"),
    "clock_tick": ("Tick-tock", "Tick", "Clock"),
    "crackling_fire": ("Fire", "Crackle"),
    "crying_baby": ("Baby cry, infant cry", "Crying, sobbing"),
    "dog": ("Dog", "Bark", "Bow-wow", "Yip"),
    "glass_breaking": ("Glass", "Shatter", "Breaking"),
    "helicopter": ("Helicopter",),
    "rain": ("Rain", "Raindrop", "Rain on surface"),
    "rooster": ("Chicken, rooster", "Crowing, cock-a-doodle-doo"),
    "sea_waves": ("Ocean", "Waves, surf"),
    "siren": (
        "Siren",
        "Police car (siren)",
        "Ambulance (siren)",
        "Fire engine, fire truck (siren)",
        "Civil defense siren",
        "Emergency vehicle",
        "Alarm",
    ),
    "sneezing": ("Sneeze",),
    "snoring": ("Snoring",),
    "thunderstorm": ("Thunder", "Thunderstorm"),
}


class Clip(NamedTuple):
    """A clip of 5 s."""

    path: Path
    category: str


def read_clips(folder: Path, folds: Collection[int]) -> list[Clip]:
    """Return the clips of some folds whose category has names here, sorted.

    The table is `meta.csv` in the folder, or `meta/esc50.csv` as the set is published.

    Raises:
        OSError: there is no table.
        ValueError: the folds have no such clip.
    """
    meta = next((path for path in (folder / "meta.csv", folder / "meta" / "esc50.csv") if path.is_file()), None)
    if meta is None:
        raise FileNotFoundError(2, "is no folder of ESC-50: there is no meta.csv, nor a meta/esc50.csv", str(folder))
    with meta.open(encoding="utf-8", newline="") as stream:
        clips = [
            Clip(folder / "audio" / row["filename"], row["category"])
            for row in csv.DictReader(stream)
            if int(row["fold"]) in folds and row["category"] in AUDIOSET_NAMES
        ]
    if not clips:
        raise ValueError(f"{meta}: no clip of the folds {', '.join(map(str, sorted(folds)))} is of a known category")
    return sorted(clips)
