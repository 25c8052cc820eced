"""`/`: where a newcomer finds the pages; and the pages that this package serves itself."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

_HERE: Final = Path(__file__).parent
_LINKS: Final = (
    ("/kiosk", "自助取号机", "Ticket kiosk"),
    ("/caller", "窗口工作人员页面", "The clerk's page"),
    ("/wall", "综合屏", "The wall"),
    ("/notice", "考核结果公示", "The public notice board"),
    ("/inspector", "擅自按键核查", "Inquiry into self-pressed ratings"),
    ("/docs", "接口文档", "The API"),
)
_FOLDERS: Final = ("caller", "citizen", "inspector", "static")


def routes(hall: str) -> list[BaseRoute]:
    """`/`, `/caller`, `/inspector`, and what pages share."""
    html = _home(hall)

    async def home(_: Request) -> HTMLResponse:
        return HTMLResponse(html)

    async def caller(_: Request) -> FileResponse:
        return FileResponse(_HERE / "caller" / "index.html")

    async def inspector(_: Request) -> FileResponse:
        return FileResponse(_HERE / "inspector" / "index.html")

    async def favicon(_: Request) -> FileResponse:
        return FileResponse(_HERE / "static" / "icon.svg")

    return [
        Route("/", home, methods=["GET"]),
        Route("/favicon.ico", favicon, methods=["GET"]),
        *(Route(path, caller, methods=["GET"]) for path in ("/caller", "/caller/")),
        *(Route(path, inspector, methods=["GET"]) for path in ("/inspector", "/inspector/")),
        *(Mount(f"/{name}", StaticFiles(directory=_HERE / name)) for name in _FOLDERS),
    ]


def _home(hall: str) -> str:
    links = "\n".join(
        f'<li><a href="{href}">{text} <span lang="en">{english}</span></a></li>' for href, text, english in _LINKS
    )
    return f"""<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(hall)}</title>
<link rel="stylesheet" href="/static/hall.css">
<link rel="stylesheet" href="/citizen/home.css">
</head>
<body class="home">
<main>
<h1>{escape(hall)}</h1>
<ul>
{links}
</ul>
</main>
</body>
</html>
"""
