"""Class lists: AudioSet's, YouTube-8M's, and names on lines; a broken one is told with its line."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowrun.models.examples.class_list import class_list

AUDIOSET = 'index,mid,display_name\n0,/m/1,"Speech"\n1,/m/2,"Male speech, man speaking"\n'
YOUTUBE = (
    "Index,TrainVideoCount,KnowledgeGraphId,Name,WikiUrl,Vertical1,Vertical2,Vertical3,WikiDescription\n"
    '1,9,/m/b,Jaguar,,Animals,,,"A cat,\nlarge"\n0,9,/m/a,Game,,Games,,,\n2,9,/m/c,Jaguar,,Autos,,,\n3,9,/m/d,,,,,,\n'
)


def listed(folder: Path, content: str | bytes) -> tuple[str, ...]:
    path = folder / "classes.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return class_list(str(path))


def test_the_list_of_audioset_ships(shared: Path) -> None:
    assert len(class_list("audioset")) == 527
    assert class_list("audioset") == class_list(str(shared / "data" / "audioset" / "class_labels_indices.csv"))


def test_every_form_is_read_in_the_order_of_the_indices(tmp_path: Path) -> None:
    assert listed(tmp_path, AUDIOSET) == ("Speech", "Male speech, man speaking")
    assert listed(tmp_path, YOUTUBE) == ("Game", "Jaguar (/m/b)", "Jaguar (/m/c)", "/m/d")
    assert listed(tmp_path, '\ufeffDog\r\nBark, howl\r\nThe "big" one\n\n') == ("Dog", "Bark, howl", 'The "big" one')


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("", ":1: no class is listed"),
        ("index,mid,display_name\n", ":1: no class is listed"),
        ("Dog\n\nCat\n", ":2: a class without a name"),
        ("Dog\nCat\nDog\n", ":3: 'Dog' is the class of line 1 already"),
        (AUDIOSET + "2,/m/3,Speech\n", ":4: 'Speech' is the class of line 2 already"),
        (AUDIOSET + "1,/m/3,Cat\n", ":4: index 1 comes twice"),
        (AUDIOSET + "3,/m/3,Cat\n", ":4: no class has the index 2"),
        (AUDIOSET + "two,/m/3,Cat\n", ":4: 'two' is no index"),
        (AUDIOSET + "2,/m/3\n", ":4: 2 cells, not 3 as the header has"),
        (AUDIOSET + '2,/m/3,"Cat\n', ":4: unexpected end of data"),
        (b"Dog\nCat\nO\xff\n", ":3: not UTF-8"),
    ],
)
def test_a_broken_list_is_told_with_its_line(tmp_path: Path, content: str | bytes, fault: str) -> None:
    with pytest.raises(ValueError, match=r".") as error:
        listed(tmp_path, content)
    assert str(error.value) == f"{tmp_path / 'classes.csv'}{fault}"


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["", AUDIOSET, YOUTUBE]), st.text(), st.binary(max_size=9))
def test_any_text_is_a_list_of_different_names_or_a_value_error(
    tmp_path: Path, head: str, text: str, tail: bytes
) -> None:
    with suppress(ValueError):
        names = listed(tmp_path, (head + text).encode(errors="replace") + tail)
        assert len(set(names)) == len(names) > 0
