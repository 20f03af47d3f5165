"""Flows written in a test, of operators written in the test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flowrun.runtime import discovery
from flowrun.runtime.language.flow import Flow
from flowrun.runtime.language.load import load
from flowrun.schemas.spec import Spec, spec_of

FlowOf = Callable[..., Flow]


@pytest.fixture
def flow_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FlowOf:
    """Return a function that loads a flow from YAML text; the functions given with it are operators beside ours."""

    def make(text: str, *functions: Callable[..., Any], settings: tuple[str, ...] = (), **environment: str) -> Flow:
        extra: dict[str, Spec] = {function.__name__: spec_of(function) for function in functions}
        ours = discovery.find
        monkeypatch.setattr(discovery, "find", lambda name: extra.get(name) or ours(name))
        path = tmp_path / "flow.yaml"
        path.write_text(text)
        return load(path, settings, environment)

    return make
