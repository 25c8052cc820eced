"""A real hall over a real log, its shown state kept up to date, for devices' desks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from hub.bus import Bus
from hub.clock import ManualClock
from hub.domain.events import Fact
from hub.domain.model import Setup
from hub.domain.state import HallState
from hub.hall import Hall
from hub.shown import Shown
from tests.hub.ledger import SETUP
from tests.hub.running import Running, running

PATIENCE_S = 30.0
T = TypeVar("T")
F = TypeVar("F", bound=Fact)


@dataclass
class Room:
    """The parts that a desk works with."""

    run: Running
    shown: Shown

    @property
    def hall(self) -> Hall:
        return self.run.hall

    @property
    def bus(self) -> Bus:
        return self.run.bus

    @property
    def clock(self) -> ManualClock:
        return self.run.clock

    async def facts(self, kind: type[F]) -> list[F]:
        """What is on disk, of one kind."""
        await self.run.settled()
        return [fact for fact in self.run.facts() if isinstance(fact, kind)]

    async def serve(self, window: int = 1) -> None:
        """A citizen is served by a clerk at the page; the evaluator is to be armed."""
        if self.hall.state.window(window).state == "closed":
            await self.hall.sign_on(window, f"100{window}", by="test")
        await self.hall.issue_ticket(self.hall.setup.windows[window].services[0], by="test")
        await self.hall.call_next(window, by="test")
        await self.hall.finish(window, by="test")


@asynccontextmanager
async def room(folder: Path, clock: ManualClock | None = None, setup: Setup = SETUP) -> AsyncIterator[Room]:
    async with running(folder, clock, setup) as run, asyncio.TaskGroup() as tasks:
        shown = Shown(HallState(), run.bus)
        following = tasks.create_task(shown.run())
        await until(lambda: shown.state.seq == run.bus.last_seq)
        yield Room(run, shown)
        following.cancel()


async def until(true: Callable[[], T]) -> T:
    """Wait until it is true, and return what it then is."""
    async with asyncio.timeout(PATIENCE_S):
        while not (found := true()):  # noqa: ASYNC110 - a thread's commit sets no event of ours
            await asyncio.sleep(0.001)
    return found


@asynccontextmanager
async def at_work(desk: Coroutine[Any, Any, None]) -> AsyncIterator[asyncio.Task[None]]:
    """A desk's `run(…)` as a task, cancelled in the end; what it raises is the test's matter."""
    task = asyncio.get_running_loop().create_task(desk)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])
