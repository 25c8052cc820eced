"""`/devices`: how they stand; probe, drill, tap."""

from __future__ import annotations

from enum import Enum
from typing import Final

from fastapi import APIRouter, Request, Response

from hub import wire
from hub.web.answers import Json
from hub.web.roles import allow, principal
from hub.web.services import Services

_ROLES: Final = allow("manager", "inspector", "admin")
_TAGS: Final[list[str | Enum]] = ["设备 devices"]
_PATH: Final = f"{wire.API}/devices"


def add_routes(api: APIRouter, services: Services) -> None:
    """Add the calls of `/devices`."""
    devices = services.devices

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
