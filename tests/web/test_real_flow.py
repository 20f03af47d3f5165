"""The page of a flow that runs: what is played into it is seen, heard and kept."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Semaphore
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest
from websockets.asyncio.client import connect

from tests.web.real_flow import RealFlow

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore")]
CLIPS = "clips: {use: clip_archiver, from: {audio: mic, events: alerts}, folder: clips, before_s: 1, after_s: 1}"


@pytest.fixture
def flow(tmp_path: Path, models: Path) -> Iterator[RealFlow]:
    """A flow that runs."""
    running = RealFlow(tmp_path, CLIPS)
    running.start()
    yield running
    running.kill()


def test_breaking_glass_is_seen_within_two_seconds_and_can_be_heard_again(
    flow: RealFlow, look: Callable[..., Page]
) -> None:
    page = look(flow.url)
    page.get_by_text("No events yet").wait_for(timeout=20_000)
    page.locator(".pill", has_text="Listening").wait_for()
    flow.break_glass()
    page.locator(".recent li", has_text="Glass").wait_for(timeout=2000)
    page.locator(".recent .play:enabled").click(timeout=10_000)  # its clip has been written
    page.get_by_role("button", name="Pause the clip").wait_for()
    page.locator(".recent a", has_text="Glass").click()
    page.get_by_role("button", name="Yes").click()
    page.locator(".right[aria-pressed=true]").wait_for()
    assert page.locator(".plot img").evaluate("image => image.decode().then(() => image.naturalWidth)") == 1280


async def labels_of_first_events(url: str, browsers: int, looks: Semaphore) -> list[str]:
    """Return the label of the first event that each of so many browsers is told; *looks* is released by each."""

    async def label() -> str:
        async with connect(f"{url.replace('http', 'ws', 1)}/api/v1/live", compression=None) as socket:
            looks.release()
            async for text in socket:
                told = json.loads(text)
                if told["type"] == "event":
                    return str(told["event"]["label"])
        return "hung up"

    async with asyncio.timeout(30):
        return await asyncio.gather(*(label() for _ in range(browsers)))


def test_fifty_browsers_cost_the_flow_nothing(flow: RealFlow, look: Callable[..., Page]) -> None:
    page = look(flow.url)
    page.locator(".pill", has_text="Listening").wait_for(timeout=20_000)
    looks = Semaphore(0)
    with ThreadPoolExecutor(1) as executor:
        told = executor.submit(asyncio.run, labels_of_first_events(flow.url, 50, looks))
        assert all(looks.acquire(timeout=20) for _ in range(50))
        flow.break_glass()
        page.locator(".recent li", has_text="Glass").wait_for(timeout=2000)
        assert told.result() == ["Glass"] * 50
    with urlopen(f"{flow.url}/api/v1/state") as answer:
        steps = json.load(answer)["steps"]
    assert {name: step["dropped"] for name, step in steps.items()} == dict.fromkeys(steps, 0)


def test_the_page_recovers_when_the_flow_is_started_again(flow: RealFlow, look: Callable[..., Page]) -> None:
    page = look(flow.url, refused=True)
    page.locator(".pill", has_text="Listening").wait_for(timeout=20_000)
    flow.kill()
    page.get_by_text("No answer from flowrun").wait_for()
    flow.start()
    page.locator(".pill", has_text="Listening").wait_for(timeout=20_000)
    assert page.get_by_text("No answer from flowrun").count() == 0


def test_a_threshold_is_tried_on_the_flow_that_runs(flow: RealFlow, look: Callable[..., Page]) -> None:
    page = look(f"{flow.url}/flow")
    page.locator(".graph .step", has_text="recognise").wait_for(timeout=20_000)
    page.locator(".graph .edge.moving").first.wait_for()
    with page.expect_response("**/thresholds") as answer:
        page.get_by_role("slider", name="hits: threshold of Glass").fill("0.55")
    assert answer.value.ok
    with page.expect_download() as download:
        page.get_by_role("link", name="Export YAML").click()
    assert "Glass: 0.55" in Path(download.value.path()).read_text()
