"""Chromium as the tests start it: Debian's, with nothing of its own to do on the network."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Browser, Page, Playwright

PROGRAM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser") or ""
OPTIONS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required"),
)


def launch(playwright: Playwright) -> Browser:
    """Return a browser with a new profile."""
    return playwright.chromium.launch(executable_path=PROGRAM, args=list(OPTIONS))


def eventually(page: Page, script: str, holds: Callable[[Any], bool], within_s: float = 5.0) -> None:
    """Wait until *holds* is true of what *script* gives; Playwright's own way is refused by the pages' policy."""
    until = time.monotonic() + within_s
    while not holds(given := page.evaluate(script)):
        assert time.monotonic() < until, f"{script[:60]} still gives {given!r}"
        page.wait_for_timeout(50)
