"""The lints of a flow that is written in a test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from flowrun.runtime.linting import lint

Lints = Callable[..., list[tuple[str, str, str]]]


@pytest.fixture
def lints(flow_of: Callable[..., Any]) -> Lints:
    """Return a function that gives the severity, the rule and the text of each problem of a flow."""

    def found(text: str) -> list[tuple[str, str, str]]:
        return [(p.severity, p.rule, f"{p.line}:{p.column} {p.message}; {p.remedy}") for p in lint(flow_of(text))]

    return found
