"""Events, flow, connections and training."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import expect

from tests.web.scenes import busy, event

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.web.fake_api import FakeApi

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore")]
Serve = Callable[..., "FakeApi"]
Look = Callable[..., "Page"]


def test_events_are_paged_and_the_address_says_where(serve: Serve, look: Look) -> None:
    page = look(f"{serve(busy()).url}/events")
    page.get_by_text("38 events").wait_for()
    first = page.locator(".rows time").first.text_content()
    page.get_by_role("link", name="Older").click()
    page.get_by_role("link", name="Newest").wait_for()
    assert "before=29" in page.url
    assert page.locator(".rows time").first.text_content() != first
    page.go_back()
    expect(page.locator(".rows time").first).to_have_text(first or "")


def test_the_filter_is_in_the_address_and_holds_when_loaded_anew(serve: Serve, look: Look) -> None:
    page = look(f"{serve(busy()).url}/events")
    page.get_by_label("Score at least").fill("0.9")
    page.get_by_text("10 events", exact=True).wait_for()
    assert page.url.endswith("/events?min_score=0.9")
    page.reload()
    page.get_by_text("10 events", exact=True).wait_for()
    assert set(page.locator(".rows .strength .figures").all_text_contents()) == {"0.97"}
    page.get_by_role("button", name="Clear").click()
    page.get_by_text("38 events").wait_for()


def test_new_events_wait_until_they_are_asked_for(serve: Serve, look: Look) -> None:
    """The list does not move under a finger."""
    fake = serve(busy())
    page = look(f"{fake.url}/events")
    page.get_by_text("38 events").wait_for()
    fake.hear(event(39, "Whale"))
    page.get_by_role("button", name="Show 1 new event").click()
    page.locator(".rows li", has_text="Whale").wait_for()


def test_a_verdict_is_given_and_taken_back(serve: Serve, look: Look) -> None:
    fake = serve(busy())
    page = look(f"{fake.url}/events/38")
    yes = page.get_by_role("button", name="Yes")
    for pressed in ("true", "false"):
        with page.expect_response("**/verdict"):
            yes.click()
        assert yes.get_attribute("aria-pressed") == pressed
    said = [body for _, path, body in fake.asked if path == "events/38/verdict"]
    assert said == [{"verdict": "right"}, {"verdict": None}]
    assert page.locator(".plot img").evaluate("image => image.naturalWidth") == 1280


def test_an_event_that_is_gone_is_told_so(serve: Serve, look: Look) -> None:
    page = look(f"{serve().url}/events/99", refused=True)
    page.get_by_text("This event is not there any more").wait_for()


def test_the_graph_shows_what_each_step_loses(serve: Serve, look: Look) -> None:
    page = look(f"{serve(busy()).url}/flow")
    page.get_by_role("button", name="queue 440 of 512, 12 dropped").wait_for()
    page.get_by_role("button", name="iot devicehive").click()
    page.locator(".yaml li.chosen", has_text="devicehive").wait_for()
    page.get_by_text("3 errors", exact=False).first.wait_for()


def test_no_step_lies_on_another_and_every_edge_leads_on(serve: Serve, look: Look) -> None:
    """In both directions, for a flow with a step that is read past others."""
    page = look(f"{serve().url}/flow")
    result = page.evaluate("""async () => {
      const { layout } = await import('/static/flow/layout.js');
      const names = 'a b c d e f g'.split(' ');
      const edges = ['ab', 'bc', 'cd', 'ad', 'ae', 'ce', 'df', 'af', 'eg'].map(([from, to]) => ({ from, to }));
      const size = { width: 100, height: 40 };
      return [true, false].map((down) => {
        const found = layout(names.map((name) => ({ name })), edges, { size, gap: 30, down });
        return { nodes: [...found.nodes.values()], edges: found.edges, width: found.width, height: found.height, down };
      });
    }""")
    for drawn in result:
        along = "y" if drawn["down"] else "x"
        for edge in drawn["edges"]:
            assert all(a[along] < b[along] for a, b in zip(edge["points"], edge["points"][1:], strict=False))
        for i, a in enumerate(drawn["nodes"]):
            assert 0 <= a["x"] <= drawn["width"] - 100
            assert 0 <= a["y"] <= drawn["height"] - 40
            for b in drawn["nodes"][:i]:
                assert abs(a["x"] - b["x"]) >= 100 or abs(a["y"] - b["y"]) >= 40


def test_a_threshold_is_tried_live_and_reset(serve: Serve, look: Look) -> None:
    fake = serve()
    page = look(f"{fake.url}/flow")
    slider = page.get_by_role("slider", name="hits: threshold of Glass")
    slider.focus()
    with page.expect_response("**/thresholds"):
        for _ in range(5):
            page.keyboard.press("ArrowRight")
        page.get_by_text("1 changed").wait_for()
    assert fake.scene.thresholds == {("hits", "Glass"): 0.25}
    assert (
        len([path for _, path, _ in fake.asked if path == "thresholds"]) == 1
    )  # five steps of the slider, one request
    page.get_by_role("button", name="Reset all").click()
    page.get_by_text("The thresholds are those of the flow again").wait_for()
    assert fake.scene.thresholds == {}
    assert page.get_by_role("link", name="Export YAML").get_attribute("href") == "/api/v1/flow.yaml"


def test_a_threshold_that_is_refused_goes_back_to_what_holds(serve: Serve, look: Look) -> None:
    fake = serve()
    page = look(f"{fake.url}/flow", refused=True)
    slider = page.get_by_role("slider", name="hits: threshold of Glass")
    slider.wait_for()
    fake.scene.broken = True
    slider.fill("0.7")
    page.get_by_text("1 changed").wait_for()
    page.get_by_text("1 changed").wait_for(state="detached")
    assert slider.input_value() == "0.2"


def test_a_token_goes_in_and_is_not_kept_in_the_page(serve: Serve, look: Look) -> None:
    fake = serve()
    page = look(f"{fake.url}/connections")
    card = page.get_by_role("region", name="DeviceHive, iot")
    card.get_by_label("Token").fill("s3cret")
    card.get_by_label("Server").fill("ws://other.local/api/websocket")
    card.get_by_role("button", name="Save and connect").click()
    page.get_by_text("Saved: connecting with it now").wait_for()
    sent = {"url": "ws://other.local/api/websocket", "device_id": "door-1", "token": "s3cret"}
    assert fake.asked[-1] == ("PUT", "connections/iot", sent)
    assert card.get_by_label("Token").input_value() == ""


def test_a_server_that_dies_is_seen_within_seconds(serve: Serve, look: Look) -> None:
    fake = serve()
    page = look(f"{fake.url}/connections")
    card = page.get_by_role("region", name="DeviceHive, iot")
    card.get_by_text("Connected", exact=True).first.wait_for()
    fake.scene.connections[0] |= {"state": "lost", "last_error": "hub.local went away"}
    card.get_by_text("hub.local went away").wait_for()
    card.get_by_role("button", name="Disconnect").click()
    card.get_by_role("button", name="Connect", exact=True).wait_for()


def test_a_training_shows_progress_curves_classes_and_confusion(serve: Serve, look: Look) -> None:
    page = look(f"{serve().url}/training")
    page.get_by_role("progressbar").wait_for()
    assert page.get_by_role("progressbar").get_attribute("aria-valuenow") == "66"
    assert page.get_by_role("img", name="loss by step: training").count() == 1
    assert page.locator(".classes tbody th").all_text_contents() == ["alarm", "glass", "knocking", "unknown"]
    page.get_by_role("button", name="Examples").click()
    page.get_by_role("button", name="Examples").click()
    assert page.locator(".classes tbody th").first.text_content() == "unknown"
    assert page.get_by_title("knocking taken for glass: 3 of 26").count() == 1
