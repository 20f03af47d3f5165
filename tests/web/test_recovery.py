"""A page outlives the flow that it shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.web.scenes import Scene, event

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.web.fake_api import FakeApi

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore")]
Serve = Callable[..., "FakeApi"]
Look = Callable[..., "Page"]


def test_it_says_that_the_flow_is_gone_and_comes_back_by_itself(serve: Serve, look: Look) -> None:
    fake = serve()
    page = look(fake.url, refused=True)
    page.locator(".pill", has_text="Listening").wait_for()
    fake.stop()
    page.get_by_text("No answer from flowrun").wait_for()
    page.locator(".pill", has_text="Reconnecting").wait_for()
    assert page.get_by_role("button", name="Pause").is_disabled()
    fake.scene.events.append(event(3, "Siren"))
    fake.start()
    page.locator(".pill", has_text="Listening").wait_for(timeout=10_000)
    assert page.get_by_text("No answer from flowrun").count() == 0
    page.locator(".recent", has_text="Siren").wait_for()  # what happened meanwhile is there


def test_a_session_that_has_ended_leads_to_the_login_and_back(serve: Serve, look: Look) -> None:
    fake = serve(Scene(password="correct horse", events=[event(1)]))
    page = look(f"{fake.url}/events?label=Glass", refused=True)
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("alert").get_by_text("this is not the password").wait_for()
    page.get_by_label("Password").fill("correct horse")
    page.keyboard.press("Enter")
    page.get_by_text("1 event").wait_for()
    assert page.url.endswith("/events?label=Glass")
    page.get_by_role("button", name="Log out").click()
    page.get_by_label("Password").wait_for()


def test_the_login_leads_nowhere_else(serve: Serve, look: Look) -> None:
    fake = serve(Scene(password="correct horse"))
    page = look(f"{fake.url}/login?next=//example.org/evil")
    page.get_by_label("Password").fill("correct horse")
    page.keyboard.press("Enter")
    page.locator(".pill", has_text="Listening").wait_for()
    assert page.url == f"{fake.url}/"
