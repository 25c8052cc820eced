"""A real hall over a real log in a folder, with time that moves only when told to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from hub.bus import Bus
from hub.clock import ManualClock
from hub.domain.events import Fact, RatingCompared, Recorded
from hub.domain.model import Setup
from hub.eventlog import Database, EventLog
from hub.eventlog.database import FILE_NAME
from hub.hall import Hall, PadPress, Press
from tests.hub.ledger import MORNING_MS, SETUP

SHANGHAI = ZoneInfo("Asia/Shanghai")


@cache
def _empty_database() -> bytes:
    """A migrated database: making one takes a third of a second, copying it none."""
    with TemporaryDirectory() as folder:
        database = Database.in_folder(Path(folder))
        EventLog(database).close()
        return (Path(folder) / FILE_NAME).read_bytes()


def open_log(folder: Path) -> EventLog:
    """The log in a folder, made where there is none."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE_NAME
    if not path.exists():
        path.write_bytes(_empty_database())
    return EventLog(Database.in_folder(folder))


def morning() -> ManualClock:
    return ManualClock(wall_ms=MORNING_MS, mono_ns=10**12)


@dataclass
class Running:
    """A hall that runs."""

    hall: Hall
    bus: Bus
    clock: ManualClock

    def facts(self, after: int = 0) -> list[Fact]:
        return [recorded.fact for recorded in self.log(after)]

    def log(self, after: int = 0) -> list[Recorded]:
        return list(self.bus.log.replay(after))

    async def settled(self) -> None:
        """Wait until all that was published is on disk."""
        await self.bus.durable(self.bus.last_seq)

    def press(
        self, window: int | None = 1, key: int = 1, level: int | None = 3, raw: bytes = b"\x01", after_s: float = 2
    ) -> str:
        """Press a rating key `after_s` later and say what became of it."""
        self.clock.advance(after_s)
        seq = self.hall.record_press(
            Press("line-1", window or 0, window, key, level, raw, received_ns=self.clock.mono_ns())
        )
        assert self.bus._recent[-1].seq == seq
        decided = next(one.fact for one in reversed(self.bus._recent) if not isinstance(one.fact, RatingCompared))
        return getattr(decided, "disposition", "rating")

    def pad(self, verb: str | None, window: int | None = 1, raw: bytes = b"\x0c", after_s: float = 2) -> bool:
        """Press a pad's key; say whether it was refused."""
        self.clock.advance(after_s)
        received_ns = self.clock.mono_ns()
        return self.hall.record_pad(PadPress("line-1", window or 0, window, verb, raw, received_ns)).refused


@asynccontextmanager
async def running(folder: Path, clock: ManualClock | None = None, setup: Setup = SETUP) -> AsyncIterator[Running]:
    """Start a hall over what lies in the folder, and close it in the end."""
    clock = clock or morning()
    codes = (f"code-{n}" for n in count(1))
    bus = Bus(open_log(folder), clock)
    bus.start()
    try:
        hall = Hall(setup, bus, SHANGHAI, lambda: f"{next(codes)}-{bus.last_seq}")
        hall.start()
        yield Running(hall, bus, clock)
    finally:
        await bus.close()
