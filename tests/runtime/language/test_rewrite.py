"""Values are put where they stand; whatever else a person wrote stays as it is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowrun.runtime.language.rewrite import rewritten
from flowrun.runtime.language.yaml_reader import parse

FLOW = """\
# Mine: do not touch.   \r
steps:
  hits:   # the loud ones
    use: threshold
    labels:
      Glass: 0.5      # as measured
      "Dog: bark": {on: 6e-1, off: '0.4'}
      $x: &half ${X:-0.5}
      Ärger 🙂: *half
list: [1, {a: 2}, [3]]
"""


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        (("steps", "hits", "labels", "Glass"), "Glass: 0.5  ", "Glass: 0.75  "),
        (("steps", "hits", "labels", "Dog: bark", "on"), "on: 6e-1", "on: 0.75"),
        (("steps", "hits", "labels", "Dog: bark", "off"), "off: '0.4'", "off: 0.75"),
        (("steps", "hits", "labels", "$x"), "&half ${X:-0.5}", "&half 0.75"),
        (("steps", "hits", "labels", "Ärger 🙂"), "*half", "0.75"),
        (("list", 1, "a"), "a: 2", "a: 0.75"),
        (("list", 2, 0), "[3]", "[0.75]"),
    ],
)
def test_one_value_changes_and_nothing_else(path: tuple[Any, ...], old: str, new: str) -> None:
    assert rewritten(FLOW, {path: 0.75}) == FLOW.replace(old, new)


def test_several_change_at_once() -> None:
    labels = ("steps", "hits", "labels")
    changed = rewritten(FLOW, {(*labels, "Glass"): 0.1, (*labels, "Dog: bark", "on"): 1.0, ("list", 0): 0.123456789})
    assert parse(changed, "f").data["steps"]["hits"]["labels"]["Glass"] == 0.1
    assert "{on: 1, off: '0.4'}" in changed
    assert "[0.123457, " in changed


def test_what_is_no_single_value_cannot_be_changed() -> None:
    for path in (("steps", "hits"), ("nothing",)):
        with pytest.raises(KeyError):
            rewritten(FLOW, {path: 1.0})


keys = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=5)
trees = st.recursive(st.floats(0, 1).map(lambda x: round(x, 3)), lambda inner: st.dictionaries(keys, inner, max_size=3))


@settings(deadline=None)  # the first calls load what the others have
@given(st.dictionaries(keys, trees, min_size=1, max_size=4), st.data())
def test_any_value_of_any_file_can_be_changed(tree: dict[str, Any], data: st.DataObject) -> None:
    import yaml

    flow_style = data.draw(st.sampled_from([True, False, None]))
    text = yaml.safe_dump(tree, default_flow_style=flow_style, allow_unicode=True)
    places = list(leaves(tree, ()))
    if not places:
        return
    path = data.draw(st.sampled_from(places))
    changed = yaml.safe_load(rewritten(text, {path: 0.5}))
    at = tree
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = 0.5
    assert changed == tree


def leaves(tree: Any, path: tuple[Any, ...]) -> Any:
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from leaves(value, (*path, key))
    else:
        yield path
