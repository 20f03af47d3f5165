"""Takes pictures of every page in every state, for people to look at: `python -m tests.web.screenshots FOLDER`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.web.chromium import launch
from tests.web.fake_api import FakeApi
from tests.web.scenes import Scene, busy, event, step, stream

SIZES = {"desktop": (1440, 900), "tablet": (768, 1024), "phone": (375, 812)}
HEARD_MS = 6000  # of sound, before a picture of the live page
SETTLED_MS = 1500


def no_microphone() -> Scene:
    """Return a flow whose microphone is not there."""
    missing = "'USB Audio' is missing: no input device has a name like that; tried again in 8 s"
    return Scene(streams=[stream("mic", "missing", missing)], sounding=False, ready=False)


def loading() -> Scene:
    """Return a flow that has just been started."""
    return Scene(streams=[stream("mic", "starting", "starting")], sounding=False, ready=False, steps={"scores": step()})


def several() -> Scene:
    """Return a flow of three microphones."""
    scene = busy()
    scene.streams = [
        stream("front door"),
        stream("garden", "silent", "'garden' is silent: only zeros come"),
        stream("garage"),
    ]
    return scene


def protected() -> Scene:
    """Return a flow that asks for a password."""
    return Scene(password="correct horse")


def empty() -> Scene:
    """Return a flow that has heard nothing yet, sends nothing and trains nothing."""
    return Scene(connections=[], runs=[])


def broken() -> Scene:
    """Return a flow whose history cannot be read."""
    return Scene(broken=True)


PAGES: dict[str, tuple[Callable[[], Scene], str]] = {
    "live": (busy, "/"),
    "live_several": (several, "/"),
    "live_no_microphone": (no_microphone, "/"),
    "live_loading": (loading, "/"),
    "live_paused": (lambda: Scene(paused=True, streams=[stream("mic", "paused", "paused by the web page")]), "/"),
    "live_empty": (empty, "/"),
    "live_lost": (busy, "/"),
    "events": (busy, "/events"),
    "events_empty": (empty, "/events"),
    "events_none_like_that": (busy, "/events?label=Whale"),
    "events_broken": (broken, "/events"),
    "event": (busy, "/events/37"),
    "event_gone": (busy, "/events/999"),
    "flow": (busy, "/flow"),
    "connections": (Scene, "/connections"),
    "connections_empty": (empty, "/connections"),
    "training": (Scene, "/training"),
    "training_empty": (empty, "/training"),
    "login": (protected, "/login"),
    "not_found": (Scene, "/nowhere"),
}


def main(folder: Path, wanted: list[str]) -> None:
    """Take them all, or those *wanted*."""
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = launch(playwright)
        for name in wanted or PAGES:
            make, path = PAGES[name]
            for size, (width, height) in SIZES.items():
                for theme in ("light", "dark"):
                    fake = FakeApi(make())
                    fake.start()
                    view = {"width": width, "height": height}
                    page = browser.new_page(viewport=view, color_scheme=theme)  # type: ignore[arg-type]
                    page.on("pageerror", lambda error: print("error:", error))
                    page.goto(fake.url + path)
                    shoot(page, fake, name, folder / f"{name}_{size}_{theme}.png")
                    page.close()
                    fake.stop()
        browser.close()


def shoot(page: Page, fake: FakeApi, name: str, file: Path) -> None:
    """Bring *page* into the state that *name* says, and take its picture."""
    page.wait_for_timeout(HEARD_MS if name in ("live", "live_several", "live_lost") else SETTLED_MS)
    if name == "live":
        fake.hear(event(50, "Glass", 0.91, start_s=4.0, end_s=6.1))
        page.wait_for_timeout(SETTLED_MS)
    if name == "live_lost":
        fake.stop()
        page.wait_for_timeout(SETTLED_MS)
    page.screenshot(path=file, full_page=True)
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        print("wider than the window:", file.name)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
