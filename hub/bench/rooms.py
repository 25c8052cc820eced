"""Where benchmarks run: a folder beside the configured data, so that the disk is the hall's; small halls; ptys."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
import tty
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hub.bus import Bus
from hub.clock import SystemClock
from hub.config import HallConfig, parse
from hub.devices import Devices
from hub.eventlog import Database, EventLog
from hub.hall import Hall
from hub.shown import Shown


@contextlib.contextmanager
def folder(where: Path | None = None) -> Iterator[Path]:
    """An empty folder that goes away again; in the working directory, since /tmp may be memory."""
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=where or Path.cwd()) as name:
        yield Path(name)


def hall_toml(*, windows: int = 4, services: int = 2, devices: Sequence[str] = ()) -> str:
    """A small hall on loopback with a free port; `devices` are further TOML tables."""
    codes = [f"s{n}" for n in range(services)]
    lines = ['[hall]\nname = "基准大厅"\n[web]\nport = 0']
    for n, code in enumerate(codes):
        lines.append(f'[[services]]\ncode = "{code}"\nname = "业务{n + 1}"\nprefix = "{_prefix(n)}"')
    for n in range(1, windows + 1):
        code = codes[(n - 1) % services]
        lines.append(f'[[clerks]]\nid = "{1000 + n}"\nname = "员工{n}"\n[[windows]]\nnumber = {n}\nname = "窗口{n}"')
        lines.append(f'department = "部门"\nservices = ["{code}"]\nclerk = "{1000 + n}"')
    lines.append('[[kiosks]]\nid = "K1"')
    return "\n".join([*lines, *devices]) + "\n"


def hall(data: Path, *, windows: int = 4, services: int = 2, devices: Sequence[str] = ()) -> HallConfig:
    """The same, read."""
    return parse(hall_toml(windows=windows, services=services, devices=devices), data / "hall.toml")


def _prefix(n: int) -> str:
    return chr(65 + n % 26) * (1 + n // 26)


@dataclass(frozen=True, slots=True)
class Pty:
    """A pseudo-terminal: the hub opens `path`, the bench holds `master`; `_slave` stays open so that neither ends."""

    master: int
    path: str
    _slave: int

    @classmethod
    def new(cls) -> Pty:
        """A raw pair that does not block."""
        master, slave = os.openpty()
        tty.setraw(slave)
        os.set_blocking(master, False)
        return cls(master, os.ttyname(slave), slave)

    def close(self) -> None:
        """Close both ends."""
        os.close(self.master)
        os.close(self._slave)


def press_frame(address: int, key: int) -> bytes:
    """A rating key's frame, as devices.md §3.1 draws it."""
    body = bytes([address, 0x11, key])
    return b"\xff\x68\x03\x03\x68" + body + bytes([sum(body) & 0xFF, 0x16])


@contextlib.asynccontextmanager
async def pressed_hall(config: HallConfig) -> AsyncIterator[Hall]:
    """A hall with its devices running, without the web: what a press passes through."""
    bus = Bus(EventLog(Database.of(config)), SystemClock())
    bus.start()
    hall = Hall(config.setup(), bus, config.hall.zone, lambda: "code")
    shown = Shown(hall.start(), bus)
    devices = Devices(config, hall, shown, bus, public_url="http://bench.invalid")
    try:
        async with asyncio.TaskGroup() as tasks:
            background = [tasks.create_task(shown.run()), tasks.create_task(devices.run())]
            yield hall
            for task in background:
                task.cancel()
    finally:
        await bus.close()


def keypad_table(n: int, path: str, addresses: Sequence[int] = (1,), window: int | None = None) -> str:
    """A `[[devices]]` table of FF68 keypads on a pty."""
    windows = ", ".join(f"{address} = {window or address}" for address in addresses)
    return (
        f'[[devices]]\nid = "line-{n}"\ndriver = "keypad.ff68"\nport = "serial://{path}?baud=9600"\n'
        f"windows = {{ {windows} }}"
    )
