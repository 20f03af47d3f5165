"""Loading: every mistake is one line at its place, all at once."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from flowrun.runtime.language.load import check, load
from flowrun.runtime.language.yaml_reader import parse
from flowrun.schemas.errors import FlowError, Problem

FLOWS = Path(__file__).parents[2] / "flows"
BAD = sorted((FLOWS / "bad").glob("*.yaml"))


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_bad_flow_has_exactly_the_problems_its_comments_name(path: Path) -> None:
    wanted = re.findall(r"^# expect (\d+):(\d+) (\S+) (.+)$", path.read_text("utf-8"), re.M)
    with pytest.raises(FlowError) as caught:
        load(path)
    found = [(str(p.line), str(p.column), p.rule, str(p)) for p in caught.value.problems]
    assert [f[:3] for f in found] == [w[:3] for w in wanted], "\n".join(f[3] for f in found)
    for (*_, text), (*_, said) in zip(found, wanted, strict=True):
        assert said in text


def test_a_good_flow_has_no_problem_and_its_references_are_replaced() -> None:
    flow = load(FLOWS / "good" / "everything.yaml")
    assert flow.steps["file"].config["block_s"] == 0.25
    assert flow.steps["both"].config["rate_hz"] == 16000
    assert [upstream.step for upstream in flow.steps["both"].inputs["audio"]] == ["file", "again"]
    assert flow.steps["scores"].dead_letters == "letters"


def test_steps_come_after_what_they_read_wherever_they_stand(tmp_path: Path) -> None:
    path = tmp_path / "flow.yaml"
    path.write_text(f"steps:\n  l: {{use: level, from: f}}\n  f: {{use: audio_file, path: {FLOWS}/good/beep.wav}}\n")
    assert list(load(path).steps) == ["f", "l"]


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        (b"steps: \xff\xfe", "1:8", "byte 0xff is not UTF-8; save the file as UTF-8"),
        (b"x" * 300_000, "1:1", "larger than 256 KiB: not a flow"),
        (b"", "1:1", "the file is empty"),
        (b"steps: {a: \x00}", "1:12", "character U+0000 is not allowed in YAML"),
        (b"[" * 60_000, "1:1", "nested too deeply to be a flow"),
    ],
)
def test_a_file_that_is_no_flow_is_one_line(tmp_path: Path, content: bytes, line: str, said: str) -> None:
    path = tmp_path / "flow.yaml"
    path.write_bytes(content)
    with pytest.raises(FlowError) as caught:
        load(path)
    assert f"{path}:{line}: {said}" in str(caught.value)
    assert len(caught.value.problems) == 1


def test_a_huge_file_is_refused_without_being_read(tmp_path: Path) -> None:
    path = tmp_path / "flow.yaml"
    with path.open("wb") as stream:
        os.truncate(stream.fileno(), 100_000_000_000)
    with pytest.raises(FlowError, match="larger than 256 KiB"):
        load(path)


@pytest.mark.parametrize("what", ["missing", "folder"])
def test_a_flow_that_cannot_be_read_is_one_line(tmp_path: Path, what: str) -> None:
    path = tmp_path if what == "folder" else tmp_path / "missing.yaml"
    with pytest.raises(FlowError, match="is a folder" if what == "folder" else "no such file"):
        load(path)


def problems_of(text: str) -> list[Problem]:
    """Return what is wrong with a flow; anything but a flow or problems fails the test."""
    try:
        check(parse(text, "flow.yaml"), Path("flow.yaml"))
    except FlowError as error:
        return error.problems or [Problem("an error without a problem", -1, -1, "", "")]
    return []


WORDS = st.sampled_from(["use", "from", "steps", "vars", "tests", "name", "on_error", "queue", "path", "a"])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
VALUES = st.recursive(
    SCALARS | st.sampled_from(["$x", "${X}", "resample", "level"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=5),
    max_leaves=25,
)


@given(VALUES)
@settings(max_examples=60, deadline=None)
def test_any_data_gives_a_flow_or_problems_with_positions(data: object) -> None:
    steps = {"f": {"use": "audio_file", "path": "x"}, "a": data}
    text = yaml.safe_dump({"steps": steps, "tests": data, "vars": {"x": 1}}, allow_unicode=True)
    assert all(problem.line >= 1 and problem.column >= 1 and problem.message for problem in problems_of(text))


@given(
    st.text(alphabet=st.characters(codec="utf-8"), max_size=80)
    | st.text(alphabet="{}[]:,-&*!|>'\"%@`# \n\tab1$", max_size=60)
)
@settings(max_examples=300, deadline=None)
def test_any_text_gives_data_or_problems_with_positions(text: str) -> None:
    assert all(problem.line >= 1 and problem.column >= 1 for problem in problems_of(text))
