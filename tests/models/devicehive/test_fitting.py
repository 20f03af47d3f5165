"""What is too long is cut where it is longest, by no more than it takes, and says so."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowrun.models.devicehive.fitting import fitted

WHOLE = frozenset({"id"})
VALUES = st.one_of(st.text(max_size=40), st.lists(st.text(max_size=5), max_size=10), st.floats(0, 1))


def size(fields: Any) -> int:
    return len(json.dumps(fields).encode())


@given(st.dictionaries(st.sampled_from("abcde"), VALUES), st.integers(60, 300))
def test_what_is_given_fits_and_is_as_long_as_it_can_be(fields: dict[str, Any], most: int) -> None:
    fields = {"id": "1", **fields}

    def room(of: Any) -> bool:
        return size(of) <= most

    try:
        got = fitted(fields, room, whole=WHOLE)
    except ValueError:
        shortest = {k: v[:0] if isinstance(v, (str, list)) and k != "id" else v for k, v in fields.items()}
        assert not room({**shortest, "cut": sorted(k for k in fields if k != "id")})
        return
    assert room(got)
    cut = got.pop("cut", [])
    assert got.keys() == fields.keys()
    assert all(got[name] == fields[name] for name in fields if name not in cut)
    assert all(got[name] == fields[name][: len(got[name])] for name in cut)
    assert cut or got == fields


def test_one_character_more_would_not_have_fitted() -> None:
    fields = {"id": "1", "stream": "short", "reason": "x" * 500}
    got = fitted(fields, lambda of: size(of) <= 200, whole=WHOLE)
    assert (got["stream"], got["cut"], size(got)) == ("short", ["reason"], 200)


def test_what_cannot_be_cut_enough_is_refused() -> None:
    with pytest.raises(ValueError, match="longer than the server takes"):
        fitted({"id": "x" * 100, "reason": "y"}, lambda of: size(of) <= 50, whole=WHOLE)
