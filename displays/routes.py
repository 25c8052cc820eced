"""The wall's page and what it loads."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

WALL: Final = Path(__file__).parent / "wall"


def routes() -> list[BaseRoute]:
    """`/wall` and below it."""
    return [
        *(Route(path, _index, methods=["GET"]) for path in ("/wall", "/wall/")),
        Mount("/wall", StaticFiles(directory=WALL)),
    ]


async def _index(_: Request) -> FileResponse:
    return FileResponse(WALL / "index.html")
