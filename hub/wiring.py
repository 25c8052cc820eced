"""Put a hub together and run it: the only place that knows all parts."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import secrets
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, TypeVar

import structlog
import uvicorn
from fastapi import FastAPI

from hub import wire
from hub.access import Access, Tokens
from hub.bus import Bus
from hub.casework import Casework
from hub.clock import Clock, SystemClock
from hub.config import HallConfig
from hub.devices import Devices, levels_of
from hub.errors import HallhubError
from hub.eventlog import Database, DataLock, EventLog
from hub.hall import Hall
from hub.judging import Judging
from hub.shown import Shown
from hub.watch import Watch
from hub.web.app import SERVER, create_app
from hub.web.services import Services

CODE_BYTES: Final = 12  # 96 random bits: interfaces.md asks for 64 or more
TICK_S: Final = 1.0
GC_THRESHOLDS: Final = (20_000, 20, 50)
"""A hall makes few cycles and keeps many objects: look for the one without walking the other all the time."""
SWITCH_INTERVAL_S: Final = 0.0001
"""How long a busy thread keeps the interpreter: the log's writer must not wait 5 ms after each commit."""
PROBE_S: Final = 5.0
"""How long `hallhub check` waits for a device to answer."""

_log = structlog.get_logger(__name__)

T = TypeVar("T")


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
    judging: Judging
    watch: Watch
    url: str
    """Where its pages are, with the port that it really has."""
    stop: Callable[[], None] = lambda: None
    """Tell the web server, and with it the hub, to end."""


async def run(
    config: HallConfig, *, clock: Clock | None = None, started: Callable[[Hub], Any] = lambda _hub: None
) -> None:
    """Run a hub until it is told to stop (SIGTERM, SIGINT) or this is cancelled."""
    with DataLock(config.hall.data, "serve"):
        async with serving(config, clock or SystemClock()) as (hub, web):
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, hub.stop)
            started(hub)
            await web


@contextlib.asynccontextmanager
async def serving(config: HallConfig, clock: Clock) -> AsyncIterator[tuple[Hub, asyncio.Task[None]]]:
    """A running hub and the task of its web server, which ends when the hub is told to stop."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    async with contextlib.AsyncExitStack() as last:
        listener = last.enter_context(_listen(config.web.host, config.web.port))
        database = Database.of(config)
        bus = Bus(EventLog(database), clock)
        last.push_async_callback(bus.close)
        bus.start()
        async with asyncio.TaskGroup() as tasks:
            hub = _build(config, clock, bus, database, _url(config, listener))
            background = [
                tasks.create_task(hub.shown.run(), name="shown"),
                tasks.create_task(_tick(hub.hall, clock), name="ticker"),
                tasks.create_task(hub.devices.run(), name="devices"),
                tasks.create_task(hub.watch.run(), name="watch"),
            ]
            server = _server(hub)
            hub = replace(hub, stop=server.stop)
            web = tasks.create_task(server.serve(sockets=[listener]), name="web")
            gc.collect()
            gc.freeze()
            gc.set_threshold(*GC_THRESHOLDS)
            yield hub, web
            server.stop()
            await web
            for task in background:
                task.cancel()
        hub.hall.save()


def _build(config: HallConfig, clock: Clock, bus: Bus, database: Database, url: str) -> Hub:
    hall = Hall(config.setup(), bus, config.hall.zone, lambda: secrets.token_urlsafe(CODE_BYTES))
    shown = Shown(hall.start(), bus)
    devices = Devices(config, hall, shown, bus, public_url=config.web.public_url or url)
    judging = Judging(hall, bus)
    casework = Casework(hall, bus)

    def each_morning() -> None:
        judging.tell_overdue()
        casework.recompute()

    watch = Watch(bus, config.hall.zone, levels_of(config), judging.raise_flag, each_morning)
    return Hub(config, clock, bus, hall, shown, devices, Access(Tokens(database)), judging, watch, url)


async def probe_all(config: HallConfig) -> list[wire.DeviceItem]:
    """Open every device for a short while and say how it stands; nothing of it is kept."""
    with tempfile.TemporaryDirectory(prefix="hallhub-check-") as folder:
        bus = Bus(EventLog(Database.in_folder(Path(folder))), SystemClock())
        bus.start()
        hall = Hall(config.setup(), bus, config.hall.zone, lambda: secrets.token_urlsafe(CODE_BYTES))
        shown = Shown(hall.start(), bus)
        devices = Devices(config, hall, shown, bus, public_url="")
        try:
            async with asyncio.TaskGroup() as tasks:
                background = [tasks.create_task(shown.run()), tasks.create_task(devices.run())]
                await _until_known(devices)
                items = [await devices.probe(device) for device in devices.devices]
                for task in background:
                    task.cancel()
        finally:
            await bus.close()
        return items


async def _until_known(devices: Devices) -> None:
    changed = asyncio.Event()
    stop = devices.watch(changed.set)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PROBE_S):
            while not all(map(_is_known, devices.items())):
                await changed.wait()
                changed.clear()
    stop()


def _is_known(item: wire.DeviceItem) -> bool:
    """Whether nothing is left to be found out: a line may be `ok` while some of its keypads were not heard yet."""
    return item.state != "unknown" and not (item.state == "ok" and item.detail)


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
        """Leave signals to `run`."""
        yield

    def stop(self) -> None:
        """Answer what is asked already, then end."""
        self.should_exit = True


def _server(hub: Hub) -> _Server:
    calendar = hub.hall.setup.calendar
    public_url = hub.config.web.public_url or hub.url
    services = Services(
        hub.hall, hub.shown, hub.bus, hub.access, hub.devices, calendar, public_url, hub.judging, hub.config.rule_sets()
    )
    app = create_app(services)
    return _Server(uvicorn_config(app))


def uvicorn_config(app: FastAPI) -> uvicorn.Config:
    """The web server's settings; the benchmarks' floor runs on the same."""
    return uvicorn.Config(app, log_config=None, lifespan="on", **SERVER)


def _listen(host: str, port: int) -> socket.socket:
    """Take the web port before anything else is started."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise PortTaken(host, port, error) from None
    listener.setblocking(False)
    return listener


_NOT_OURS: Final = "[web] host 不是本机的地址；请写本机的 IP 地址，或 0.0.0.0（本机全部地址）"
_PORT_ADVICE: Final = {
    errno.EADDRINUSE: "端口已被占用；请停止占用它的程序，或修改 [web] port",
    errno.EADDRNOTAVAIL: _NOT_OURS,
    errno.EACCES: "没有权限使用此端口；请把 [web] port 改为 1024 以上，或换用有权限的用户运行",
}


class PortTaken(HallhubError):
    """The web port can't be had."""

    def __init__(self, host: str, port: int, error: OSError) -> None:
        number = error.errno or 0
        unknown_name = number < 0  # the resolver's numbers; create_server gives them as an OSError's
        advice = _NOT_OURS if unknown_name else _PORT_ADVICE.get(number, "请检查 [web] host、port")
        reason = (error.strerror or str(error)).partition(" (while")[0]
        super().__init__(f"无法在 {host}:{port} 上提供网页：{advice} ({reason})")


def _url(config: HallConfig, listener: socket.socket) -> str:
    host = config.web.host if config.web.host not in {"0.0.0.0", "::"} else "127.0.0.1"  # noqa: S104 - compared only
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{listener.getsockname()[1]}"


def run_loop(main: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run on uvloop where it is installed."""
    try:
        import uvloop  # noqa: PLC0415 - optional by platform
    except ImportError:
        return asyncio.run(main())
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main())
