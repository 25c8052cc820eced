"""`/hall` and `/board`: what pages need to begin, and what the wall shows."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request, Response

from displays.board import board, service_wait
from hub import wire
from hub.access import Role
from hub.domain.model import PRIORITY_NAMES
from hub.domain.queueing import next_number
from hub.web.answers import Json
from hub.web.roles import allow_all, principal
from hub.web.services import Services

PAUSE_REASONS: Final = ("临时离开", "用餐", "会议", "设备故障", "取送材料")
"""Offered by the clerk's page; any other text is taken too."""
_SEE_CLERKS: Final = frozenset({"clerk", "manager"})


def add_routes(api: APIRouter, services: Services) -> None:
    """Add `/hall` and `/board`."""

    @api.get(
        f"{wire.API}/hall",
        response_model=wire.HallItem,
        summary="大厅的业务、窗口和选项 (services, windows, choices)",
        tags=["大厅 hall"],
        openapi_extra=allow_all(),
    )
    async def get_hall(request: Request) -> Response:
        return Json(hall_item(services, principal(request).role))

    @api.get(
        f"{wire.API}/board",
        response_model=wire.BoardMessage,
        summary="综合屏 (the wall's board)",
        tags=["大厅 hall"],
        openapi_extra=allow_all(),
    )
    async def get_board() -> Response:
        return Json(board_message(services))


def board_message(services: Services) -> wire.BoardMessage:
    """The board as it stands."""
    shown, hall = services.shown, services.hall
    return wire.BoardMessage(shown.state.seq, "board", board(shown.state, hall.setup, hall.zone, shown.trouble))


def hall_item(services: Services, role: Role) -> wire.HallItem:
    """The hall as set up, with what changes during the day; clerks are named to those who may see them."""
    with_clerks = role in _SEE_CLERKS
    hall = services.hall
    setup = hall.setup
    return wire.HallItem(
        name=setup.name,
        timezone=str(hall.zone),
        services=tuple(_service(services, code) for code in setup.services),
        windows=tuple(wire.HallWindow(w.number, w.name, w.department, w.services) for w in setup.windows.values()),
        priorities=tuple(wire.Named(code, name) for code, name in PRIORITY_NAMES.items()),
        pause_reasons=PAUSE_REASONS,
        kiosks=setup.kiosks,
        role=role,
        clerks=tuple(wire.ClerkRef(c.id, c.name) for c in setup.clerks.values()) if with_clerks else None,
    )


def _service(services: Services, code: str) -> wire.HallService:
    state, setup = services.shown.state, services.hall.setup
    service = setup.services[code]
    wait = service_wait(state, setup, code)
    is_open = next_number(state, service, state.day) is not None
    return wire.HallService(
        code=code,
        name=service.name,
        prefix=service.prefix,
        open=is_open,
        reason=None if is_open else "今日号已发完",
        waiting=wait.waiting,
        estimate_s=wait.estimate_s,
    )
