"""All devices of a hall: one task a port that connects, runs the sessions, and connects again.

What a session says of its health becomes the facts device.online and device.offline; a lost link shows at once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final, Protocol

import structlog

from drivers import link, registry
from drivers.bus import Bus as Line
from drivers.errors import BadOption, DriverError, UnknownDriver
from drivers.events import LinkDown, LinkUp
from drivers.registry import Driver, Health, Session, Settings
from hub.bus import Bus
from hub.config import DeviceTable, HallConfig
from hub.devices.keypads import KeypadDesk
from hub.devices.printers import SlipPrinter
from hub.devices.signs import SignDesk
from hub.domain.events import DeviceOffline, DeviceOnline
from hub.errors import ConfigError, NotFound, Problem
from hub.hall import Hall
from hub.shown import Shown

WATCH_S: Final = 0.5
"""How often healths are looked at: an unplugged device shows within three seconds."""
DEFAULT_SIZE: Final = (64, 16)  # a window's sign of four characters, the usual one

_log = structlog.get_logger(__name__)


class Desk(Protocol):
    """A family's side of the hall: works with the session while it is connected."""

    async def run(self, session: Any) -> None:  # noqa: ANN401 - each family's own interface
        """Work until cancelled."""


@dataclass(slots=True)
class Device:
    """One `[[devices]]` table at work."""

    table: DeviceTable
    driver: Driver
    desk: Desk
    session: Session | None = None
    line: Line | None = None
    link_health: Health = field(
        default_factory=lambda: Health("unknown", time.monotonic(), "尚未连接 (not connected yet)")
    )
    online: bool | None = None

    def health(self) -> Health:
        """The state as a person should see it."""
        return self.session.health() if self.session is not None else self.link_health


class _Attached:
    """A session and the desk that works with it, run as one."""

    def __init__(self, device: Device, session: Session) -> None:
        self._device = device
        self._session = session

    async def run(self) -> None:
        """Run both; when the link is lost both end."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._session.run())
            tasks.create_task(self._device.desk.run(self._session))

    def health(self) -> Health:
        """The session's."""
        return self._session.health()


class Devices:
    """The hall's devices. `run` works until cancelled; the rest may be asked at any time."""

    def __init__(self, config: HallConfig, hall: Hall, shown: Shown, bus: Bus, *, public_url: str) -> None:
        self._bus = bus
        self._random = Random()  # noqa: S311 - jitter of reconnecting
        self.devices: dict[str, Device] = {}
        for table in config.devices:
            driver = registry.load(table.driver)
            desk = _desk(table, driver, hall, shown, bus, public_url)
            self.devices[table.id] = Device(table, driver, desk)

    async def run(self) -> None:
        """Keep all ports connected."""
        ports: dict[str, list[Device]] = {}
        for device in self.devices.values():
            ports.setdefault(device.table.port, []).append(device)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._watch())
            for url, devices in ports.items():
                tasks.create_task(self._keep(url, devices), name=url)

    def device(self, device: str) -> Device:
        """One device; NotFound."""
        found = self.devices.get(device)
        if found is None:
            raise NotFound("device", device)
        return found

    async def _keep(self, url: str, devices: Sequence[Device]) -> None:
        def attach(line: Line) -> list[Session]:
            return [self._attach(device, line) for device in devices]

        def report(event: LinkUp | LinkDown) -> None:
            self._report(event, devices)

        try:
            await link.keep(url, attach, report, random=self._random)
        except* DriverError as error:  # settings that no waiting heals: the other ports go on
            _log.exception("device.unusable", port=url, reason=str(error))
            self._report(LinkDown(url, "设置有误，请查看日志 (bad settings)"), devices)

    def _attach(self, device: Device, line: Line) -> Session:
        table = device.table
        settings = Settings(
            id=table.id,
            addresses=tuple(table.windows),
            keys=table.keys,
            size=table.size or (DEFAULT_SIZE if table.family == "led" else None),
            options=dict(table.options),
        )
        session = device.driver.open(line, settings, getattr(device.desk, "received", _ignore))
        device.session, device.line = session, line
        return _Attached(device, session)

    def _report(self, event: LinkUp | LinkDown, devices: Sequence[Device]) -> None:
        if isinstance(event, LinkUp):
            _log.info("port.open", port=event.url)
            return
        _log.warning("port.lost", port=event.url, reason=event.reason)
        for device in devices:
            device.session = device.line = None
            device.link_health = Health("absent", time.monotonic(), event.reason)
        self._note_changes()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(WATCH_S)
            self._note_changes()

    def _note_changes(self) -> None:
        """Publish who came and who went. A silent keypad is not gone: it speaks only when it is pressed."""
        for device in self.devices.values():
            health = device.health()
            online = {"ok": True, "degraded": True, "absent": False}.get(health.state)
            if online is None:
                online = False if device.online and device.table.family != "keypad" else device.online
            if online is None or online == device.online:
                continue
            first = device.online is None
            device.online = online
            windows = tuple(dict.fromkeys(device.table.windows.values()))
            if online:
                self._bus.publish(DeviceOnline(device.table.id, device.table.driver, windows))
                _log.info("device.online", device=device.table.id, first=first)
            else:
                self._bus.publish(DeviceOffline(device.table.id, device.table.driver, windows, health.detail))
                _log.warning("device.offline", device=device.table.id, reason=health.detail)


def check_drivers(config: HallConfig, file: Path) -> None:
    """Check what only drivers know: their names and options. ConfigError tells every fault."""
    problems: list[Problem] = []
    for n, table in enumerate(config.devices):
        try:
            driver = registry.load(table.driver)
        except UnknownDriver as error:
            near = error.nearest or ""
            problems.append(
                Problem(str(file), f"devices[{n}].driver", "已安装的驱动 (an installed driver)", table.driver, near)
            )
            continue
        problems += [
            Problem(str(file), f"devices[{n}].options.{name}", _known(driver.options), name)
            for name in table.options
            if name not in driver.options
        ]
        if driver.family == "printer" and table.kiosk is None:
            problems.append(Problem(str(file), f"devices[{n}].kiosk", "取号机的 id (a kiosk's id)", "无 (none)"))
    if problems:
        raise ConfigError(*problems)


def _known(options: Mapping[str, str]) -> str:
    return f"驱动选项 {'、'.join(options) or '（无）'} (one of these)"


def _desk(table: DeviceTable, driver: Driver, hall: Hall, shown: Shown, bus: Bus, public_url: str) -> Desk:
    match driver.family:
        case "keypad":
            levels = table.keys if table.keys is not None else driver.levels or {}
            return KeypadDesk(table.id, table.windows, levels, hall, shown, bus)
        case "printer":
            return SlipPrinter(table.id, table.kiosk or "", public_url, hall, shown, bus)
        case "led":
            return SignDesk(table.id, table.windows, table.size or DEFAULT_SIZE, hall.setup, shown)
    raise BadOption(f"{table.id}: 尚不支持的设备类别 {driver.family} (family)")


async def _ignore(_event: object) -> None:
    """Devices that have nothing to say to the hall."""
