"""Pages to look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.served_page import ServedPage


@pytest.fixture
def serve() -> Iterator[Callable[..., ServedPage]]:
    """A function that serves a page; all of them are closed in the end."""
    served: list[ServedPage] = []

    def begin(*given: Any, **options: Any) -> ServedPage:
        served.append(ServedPage(*given, **options))
        return served[-1]

    yield begin
    for page in served:
        page.close()


@pytest.fixture
def page(serve: Callable[..., ServedPage]) -> ServedPage:
    """A page that needs no password."""
    return serve()
