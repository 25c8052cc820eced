"""All devices of a hall: one task a port that connects, runs the sessions, and connects again.

What a session says of its health becomes the facts device.online and device.offline; a lost link shows at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final, Literal, Protocol

import structlog

from drivers import link, registry
from drivers.bus import Bus as Line
from drivers.errors import BadOption, DriverError, LinkLost
from drivers.events import Chunk, LinkDown, LinkUp, Sent
from drivers.registry import Driver, Health, Session
from drivers.transports.ports import parse_port
from hub import wire
from hub.bus import Bus
from hub.config import DeviceTable, HallConfig
from hub.devices.checks import DEFAULT_SIZE, settings_of
from hub.devices.drills import Drills
from hub.devices.keypads import KeypadDesk
from hub.devices.maintenance import Maintenance
from hub.devices.printers import SlipPrinter
from hub.devices.signs import SignDesk
from hub.domain.events import DeviceOffline, DeviceOnline
from hub.domain.state import Maintained
from hub.errors import NotFound, StateForbids, StorageFull
from hub.hall import Hall
from hub.shown import Shown

WATCH_S: Final = 0.5
"""How often healths are looked at: an unplugged device shows within three seconds."""

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
        self._zone = hall.zone
        self._shown = shown
        self._drills = Drills(bus, shown)
        self._watchers: list[Callable[[], None]] = []
        self._maintenance = Maintenance(hall, bus, self._tell)
        self._told: list[tuple[str, Health]] = []
        self._random = Random()  # noqa: S311 - jitter of reconnecting
        self.devices: dict[str, Device] = {}
        for table in config.devices:
            driver = registry.load(table.driver)
            desk = _desk(table, driver, hall, shown, bus, public_url)
            self.devices[table.id] = Device(table, driver, desk)

    async def run(self) -> None:
        """Keep all ports connected."""
        self._drills.end_forgotten(self._shown.state.maintenance)
        lines: dict[object, list[Device]] = {}
        for device in self.devices.values():
            lines.setdefault(_line_of(device.table.port), []).append(device)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._watch())
            tasks.create_task(self._maintenance.run())
            for devices in lines.values():
                url = devices[0].table.port
                tasks.create_task(self._keep(url, devices), name=url)

    def device(self, device: str) -> Device:
        """One device; NotFound."""
        found = self.devices.get(device)
        if found is None:
            raise NotFound("device", device)
        return found

    # --- what the web asks (hub.web.services.DeviceView) ------------------------------------------------------------

    def items(self) -> list[wire.DeviceItem]:
        """All devices as they stand."""
        return [self._item(device) for device in self.devices.values()]

    def watch(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Be told whenever `items` changes; the returned function ends that."""
        self._watchers.append(changed)
        return lambda: self._watchers.remove(changed)

    async def probe(self, device: str) -> wire.DeviceItem:
        """Ask the device now: signs are pinged, printers asked for their state; keypads speak only when pressed."""
        found = self.device(device)
        session: Any = found.session
        try:
            if found.table.family == "led" and session is not None:
                for address in found.table.windows:
                    await session.ping(address)
            elif found.table.family == "printer" and session is not None:
                await session.status()
        except LinkLost:
            pass  # the item tells
        self._note_changes()
        return self._item(found)

    async def drill(self, device: str, *, by: str) -> wire.Drill:
        """Ask for every key of the keypads; StateForbids for a device without keys."""
        found = self.device(device)
        levels = self._levels(found)
        if not levels:
            raise StateForbids("drill", found.table.family, f"{device}没有评价键，不能做按键演练")
        drill = self._drills.start(device, dict.fromkeys(found.table.windows, tuple(levels)), _windows(found), by)
        keys = tuple(
            wire.DrillKey(window, key, level, seen=(address, key) in drill.seen)
            for address, window in found.table.windows.items()
            for key, level in levels.items()
        )
        until = wire.rfc3339(drill.until_ms, self._zone)
        return wire.Drill(device, running=drill.running, until=until, keys=keys)

    async def maintain(
        self, device: str, windows: Sequence[int] | None, *, minutes: int, reason: str, by: str
    ) -> wire.DeviceItem:
        """Put keypads under maintenance; NotFound for a window of another device, StateForbids without keys."""
        found = self.device(device)
        if not self._levels(found):
            raise StateForbids("maintenance", found.table.family, f"{device}没有评价键，不需要登记维护")
        return await self._maintained(found, self._maintenance.start(device, _of(found, windows), minutes, reason, by))

    async def end_maintenance(self, device: str, windows: Sequence[int] | None, *, by: str) -> wire.DeviceItem:
        """Let the keypads' presses count again; StateForbids where none is under maintenance."""
        found = self.device(device)
        return await self._maintained(found, self._maintenance.end(device, _of(found, windows), by))

    def tap(self, device: str) -> wire.Tap:
        """The latest frames of its wire."""
        line = self.device(device).line
        frames = line.recent if line is not None else ()
        return wire.Tap(device, tuple(self._frame(frame) for frame in frames))

    def prints(self, kiosk: str) -> bool:
        """Whether a printer serves the kiosk that is there and well: paper in, cover shut, cutter free."""
        return any(
            isinstance(device.desk, SlipPrinter)
            and device.table.kiosk == kiosk
            and device.health().state in {"ok", "degraded"}
            and device.desk.ready
            for device in self.devices.values()
        )

    # --- inside -------------------------------------------------------------------------------------------------------

    def _item(self, device: Device) -> wire.DeviceItem:
        health = device.health()
        table = device.table
        return wire.DeviceItem(
            id=table.id,
            driver=table.driver,
            state=health.state,
            since=wire.rfc3339(self._wall_ms(health.since), self._zone),
            detail=health.detail,
            windows=_windows(device),
            kiosk=table.kiosk,
            maintenance=tuple(self._maintenance_item(one) for one in self._maintenance.of(table.id)),
        )

    def _maintenance_item(self, one: Maintained) -> wire.MaintenanceItem:
        until = None if one.until_ms is None else wire.rfc3339(one.until_ms, self._zone)
        return wire.MaintenanceItem(one.what, tuple(one.windows), until, one.reason, one.by)

    async def _maintained(self, device: Device, seq: int) -> wire.DeviceItem:
        if not await self._bus.stored(seq):
            raise StorageFull(self._bus.trouble or "")
        return self._item(device)

    def _frame(self, frame: Chunk | Sent) -> wire.Frame:
        way: Literal["in", "out"] = "out" if isinstance(frame, Sent) else "in"
        return wire.Frame(wire.rfc3339(self._wall_ms(frame.at), self._zone), way, frame.data.hex(" "))

    def _wall_ms(self, mono_s: float) -> int:
        """The hall's time at a moment that a driver stamped monotonically."""
        return self._bus.clock.wall_ms() - int((time.monotonic() - mono_s) * 1000)

    @staticmethod
    def _levels(device: Device) -> Mapping[int, int]:
        return device.table.keys if device.table.keys is not None else device.driver.levels or {}

    async def _keep(self, url: str, devices: Sequence[Device]) -> None:
        def attach(line: Line) -> list[Session]:
            return [self._attach(device, line, _elsewhere(device, devices)) for device in devices]

        def report(event: LinkUp | LinkDown) -> None:
            self._report(event, devices)

        try:
            await link.keep(url, attach, report, random=self._random)
        except* DriverError as errors:  # settings that no waiting heals: the other ports go on
            reason = "；".join(map(str, errors.exceptions))
            _log.error("device.unusable", port=url, reason=reason)
            self._report(LinkDown(url, f"设置有误 (bad settings): {reason}"), devices)

    def _attach(self, device: Device, line: Line, elsewhere: Collection[int]) -> Session:
        sink = getattr(device.desk, "received", _ignore)
        session = device.driver.open(line, settings_of(device.table, elsewhere), sink)
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
        items = [(device.table.id, device.health()) for device in self.devices.values()]
        if items != self._told:
            self._told = items
            self._tell()
        with contextlib.suppress(StorageFull):  # too much waits for a full disk already: told once there is room
            for device in self.devices.values():
                self._note_presence(device)

    def _tell(self) -> None:
        for changed in tuple(self._watchers):
            changed()

    def _note_presence(self, device: Device) -> None:
        health = device.health()
        online = {"ok": True, "degraded": True, "absent": False}.get(health.state)
        if online is None:
            online = False if device.online and device.table.family != "keypad" else device.online
        if online is None or online == device.online:
            return
        first = device.online is None
        windows = _windows(device)
        if online:
            self._bus.publish(DeviceOnline(device.table.id, device.table.driver, windows))
            _log.info("device.online", device=device.table.id, first=first)
        else:
            self._bus.publish(DeviceOffline(device.table.id, device.table.driver, windows, health.detail))
            _log.warning("device.offline", device=device.table.id, reason=health.detail)
        device.online = online


def _elsewhere(device: Device, line: Sequence[Device]) -> Collection[int]:
    """Addresses that this device leaves to its neighbours on the line: the first of a driver has those of nobody."""
    first, *others = (one for one in line if one.table.driver == device.table.driver)
    if device is not first:
        return frozenset(range(256)).difference(device.table.windows)
    return frozenset(address for other in others for address in other.table.windows)


def _windows(device: Device) -> tuple[int, ...]:
    return tuple(dict.fromkeys(device.table.windows.values()))


def _of(device: Device, windows: Sequence[int] | None) -> tuple[int, ...]:
    """The windows named, else all of the device."""
    all_of_it = _windows(device)
    for window in windows or ():
        if window not in all_of_it:
            raise NotFound("window", str(window))
    return all_of_it if windows is None else tuple(dict.fromkeys(windows))


def _line_of(url: str) -> object:
    """What two ports of one line share, however their options are ordered."""
    try:
        port = parse_port(url)
    except BadOption:
        return url  # `_keep` says what is wrong with it
    return port.scheme, port.place, port.line


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
