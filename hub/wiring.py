"""Put a hub together and run it: the only place that knows all parts."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import secrets
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import structlog
import uvicorn

from hub.access import Access
from hub.bus import Bus
from hub.clock import Clock, SystemClock
from hub.config import HallConfig
from hub.devices import Devices
from hub.errors import HallhubError
from hub.eventlog import Database, DataLock, EventLog
from hub.hall import Hall
from hub.shown import Shown
from hub.web.app import Parts, create_app

CODE_BYTES: Final = 12  # 96 random bits: interfaces.md asks for 64 or more
TICK_S: Final = 1.0
SWITCH_INTERVAL_S: Final = 0.0005
"""How long a busy thread keeps the interpreter: the log's writer must not wait 5 ms after each commit."""
STOP_S: Final = 3

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Hub:
    """All parts of a running hub."""

    config: HallConfig
    clock: Clock
    bus: Bus
    hall: Hall
    shown: Shown
    devices: Devices
    access: Access
    url: str
    """Where its pages are, with the port that it really has."""


def database_of(config: HallConfig) -> Database:
    """The hall's database; the data folder is made where it is missing."""
    if config.hall.database is not None:
        return Database(config.hall.database)
    return Database.in_folder(config.hall.data)


async def run(
    config: HallConfig, *, clock: Clock | None = None, started: Callable[[Hub], Any] = lambda _hub: None
) -> None:
    """Run a hub until it is told to stop (SIGTERM, SIGINT) or this is cancelled."""
    with DataLock(config.hall.data, "serve"):
        async with serving(config, clock or SystemClock()) as (hub, server):
            started(hub)
            await server


@contextlib.asynccontextmanager
async def serving(config: HallConfig, clock: Clock) -> AsyncIterator[tuple[Hub, asyncio.Task[None]]]:
    """A running hub and the task of its web server, which ends when the hub is told to stop."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    listener = _listen(config.web.host, config.web.port)
    database = database_of(config)
    bus = Bus(EventLog(database), clock)
    bus.start()
    try:
        async with asyncio.TaskGroup() as tasks:
            hub = _build(config, clock, bus, database, _url(config, listener))
            background = [
                tasks.create_task(hub.shown.run(), name="shown"),
                tasks.create_task(_tick(hub.hall, clock), name="ticker"),
                tasks.create_task(hub.devices.run(), name="devices"),
            ]
            web = tasks.create_task(_serve(hub, listener), name="web")
            gc.collect()
            gc.freeze()
            yield hub, web
            web.cancel()
            for task in background:
                task.cancel()
        hub.hall.save()
    finally:
        listener.close()
        await bus.close()


def _build(config: HallConfig, clock: Clock, bus: Bus, database: Database, url: str) -> Hub:
    hall = Hall(config.setup(), bus, config.hall.zone, lambda: secrets.token_urlsafe(CODE_BYTES))
    shown = Shown(hall.start(), bus)
    devices = Devices(config, hall, shown, bus, public_url=config.web.public_url or url)
    return Hub(config, clock, bus, hall, shown, devices, Access(database, clock), url)


async def _tick(hall: Hall, clock: Clock) -> None:
    """Let time pass in the hall."""
    while True:
        await asyncio.sleep(min(TICK_S, clock.real_s(hall.next_settle_s())))
        try:
            hall.settle()
        except HallhubError:
            _log.exception("settle.failed")


class _Server(uvicorn.Server):
    """uvicorn without its own signal handling, which would end the process before the log is closed."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on SIGTERM and SIGINT, and return."""
        loop = asyncio.get_running_loop()
        caught = (signal.SIGTERM, signal.SIGINT)
        for number in caught:
            with contextlib.suppress(ValueError, RuntimeError):  # not in the main thread: whoever runs it stops it
                loop.add_signal_handler(number, self._stop)
        try:
            yield
        finally:
            for number in caught:
                with contextlib.suppress(ValueError, RuntimeError):
                    loop.remove_signal_handler(number)

    def _stop(self) -> None:
        self.should_exit = True


async def _serve(hub: Hub, listener: socket.socket) -> None:
    app = create_app(Parts(hub.config, hub.clock, hub.bus, hub.hall, hub.shown, hub.access, hub.devices, hub.url))
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="on",
        ws="websockets-sansio",
        ws_ping_interval=10,
        ws_ping_timeout=20,
        ws_max_size=64 * 1024,
        timeout_graceful_shutdown=STOP_S,
        server_header=False,
    )
    await _Server(config).serve(sockets=[listener])


def _listen(host: str, port: int) -> socket.socket:
    """Take the web port before anything else is started."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise PortTaken(host, port, error.strerror or str(error)) from None
    listener.setblocking(False)
    return listener


class PortTaken(HallhubError):
    """The web port can't be had."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(
            f"无法在 {host}:{port} 上提供网页：{reason}；请停止占用该端口的程序，或修改 [web] host、port (web port)"
        )


def _url(config: HallConfig, listener: socket.socket) -> str:
    host = config.web.host if config.web.host not in {"0.0.0.0", "::"} else "127.0.0.1"  # noqa: S104 - compared only
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{listener.getsockname()[1]}"
