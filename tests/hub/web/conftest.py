"""A hall with everything but hardware: the real log, bus, hall and web; devices that a test may set."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from hub import wire
from hub.access import ROLES, Access, Tokens
from hub.bus import Bus
from hub.clock import ManualClock
from hub.config.rulesets import editions
from hub.domain.calendar import WorkCalendar
from hub.domain.model import Clerk, Service, Setup, WindowSetup
from hub.errors import NotFound
from hub.eventlog import Database, EventLog
from hub.hall import Hall, Press
from hub.judging import Judging
from hub.shown import Shown
from hub.web.app import SERVER, create_app
from hub.web.services import Services

ZONE = ZoneInfo("Asia/Shanghai")
MORNING_MS = int(datetime(2026, 11, 25, 1, 0, tzinfo=UTC).timestamp() * 1000)  # Wednesday, 09:00 in the hall
SETUP = Setup(
    name="示范县政务服务中心",
    services={
        "social": Service("social", "社会保险", "A"),
        "tax": Service("tax", "税务", "B", quota=2),
        "estate": Service("estate", "不动产登记", "C"),
    },
    windows={
        3: WindowSetup(3, "社保综合", "人社局", ("social", "tax"), clerk="1001", transfer_to=4),
        4: WindowSetup(4, "税务", "税务局", ("tax",)),
        5: WindowSetup(5, "不动产", "自然资源局", ("estate", "social")),
    },
    clerks={
        "1001": Clerk("1001", "张三"),
        "1002": Clerk("1002", "李四", pin="2468"),
    },
    kiosks=("K1", "K2"),
)


class FakeDevices:
    """Devices as a test says they are."""

    def __init__(self) -> None:
        self.all: dict[str, wire.DeviceItem] = {}
        self.kiosks_with_paper = {"K1"}
        self.drills: list[tuple[str, str]] = []
        self._watchers: list[Callable[[], None]] = []

    def put(self, item: wire.DeviceItem) -> None:
        self.all[item.id] = item
        for watcher in self._watchers:
            watcher()

    def items(self) -> Sequence[wire.DeviceItem]:
        return tuple(self.all.values())

    def watch(self, changed: Callable[[], None]) -> Callable[[], None]:
        self._watchers.append(changed)
        return lambda: self._watchers.remove(changed)

    async def probe(self, device: str) -> wire.DeviceItem:
        item = replace(self._known(device), state="ok")
        self.put(item)
        return item

    async def drill(self, device: str, *, by: str) -> wire.Drill:
        self._known(device)
        self.drills.append((device, by))
        return wire.Drill(device, True, "2026-11-25T09:05:00.000+08:00", (wire.DrillKey(3, 0, 2, False),))

    async def maintain(
        self, device: str, windows: Sequence[int] | None, *, minutes: int, reason: str, by: str
    ) -> wire.DeviceItem:
        until = f"in {minutes} minutes"
        work = wire.MaintenanceItem("maintenance", tuple(windows or ()), until, reason, by)
        self.put(replace(self._known(device), maintenance=(work,)))
        return self._known(device)

    async def end_maintenance(self, device: str, windows: Sequence[int] | None, *, by: str) -> wire.DeviceItem:
        self.drills.append((f"{device} {windows} at work no more", by))
        self.put(replace(self._known(device), maintenance=()))
        return self._known(device)

    def tap(self, device: str) -> wire.Tap:
        self._known(device)
        return wire.Tap(device, (wire.Frame("2026-11-25T09:00:00.000+08:00", "in", "fe68", "按键"),))

    def prints(self, kiosk: str) -> bool:
        return kiosk in self.kiosks_with_paper

    def _known(self, device: str) -> wire.DeviceItem:
        if device not in self.all:
            raise NotFound("device", device)
        return self.all[device]


@dataclass
class House:
    """One running hall and its web app."""

    app: FastAPI
    services: Services
    clock: ManualClock
    devices: FakeDevices
    tokens: Tokens
    keys: dict[str, str] = field(default_factory=dict)
    _clients: list[httpx.AsyncClient] = field(default_factory=list)

    @property
    def hall(self) -> Hall:
        return self.services.hall

    def client(self, role: str | None = None, **headers: str) -> httpx.AsyncClient:
        """A client with the role's token."""
        if role is not None:
            headers["Authorization"] = f"Bearer {self.keys[role]}"
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        client = httpx.AsyncClient(transport=transport, base_url="http://hall.example", headers=headers)
        self._clients.append(client)
        return client

    async def settled(self) -> None:
        """Until what was published is durable and shown."""
        bus, shown = self.services.bus, self.services.shown
        await bus.durable(bus.last_seq)
        news = asyncio.Event()
        stop = shown.watch(lambda _: news.set())
        while shown.state.seq < bus.last_seq:
            news.clear()
            await news.wait()
        stop()

    async def press(self, key: int = 3, level: int | None = 5, window: int = 3, at_ns: int | None = None) -> None:
        """A rating key of the window's keypad."""
        received_ns = self.clock.mono_ns() if at_ns is None else at_ns
        self.hall.record_press(Press("line-1", window, window, key, level, b"\xfe\x68" + bytes([key]), received_ns))
        await self.settled()

    async def served(self, window: int = 3, service: str = "social") -> str:
        """Let a citizen take a ticket and be served; the ticket's id."""
        issued = await self.hall.issue_ticket(service, by="test")
        if self.hall.state.window(window).state == "closed":
            await self.hall.sign_on(window, "1001", by="test")
        await self.hall.call_next(window, by="test")
        await self.hall.start_service(window, by="test")
        self.clock.advance(120)
        await self.hall.finish(window, by="test")
        await self.settled()
        return issued.ticket

    async def close(self) -> None:
        for client in self._clients:
            await client.aclose()


