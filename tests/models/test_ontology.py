"""The ontology tells which sounds are kinds of which."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from flowrun.models.bundle import bundle
from flowrun.models.ontology import family, members


def test_a_family_is_the_label_and_all_below_it_once() -> None:
    animals = family("Animal")
    assert animals[0] == "Animal"
    assert {"Dog", "Bark", "Howl", "Bird", "Chirp, tweet"} <= set(animals)
    assert len(animals) == len(set(animals))


def test_what_has_no_kinds_or_is_unknown_stands_for_itself() -> None:
    assert family("Bark") == ["Bark"]
    assert family("no such sound") == ["no such sound"]


def test_members_come_in_the_order_of_the_labels_and_only_from_them() -> None:
    labels = ["Shatter", "Dog", "Glass"]
    assert members("Glass", labels) == ["Shatter", "Glass"]
    assert members("Music", labels) == []


def test_every_label_of_yamnet_is_reached_from_a_root_sound() -> None:
    roots = ["Human sounds", "Animal", "Music", "Natural sounds", "Sounds of things"]
    roots += ["Source-ambiguous sounds", "Channel, environment and background"]
    known = {name for root in roots for name in family(root)}
    assert set(bundle("yamnet").labels) - known == set()


def test_it_has_the_classes_of_the_official_files(shared: Path) -> None:
    with (shared / "data" / "audioset" / "class_labels_indices.csv").open(newline="") as stream:
        labels = [row["display_name"] for row in csv.DictReader(stream)]
    official = json.loads((shared / "data" / "audioset" / "ontology.json").read_text())
    names = {entry["id"]: entry["name"] for entry in official}
    for entry in official:
        assert set(family(entry["name"])) >= {names[child] for child in entry["child_ids"]}
    assert len([label for label in labels if label in set(names.values())]) == 527
