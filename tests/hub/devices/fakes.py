"""Drivers without devices, found by the real registry: `FAKES` are their entry points."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from importlib.metadata import EntryPoint

from drivers.errors import BadOption, LinkLost
from drivers.line import Line
from drivers.printer import Job, PrinterStatus, Receipt, StatusChanged
from drivers.registry import GROUP, DeviceState, Driver, Health, Settings, Sink

WELL = PrinterStatus("yes", "ok", "no", "no", "no", "no")


class FakeSession:
    """A connected device of any family; its health is what the test says."""

    def __init__(self, line: Line, settings: Settings, sink: Sink) -> None:
        if "bad" in (settings.options or {}):
            raise BadOption(f"{settings.id}: bad: expected nothing")
        self.line = line
        self.settings = settings
        self.sink = sink
        self.state: DeviceState = "unknown"
        self.detail = ""
        self.lost = False
        self.asked: list[object] = []
        OPENED[settings.id] = self
        line.listen(lambda _chunk: None)

    async def run(self) -> None:
        await asyncio.get_running_loop().create_future()

    def health(self) -> Health:
        return Health(self.state, 1000.0, self.detail)

    async def ping(self, address: int) -> bool:
        self._ask(address)
        return True

    async def status(self) -> PrinterStatus:
        self._ask("status")
        return WELL

    async def print(self, job: Job) -> Receipt:
        return Receipt(job.id, "out", WELL)

    async def show(self, *_: object, **__: object) -> None:
        """Signs and pads: shown."""

    async def arm(self, address: int) -> None:
        """Armed."""

    @property
    def columns(self) -> int:
        return 32

    def well(self) -> None:
        """A printer tells its status."""
        self.state = "ok"
        self.sink(StatusChanged(WELL, 0.0))

    def _ask(self, what: object) -> None:
        if self.lost:
            raise LinkLost("mem://x", "unplugged")
        self.asked.append(what)
        self.state = "ok"


OPENED: dict[str, FakeSession] = {}
"""The latest session of each device."""

KEYPAD = Driver("keypad.fake", "keypad", FakeSession, {"bad": "refused"}, levels={0: 2, 1: 5})
LED = Driver("led.fake", "led", FakeSession, {})
PRINTER = Driver("printer.fake", "printer", FakeSession, {})
SPEAKER = Driver("speaker.fake", "speaker", FakeSession, {})
_ALL = {"KEYPAD": KEYPAD, "LED": LED, "PRINTER": PRINTER, "SPEAKER": SPEAKER}
FAKES = [
    *(EntryPoint(driver.name, f"{__name__}:{name}", GROUP) for name, driver in _ALL.items()),
    EntryPoint("led.broken", "no.such.module:DRIVER", GROUP),
]


def entry_points() -> Callable[..., list[EntryPoint]]:
    """What stands in for `importlib.metadata.entry_points`."""

    def find(*, group: str, name: str | None = None) -> list[EntryPoint]:
        return [point for point in FAKES if point.group == group and name in {None, point.name}]

    return find
