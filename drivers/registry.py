"""Find a driver by its entry-point name (group `hallhub.drivers`) and import only that one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, Literal, Protocol

from drivers.errors import BadOption, UnknownDriver
from drivers.line import Line

GROUP = "hallhub.drivers"
Family = Literal["keypad", "printer", "led", "speaker", "idcard", "scanner"]
DeviceState = Literal["ok", "degraded", "absent", "unknown"]


@dataclass(frozen=True, slots=True)
class Settings:
    """One device of the configuration, in device words."""

    id: str
    addresses: tuple[int, ...] = ()
    """Bus addresses this device answers for; empty where the wire has no addresses."""
    elsewhere: Collection[int] = ()
    """Bus addresses that a neighbour on the line answers for; what comes from any other is this device's to tell."""
    keys: Mapping[int, int] | None = None
    """Key value to level 1..5; None leaves the driver's own table."""
    size: tuple[int, int] | None = None
    """Pixels, width and height."""
    options: Mapping[str, str | int | float | bool] | None = None
    """The driver's own options, as in `Driver.options`."""


@dataclass(frozen=True, slots=True)
class Health:
    """A device's state as a person should see it; `since` is monotonic seconds."""

    state: DeviceState
    since: float
    detail: str = ""


class Session(Protocol):
    """A device on an open line. What it can do beyond this is its family's interface."""

    async def run(self) -> None:
        """Work until cancelled or the line is lost (LinkLost): watch the device's health, re-send, keep its clock."""

    def health(self) -> Health:
        """The state now; `unknown` while the device does not answer, never `ok`."""


Sink = Callable[[Any], Awaitable[None] | None]
"""Gets the family's events in the order they happened; a sink that awaits does not hold up the line."""


Opener = Callable[[Line, Settings, Sink], Session]


@dataclass(frozen=True, slots=True)
class Driver:
    """What the entry point names: how to make a session."""

    name: str
    family: Family
    open: Opener
    """Builds the session on an open line; raises BadOption for settings that make no sense."""
    options: Mapping[str, str]
    """Option name to one line of help; anything else is refused."""
    levels: Mapping[int, int] | None = None
    """Keypads: key value to level, unless the configuration replaces the table."""
    speaks_unasked: bool = False
    """Whether the device talks on its own (FF68), which collides with signs on the same line."""


def names() -> list[str]:
    """All installed drivers."""
    return sorted(point.name for point in entry_points(group=GROUP))


def load(name: str) -> Driver:
    """Import one driver; UnknownDriver names the nearest that exists."""
    for point in entry_points(group=GROUP, name=name):
        driver = point.load()
        if not isinstance(driver, Driver):
            raise UnknownDriver(f"driver {name!r}: {point.value} is no drivers.registry.Driver")
        return driver
    near = get_close_matches(name, names(), n=1)
    hint = f"; did you mean {near[0]!r}?" if near else f"; installed: {', '.join(names()) or 'none'}"
    raise UnknownDriver(f"no driver {name!r}{hint}")


def opener(path: str) -> Opener:
    """Name the function that opens a session as `module:function`, imported when it is first called.

    So a protocol module can say what its driver is and stay free of everything that does I/O.
    """
    module, _, function = path.partition(":")

    def open_session(line: Line, settings: Settings, sink: Sink) -> Session:
        session: Session = getattr(import_module(module), function)(line, settings, sink)
        return session

    return open_session


def refuse_unknown_options(driver: str, settings: Settings, known: Iterable[str]) -> None:
    """BadOption for the first option that the driver does not have, naming the nearest one that it has."""
    has = sorted(known)
    for name in settings.options or {}:
        if name not in has:
            near = get_close_matches(name, has, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(has) or 'none'}"
            raise BadOption(f"device {settings.id!r}: {driver} has no option {name!r}; {hint}")
