"""The files of the page: each is there that another names, and nothing comes from elsewhere."""

from __future__ import annotations

import re
from itertools import chain
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[2] / "operators" / "sinks" / "_web" / "static"
SCRIPTS = sorted(STATIC.rglob("*.js"))
IMPORT = re.compile(r"""import (?:\{([^}]*)\}|\* as \w+) from "(\.[^"]+)";""")
INDEX = (STATIC / "index.html").read_text()


def test_every_file_that_the_page_names_is_there() -> None:
    named = re.findall(r'(?:href|src)="/static/([^"]+)"', INDEX)
    assert len(named) > 8
    assert [name for name in named if not (STATIC / name).is_file()] == []


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: str(script.relative_to(STATIC)))
def test_every_import_is_exported_there(script: Path) -> None:
    text = script.read_text()
    for names, path in IMPORT.findall(text):
        target = (script.parent / path).resolve()
        assert target.is_file(), path
        for name in filter(None, (name.split(" as ")[0].strip() for name in names.split(","))):
            assert re.search(rf"export (?:const|class|function|async function) {name}\b", target.read_text()), name


def test_nothing_comes_from_elsewhere_and_nothing_is_inline() -> None:
    """The policy of the page refuses both: what a browser would silently leave out must not be written."""
    for file in chain(STATIC.rglob("*.js"), STATIC.rglob("*.css"), STATIC.rglob("*.html")):
        outside = [url for url in re.findall(r"https?://[^\s\"'`)]+", file.read_text()) if "www.w3.org" not in url]
        assert outside == [], file.name
        assert not re.search(r"innerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", file.read_text()), (
            file.name
        )
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]* src=)", INDEX)


def test_package_data_reaches_every_file() -> None:
    """setuptools is told of files in `static` and one folder below it."""
    assert {len(file.relative_to(STATIC).parts) for file in STATIC.rglob("*.*")} == {1, 2}
    assert sum(file.stat().st_size for file in STATIC.rglob("*.*")) < 200_000
