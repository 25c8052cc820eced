"""The kiosk's page and what it loads."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

PAGE: Final = Path(__file__).parent / "page"


def routes() -> list[BaseRoute]:
    """`/kiosk` and below it."""
    return [
        *(Route(path, _index, methods=["GET"]) for path in ("/kiosk", "/kiosk/")),
        Mount("/kiosk", StaticFiles(directory=PAGE)),
    ]


async def _index(_: Request) -> FileResponse:
    return FileResponse(PAGE / "index.html")
