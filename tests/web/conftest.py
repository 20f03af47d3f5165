"""Chromium, and a server of pages that a test can look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.web.scenes import Scene

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

    from tests.web.fake_api import FakeApi

TIMEOUT_MS = 5000
UNHEARD = "ERR_CONNECTION_REFUSED", "WebSocket", "Failed to load resource"  # what Chromium itself says of a dead server


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A browser without a window."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: `sh setup.sh` does it")
    from tests.web.chromium import PROGRAM, launch

    if not PROGRAM:
        pytest.skip("chromium is not installed: apt-get install chromium")
    with api.sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def serve() -> Iterator[Callable[..., FakeApi]]:
    """A function that serves a scene until the test ends."""
    from tests.web.fake_api import FakeApi

    started: list[FakeApi] = []

    def serving(scene: Scene | None = None) -> FakeApi:
        fake = FakeApi(scene or Scene())
        fake.start()
        started.append(fake)
        return fake

    yield serving
    for fake in started:
        fake.stop()


@pytest.fixture
def look(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """A function that opens an address; at the end of the test nothing may have gone wrong in the page.

    Its keyword `refused` allows for answers that are refused, which Chromium reports by itself.
    """
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def looking(url: str, *, width: int = 1440, height: int = 900, refused: bool = False, **view: Any) -> Page:
        context = chromium.new_context(viewport={"width": width, "height": height}, **view)
        context.set_default_timeout(TIMEOUT_MS)
        contexts.append(context)
        page = context.new_page()

        def told(kind: str, text: str) -> None:
            if kind in ("error", "warning") and not (refused and any(word in text for word in UNHEARD)):
                wrong.append(f"{kind}: {text}")

        page.on("console", lambda said: told(said.type, said.text))
        page.on("pageerror", lambda error: told("error", str(error)))
        page.goto(url)
        return page

    yield looking
    for context in contexts:
        context.close()
    assert wrong == []
