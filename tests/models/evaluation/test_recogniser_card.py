"""The card tells what was measured, and whose sounds were used."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowrun.models.evaluation.data_credits import Source, data_credits, read_credits
from flowrun.models.evaluation.detection import Detection
from flowrun.models.evaluation.recogniser_card import Facts, measured_part
from flowrun.models.evaluation.recogniser_quality import Category, Hits, Quality
from flowrun.schemas.errors import ModelError

DOG = Category(8, Hits(8, 6, 5), Detection(0.97, 0, 0.75, 0.852, 0.9, 12.34), Detection(0.5, 0, 0.0, None, 0, 0))
QUALITY = Quality(
    16, 5.0, (0.5, 0.75), {"Dog": 0.25, "Siren": 1.0}, Hits(8, 7, 6), Hits(8, 6, 4), 0.625, 9, {"dog": DOG}
)
FACTS = Facts("listener", "yamnet", "make card", [5], 1_500_000, 240_000, {"speed of listener": "900 windows/s"})


@pytest.fixture(scope="module")
def card() -> str:
    return measured_part(QUALITY, FACTS)


@pytest.mark.parametrize(
    "said",
    [
        "Measured by `make card` on the 16 clips (1 minutes) of 1 classes in fold 5 of ESC-50",
        "1.50 MB, 240,000 parameters.",
        "| speed of listener | 900 windows/s |",
        "| correlation of the scores of a clip, mean over the clips | 0.625 |",
        "| the same, lowest clip | 0.500 |",
        "| correlation of a class over the clips, mean of 2 classes | 0.625 |",
        "| mAP, the teacher's scores >= 0.3 for labels, 9 classes | 0.625 |",
        "| the mean over the windows | 50.0% | 43.8% | 75.0% |",
        "| the maximum over the windows | 50.0% | 37.5% | 50.0% |",
        "| dog | 8 of 8 | 6 of 8 | 0.970 | 0.500 |",
        "| dog | 75% from 0.852 on, AP 0.970 | 0%, AP 0.500 |",
        "| dog | 90%, 12.3 false alarms an hour | 0%, 0.0 false alarms an hour |",
        "so one an hour is none of them",
        "Least like the teacher, by the correlation over the clips: Dog (0.25), Siren (1.00).",
        "dog (0.50 instead of 0.97)",
    ],
)
def test_every_measure_is_told(card: str, said: str) -> None:
    assert said in card.replace("\n", " ") or said in card


def test_its_lines_are_no_longer_than_the_projects(card: str) -> None:
    assert max(len(line) for line in card.splitlines() if not line.startswith("|")) <= 120


def test_authors_are_named_where_their_licence_asks_for_it(tmp_path: Path) -> None:
    table = tmp_path / "data.csv"
    rows = [
        "Clips,a.ogg,zoe_x,CC BY 4.0,u",
        "Clips,b.ogg,Al,CC BY 4.0,u",
        "Clips,c.ogg,Bo,CC0,u",
        "Clips,d.ogg,Bo,CC0,u",
    ]
    table.write_text("collection,file,author,licence,source_url\n" + "\n".join(rows) + "\n")
    text = data_credits(read_credits(table))
    assert "4 files" in text
    assert "| Clips | CC BY 4.0 | 2 | 2 |" in text
    assert "| Clips | CC0 | 2 | 1 |" in text
    assert "Clips, CC BY 4.0: Al, zoe\\_x." in text
    assert "Bo" not in text
    assert read_credits(table)[0] == Source("Clips", "a.ogg", "zoe_x", "CC BY 4.0")


def test_a_table_without_a_column_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("collection,file,author,source_url\n")
    with pytest.raises(ModelError, match="the column 'licence' is missing"):
        read_credits(tmp_path / "data.csv")