@contextlib.asynccontextmanager
async def open_house(folder: Path, clock: ManualClock, setup: Setup = SETUP) -> AsyncIterator[House]:
    """Start a hall on the data of `folder`, and end it again."""
    database = Database.in_folder(folder)
    bus = Bus(EventLog(database), clock)
    bus.start()
    codes = count(bus.last_seq + 1)
    hall = Hall(setup, bus, ZONE, lambda: f"code{next(codes):016d}")
    shown = Shown(hall.start(), bus)
    tokens = Tokens(database)
    devices = FakeDevices()
    known_years = frozenset({2026, 2027})
    calendar, url = WorkCalendar(known_years=known_years), "http://hall.example"
    rule_sets = editions(folder)["seed-county"]
    services = Services(hall, shown, bus, Access(tokens), devices, calendar, url, Judging(hall, bus), rule_sets)
    house = House(create_app(services), services, clock, devices, tokens)
    taken = {info.name for info in tokens.list() if info.revoked_ms is None}
    for role in ROLES:
        if f"test {role}" in taken:
            tokens.revoke(f"test {role}")
        house.keys[role] = tokens.create(f"test {role}", role)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(shown.run())
        try:
            await house.settled()
            yield house
        finally:
            running.cancel()
            await house.close()
            await bus.close()
            database.close()


@contextlib.asynccontextmanager
async def served_on_loopback(app: FastAPI, **settings: Any) -> AsyncIterator[str]:
    """Run the app under uvicorn on a free port of the loopback; yields host:port."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, **(SERVER | settings))
    server = uvicorn.Server(config)
    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(server.serve())
        while not server.started:
            assert not serving.done(), "the server did not start"
            await asyncio.sleep(0.005)
        host, port = server.servers[0].sockets[0].getsockname()
        try:
            yield f"{host}:{port}"
        finally:
            server.should_exit = True


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(wall_ms=MORNING_MS, mono_ns=3_600_000_000_000)


@pytest.fixture
async def house(tmp_path: Path, clock: ManualClock) -> AsyncIterator[House]:
    async with open_house(tmp_path / "data", clock) as opened:
        yield opened


@pytest.fixture
async def address(house: House) -> AsyncIterator[str]:
    async with served_on_loopback(house.app) as place:
        yield place
