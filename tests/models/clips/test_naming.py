"""No template and no value gives a path outside the folder."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowrun.models.clips.naming import fields_of, named

AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("template", ["", "/tmp/{id}", "a//b", "../a", "a/..", "a/", "{id!r}", "{id:>9}", "{", "a\\b"])
def test_a_template_that_leads_elsewhere_is_refused(template: str) -> None:
    with pytest.raises(ValueError, match=r"inside the folder|in braces|encountered"):
        fields_of(template)


@settings(max_examples=50, deadline=None)
@given(st.text(), st.text(), st.sampled_from(["{label}/{stream}", "{stream}{label}", "{date}/{time}_{label}/{label}"]))
def test_values_stay_within_their_part_of_the_name(label: str, stream: str, template: str) -> None:
    path = PurePosixPath(named(template, AT, {"label": label, "stream": stream}))
    assert len(path.parts) == template.count("/") + 1
    assert not path.is_absolute()
    assert all("." not in part and "\0" not in part and len(part.encode()) <= 200 for part in path.parts)
