"""The whole web app of one hall."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final

from fastapi import APIRouter, FastAPI, WebSocket
from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse

import displays.routes
import kiosk.routes
from hub import __version__, wire
from hub.clock import ScaledClock
from hub.closing import Closing
from hub.web import (
    callbacks,
    cases,
    devices,
    docs,
    flags,
    grievances,
    health,
    home,
    notice,
    overview,
    pairing,
    phone,
    problems,
    records,
    reports,
    tickets,
    windows,
)
from hub.web.bodies import RatePhone, TakeTicket
from hub.web.frames import FrameProtocol
from hub.web.guard import COOKIE, Guard
from hub.web.live import Live
from hub.web.roles import KEY, Guarded
from hub.web.services import Services
from hub.web.simulated import SimulatedTime

SERVER: Final[dict[str, Any]] = {
    "ws": FrameProtocol,
    "ws_max_size": wire.LIVE_FRAME_MOST,
    "ws_ping_interval": wire.PING_S,
    "ws_ping_timeout": 2 * wire.PING_S,
    "ws_per_message_deflate": False,  # frames are shared by all clients
    "access_log": False,  # the path of a citizen's link is a secret
    "server_header": False,
    "timeout_graceful_shutdown": 2,  # the hub ends within three seconds, whoever is in mid-request
}
"""Settings of `uvicorn.Config` that the app counts on."""

_PROBLEM: Final = {"content": {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
_PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    status: {"description": text, **_PROBLEM}
    for status, text in {
        400: "内容无法识别 (cannot be read)",
        401: "没有有效的令牌 (no valid token)",
        403: "身份无权 (the role is too low)",
        404: "没有这个编号 (unknown id)",
        405: "不支持的方法 (method not allowed)",
        409: "现在的状态不允许 (the state forbids it)",
        413: "内容过大 (too large)",
        422: "提交的内容不对 (bad value)",
        429: "尝试过多 (too many attempts)",
        500: "内部错误 (internal error)",
        503: "磁盘拒写，稍后再试 (the disk refuses; try again)",
    }.items()
}
_ABOUT: Final = """政务服务中心设备中枢的接口。令牌放在 Authorization: Bearer，或用配对得到的 cookie。
Tokens go in Authorization: Bearer or in the cookie that pairing sets.

大屏和页面用 websocket /api/v1/live?topic=board&after=0：每条消息是完整状态；主题有 board、windows、devices、flags。
Screens follow the websocket /api/v1/live: whole states {"seq","topic","board"}; topics board, windows, devices, flags.
"""


def create_app(services: Services) -> FastAPI:
    """The app; run it with the settings of `SERVER`. Its lifespan runs `/live`."""
    live = Live(services)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(live.run(), name="live")
            yield
            running.cancel()

    app = FastAPI(
        title=f"hallhub · {services.hall.setup.name}",
        version=__version__,
        description=_ABOUT,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=lifespan,
        redirect_slashes=False,
        responses=_PROBLEMS,
    )
    app.router.route_class = Guarded
    _add_api(app.router, services, live)
    app.router.routes.extend(
        (*home.routes(services.hall.setup.name), *kiosk.routes.routes(), *displays.routes.routes())
    )
    _add_docs(app)
    problems.install(app)
    app.add_middleware(Guard, access=services.access)
    if isinstance(services.bus.clock, ScaledClock):
        app.add_middleware(SimulatedTime, clock=services.bus.clock)
    return app


def _add_api(api: APIRouter, services: Services, live: Live) -> None:
    tickets.add_routes(api, services)  # first of all: what many do at once is found soonest
    windows.add_routes(api, services)
    overview.add_routes(api, services)
    devices.add_routes(api, services)
    records.add_routes(api, services)
    flags.add_routes(api, services)
    callbacks.add_routes(api, services)
    closing = Closing(services.hall, services.bus, services.rule_sets)
    reports.add_routes(api, services, closing)
    notice.add_routes(api, closing)
    cases.add_routes(api, services)
    grievances.add_routes(api, services)
    pairing.add_routes(api, services)
    phone.add_routes(api, services)
    health.add_routes(api, services, live.clients)

    @api.websocket(f"{wire.API}/live")
    async def follow(websocket: WebSocket) -> None:
        await live.serve(websocket)


def _add_docs(app: FastAPI) -> None:
    describe = partial(_openapi, app)
    setattr(app, "openapi", describe)  # noqa: B010 - FastAPI's own way to replace it, which mypy does not take

    async def openapi(_: Request) -> JSONResponse:
        return JSONResponse(describe())

    async def page(_: Request) -> HTMLResponse:
        return HTMLResponse(docs.page(describe()))

    app.add_route("/openapi.json", openapi, methods=["GET"], include_in_schema=False)
    app.add_route("/docs", page, methods=["GET"], include_in_schema=False)


def _openapi(app: FastAPI) -> dict[str, Any]:
    """OpenAPI, with the roles of each call in its description; made once."""
    if app.openapi_schema is not None:
        return app.openapi_schema
    schema = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    parts = schema["components"]
    parts["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer"},
        "cookie": {"type": "apiKey", "in": "cookie", "name": COOKIE},
    }
    for shape in (wire.Problem, TakeTicket, RatePhone):  # those that no route names by itself
        described = TypeAdapter(shape).json_schema(ref_template="#/components/schemas/{model}")
        parts["schemas"] |= described.pop("$defs", {}) | {shape.__name__: described}
    for call in (call for calls in schema["paths"].values() for call in calls.values()):
        roles = call[KEY]
        call["description"] = f"身份 (roles): {', '.join(roles) if isinstance(roles, list) else roles}"
    app.openapi_schema = schema
    return schema
