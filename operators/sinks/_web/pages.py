"""The files of the pages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

STATIC = Path(__file__).with_name("static")
PAGES = {
    "/": "index.html",
    "/events": "events.html",
    "/events/{id}": "event.html",
    "/flow": "flow.html",
    "/connections": "connections.html",
    "/training": "training.html",
    "/login": "login.html",
}


def routes() -> list[BaseRoute]:
    """Return where the pages and their files are served; a page without a file of its own is that of all pages."""
    pages = [Route(path, _page(name), methods=["GET"]) for path, name in PAGES.items()]
    icon = Route("/favicon.ico", _page("favicon.svg"), methods=["GET"])
    return [*pages, icon, Mount("/static", StaticFiles(directory=STATIC))]


def _page(name: str) -> Callable[[Request], Awaitable[Response]]:
    file = STATIC / name if (STATIC / name).is_file() else STATIC / "index.html"

    async def page(request: Request) -> Response:
        return FileResponse(file)

    return page
