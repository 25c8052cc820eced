"""A hall with its pages and its API in a thread of its own, for tests that block: browsers and schemathesis."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hub.clock import ManualClock
from hub.domain.model import Setup
from tests.hub.web.conftest import MORNING_MS, SETUP, House, open_house, served_on_loopback

PATIENCE_S = 30


class ThreadedHouse:
    """`house` may be looked at; what changes it goes through `do`."""

    def __init__(self, folder: Path, prepare: Callable[[House], Awaitable[None]], setup: Setup) -> None:
        self.house: House
        self.setup = setup
        self.url = ""
        self.ready = threading.Event()
        self.thread = threading.Thread(target=lambda: asyncio.run(self._run(folder, prepare)), daemon=True)
        self._stop = asyncio.Event()

    async def _run(self, folder: Path, prepare: Callable[[House], Awaitable[None]]) -> None:
        self._loop = asyncio.get_running_loop()
        async with open_house(folder, ManualClock(MORNING_MS, 3_600_000_000_000), self.setup) as self.house:
            await prepare(self.house)
            await self.house.served()
            async with served_on_loopback(self.house.app) as address:
                self.url = f"http://{address}"
                self.ready.set()
                await self._stop.wait()

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run something on the hall's loop and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def end(self) -> None:
        """Close the hall."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self.thread.join(PATIENCE_S)


@contextmanager
def threaded_house(
    folder: Path, prepare: Callable[[House], Awaitable[None]], setup: Setup = SETUP
) -> Iterator[ThreadedHouse]:
    """Open one and close it in the end; `prepare` is run before anybody may ask it anything."""
    threaded = ThreadedHouse(folder, prepare, setup)
    threaded.thread.start()
    assert threaded.ready.wait(PATIENCE_S)
    try:
        yield threaded
    finally:
        threaded.end()
