"""`/devices`: how they stand; probe, drill, maintenance, tap."""

from __future__ import annotations

from enum import Enum
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from hub import wire
from hub.web.answers import Json
from hub.web.bodies import EndMaintenance, Maintain
from hub.web.roles import allow, principal
from hub.web.services import DeviceView, Services

_ROLES: Final = allow("manager", "inspector", "admin")
_KEEPERS: Final = allow("manager", "admin")
_TAGS: Final[list[str | Enum]] = ["设备 devices"]
_PATH: Final = f"{wire.API}/devices"


def add_routes(api: APIRouter, services: Services) -> None:
    """Add the calls of `/devices`."""
    _add_looks(api, services.devices)
    _add_maintenance(api, services.devices)


def _add_looks(api: APIRouter, devices: DeviceView) -> None:

    @api.get(
        _PATH,
        response_model=tuple[wire.DeviceItem, ...],
        summary="全部设备的现状 (all devices as they stand)",
        tags=_TAGS,
        openapi_extra=_ROLES,
    )
    async def list_devices() -> Response:
        return Json(tuple(devices.items()))

    @api.post(
        f"{_PATH}/{{device}}/probe",
        response_model=wire.DeviceItem,
        summary="立即检查设备 (ask the device now)",
        tags=_TAGS,
        openapi_extra=_ROLES,
    )
    async def probe(device: str) -> Response:
        return Json(await devices.probe(device))

    @api.post(
        f"{_PATH}/{{device}}/drill",
        response_model=wire.Drill,
        summary="按键演练：逐键按一遍，不计评价 (every key once; no press counts)",
        tags=_TAGS,
        openapi_extra=_ROLES,
    )
    async def drill(request: Request, device: str) -> Response:
        return Json(await devices.drill(device, by=principal(request).name))

    @api.get(
        f"{_PATH}/{{device}}/tap",
        response_model=wire.Tap,
        summary="线路上最近的帧 (the latest frames of its wire)",
        tags=_TAGS,
        openapi_extra=_ROLES,
    )
    async def tap(device: str) -> Response:
        return Json(devices.tap(device))


def _add_maintenance(api: APIRouter, devices: DeviceView) -> None:
    shape: dict[str, Any] = {"response_model": wire.DeviceItem, "tags": _TAGS, "openapi_extra": _KEEPERS}

    @api.post(
        f"{_PATH}/{{device}}/maintenance",
        summary="登记维护：期间按键不计评价 (under maintenance: presses are tests)",
        **shape,
    )
    async def maintain(request: Request, device: str, body: Maintain) -> Response:
        by = principal(request).name
        return Json(await devices.maintain(device, body.windows, minutes=body.minutes, reason=body.reason, by=by))

    @api.post(f"{_PATH}/{{device}}/maintenance/end", summary="结束维护，按键恢复计入 (presses count again)", **shape)
    async def end_maintenance(request: Request, device: str, body: EndMaintenance | None = None) -> Response:
        windows = body.windows if body else None
        return Json(await devices.end_maintenance(device, windows, by=principal(request).name))
