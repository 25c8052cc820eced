"""Check what only drivers know of a configuration: their names and options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from drivers import registry
from drivers.errors import DriverError, UnknownDriver
from hub.config import HallConfig
from hub.errors import ConfigError, Problem


def check_drivers(config: HallConfig, file: Path) -> None:
    """Check what only drivers know: their names and options. ConfigError tells every fault."""
    problems: list[Problem] = []
    for n, table in enumerate(config.devices):
        try:
            driver = registry.load(table.driver)
        except UnknownDriver:
            near = "".join(get_close_matches(table.driver, registry.names(), n=1))
            expected = "已安装的驱动 (an installed driver)"
            problems.append(Problem(str(file), f"devices[{n}].driver", expected, table.driver, near))
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
