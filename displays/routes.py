"""The pages of big screens, and what they load: the wall, the notice board."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

PAGES: Final = ("wall", "notice")
_HERE: Final = Path(__file__).parent


def routes() -> list[BaseRoute]:
    """`/wall`, `/notice` and below them."""
    return [route for name in PAGES for route in _page(name)]


def _page(name: str) -> list[BaseRoute]:
    return [
        *(Route(path, _index(_HERE / name), methods=["GET"]) for path in (f"/{name}", f"/{name}/")),
        Mount(f"/{name}", StaticFiles(directory=_HERE / name)),
    ]


def _index(folder: Path) -> Callable[[Request], Awaitable[FileResponse]]:
    async def index(_: Request) -> FileResponse:
        return FileResponse(folder / "index.html")

    return index
