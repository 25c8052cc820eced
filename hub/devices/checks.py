"""Check what only drivers know of a configuration: their names, options and ports."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from drivers import registry
from drivers.errors import BadOption, DriverError, LinkLost, UnknownDriver
from drivers.events import Chunk
from drivers.line import Priority
from drivers.registry import Driver, Settings
from drivers.transports.ports import parse_port
from hub.config import DeviceTable, HallConfig
from hub.errors import ConfigError, Problem

FAMILIES: Final = ("keypad", "led", "printer")
"""Those that the hall works with so far."""
DEFAULT_SIZE: Final = (64, 16)  # a window's sign of four characters, the usual one


def check_drivers(config: HallConfig, file: Path) -> None:
    """Check what only drivers know: their names, options and ports. ConfigError tells every fault.

    Runs an event loop of its own, since sessions live on one; nothing is opened.
    """
    problems = asyncio.run(_problems(config, str(file)))
    if problems:
        raise ConfigError(*problems)


async def _problems(config: HallConfig, file: str) -> list[Problem]:
    return [problem for n, table in enumerate(config.devices) for problem in _problems_of(table, file, f"devices[{n}]")]


def _problems_of(table: DeviceTable, file: str, where: str) -> Iterator[Problem]:
    try:
        parse_port(table.port)
    except BadOption as error:
        yield Problem(file, f"{where}.port", "端口网址 (a port's URL)", str(error))
    try:
        driver = registry.load(table.driver)
    except UnknownDriver:
        near = "".join(get_close_matches(table.driver, registry.names(), n=1))
        yield Problem(file, f"{where}.driver", "已安装的驱动 (an installed driver)", table.driver, near)
        return
    except ImportError as error:
        yield Problem(file, f"{where}.driver", "可用的驱动 (a driver that works)", f"{table.driver}: {error}")
        return
    if driver.family not in FAMILIES:
        expected = f"设备类别 {'、'.join(FAMILIES)} 之一的驱动 (a driver of these families)"
        yield Problem(file, f"{where}.driver", expected, table.driver)
        return
    unknown = [name for name in table.options if name not in driver.options]
    for name in unknown:
        near = "".join(get_close_matches(name, driver.options, n=1))
        yield Problem(file, f"{where}.options.{name}", _known(driver.options), name, near)
    if not unknown:
        yield from _settings_problem(table, driver, file, where)


def _settings_problem(table: DeviceTable, driver: Driver, file: str, where: str) -> Iterator[Problem]:
    try:
        driver.open(_NoLine(table.port), settings_of(table), lambda _event: None)
    except BadOption as error:
        yield Problem(file, where, f"{driver.name} 可用的设置 (settings that make sense)", str(error))


def settings_of(table: DeviceTable, elsewhere: Collection[int] = ()) -> Settings:
    """A `[[devices]]` table in device words; `elsewhere`: addresses that others on its line answer for."""
    return Settings(
        id=table.id,
        addresses=tuple(table.windows),
        elsewhere=elsewhere,
        keys=table.keys,
        size=table.size or (DEFAULT_SIZE if table.family == "led" else None),
        options=dict(table.options),
    )


class _NoLine:
    """A line on which nothing is ever said: a session can be made on it, and that is all."""

    char_s = 0.0

    def __init__(self, url: str) -> None:
        self.url = url

    def listen(self, _receiver: Callable[[Chunk], None]) -> Callable[[], None]:
        """Never hear anything."""
        return lambda: None

    async def send(self, _data: bytes, _priority: Priority = Priority.SIGN) -> None:
        """Lose it."""
        raise LinkLost(self.url, "not open")

    async def request(
        self,
        data: bytes,
        _answered: Callable[[], bool],
        *,
        timeout_s: float,  # noqa: ARG002 - named by the interface
        priority: Priority = Priority.SIGN,
    ) -> bool:
        """Lose it."""
        await self.send(data, priority)
        return False


@dataclass(frozen=True, slots=True)
class InstalledDriver:
    """A driver that this machine has; `fault` says why it can't be used."""

    name: str
    family: str
    options: Mapping[str, str]
    fault: str = ""


def installed_drivers() -> list[InstalledDriver]:
    """All drivers of this machine, the broken ones too."""
    found: list[InstalledDriver] = []
    for name in registry.names():
        try:
            driver = registry.load(name)
        except (ImportError, DriverError) as error:
            found.append(InstalledDriver(name, name.partition(".")[0], {}, str(error)))
        else:
            found.append(InstalledDriver(name, driver.family, driver.options))
    return found


def levels_of(config: HallConfig) -> frozenset[int]:
    """The levels that the hall's keypads have; all five where it has none."""
    keypads = [table for table in config.devices if table.family == "keypad"]
    tables = (table.keys if table.keys is not None else registry.load(table.driver).levels or {} for table in keypads)
    return frozenset(level for table in tables for level in table.values()) or frozenset(range(1, 6))


def _known(options: Mapping[str, str]) -> str:
    return f"驱动选项 {'、'.join(options) or '（无）'} (one of these)"
