"""The listener has learnt from nothing that its licence does not allow, and from nothing that it is measured on."""

from __future__ import annotations

import csv

import pytest

from flowrun.models.bundle import bundle

FREE = {
    *("CC0", "CC0 1.0", "CC-BY", "CC BY", "CC BY 2.0", "CC BY 3.0", "CC BY 4.0", "Public domain"),
    *("Apache-2.0", "MIT", "BSD-2-Clause", "BSD-3-Clause", "Unlicense (public domain)"),
    "CMU ARCTIC free licence (BSD-like)",
    "Free for any use, no restrictions (Univ. of Iowa MIS)",
}
TAUGHT_ON = {"1", "2", "3"}  # folds of ESC-50, which the names of its files begin with


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    with bundle("listener").path("data.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_recording_has_a_licence_that_lets_the_weights_be_given_away(rows: list[dict[str, str]]) -> None:
    assert len(rows) > 1000
    assert {row["licence"] for row in rows} <= FREE


def test_every_recording_has_an_author_and_a_source(rows: list[dict[str, str]]) -> None:
    assert [row["file"] for row in rows if not row["author"] or not row["source"]] == []


def test_no_fold_that_it_is_measured_on_was_heard(rows: list[dict[str, str]]) -> None:
    folds = {row["file"].partition("-")[0] for row in rows if row["collection"] == "esc50"}
    assert folds == TAUGHT_ON
