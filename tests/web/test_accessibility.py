"""Everybody can use every page: axe-core finds nothing serious, no width is too small, the keyboard reaches all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.web.scenes import Scene, busy

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.web.fake_api import FakeApi

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore")]
Serve = Callable[..., "FakeApi"]
Look = Callable[..., "Page"]
AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
PAGES = {
    "/": ".bars li",
    "/events": ".rows li",
    "/events/37": ".facts",
    "/flow": ".graph .step",
    "/connections": ".connection",
    "/training": ".confusion",
    "/login": "#password",
}
FOUND = """async () => (await axe.run(document, { resultTypes: ['violations'] })).violations
  .filter(({ impact }) => impact === 'serious' || impact === 'critical')
  .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 120)} ${node.failureSummary}`))"""
# What can be pressed, followed or filled in, and was not reached by Tab; of a group of tabs only one is.
MISSED = """() => [...document.querySelectorAll('a[href], button, input, select, [role=button]')]
  .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.disabled)
  .filter((one) => !one.closest('[aria-hidden=true]') && one.getAttribute('role') !== 'tab')
  .filter((one) => !window.reached.has(one))
  .map((one) => one.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing_serious(serve: Serve, look: Look, path: str, theme: str) -> None:
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: npm ci --prefix tests/web")
    page = look(serve(busy()).url + path, color_scheme=theme, reduced_motion="reduce", bypass_csp=True)
    page.locator(PAGES[path]).first.wait_for()
    page.add_script_tag(path=AXE)
    assert page.evaluate(FOUND) == []


@pytest.mark.parametrize("path", PAGES)
def test_no_width_is_too_small(serve: Serve, look: Look, path: str) -> None:
    page = look(serve(busy()).url + path, width=375)
    for width in (375, 768, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        page.locator(PAGES[path]).first.wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("path", PAGES)
def test_the_keyboard_reaches_all(serve: Serve, look: Look, path: str) -> None:
    page = look(serve(busy()).url + path)
    page.locator(PAGES[path]).first.wait_for()
    page.evaluate("() => { document.activeElement.blur(); window.reached = new Set(); }")
    for _ in range(120):
        page.keyboard.press("Tab")
        if page.evaluate("() => reached.size === reached.add(document.activeElement).size"):
            break
    assert page.evaluate(MISSED) == []


def test_who_wants_no_motion_gets_none(serve: Serve, look: Look) -> None:
    page = look(serve(Scene()).url, reduced_motion="reduce")
    page.locator(".bars li").first.wait_for()
    assert page.evaluate("document.getAnimations().length") == 0
