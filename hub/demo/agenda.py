"""What will happen when in the simulated hall: one heap, one timer, and jumps over times in which nothing does."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from itertools import count
from typing import Final

from hub.clock import ScaledClock

FOR_EVER_MS: Final = 2**62


class Entry:
    """One call that is due; `cancel` takes it back."""

    __slots__ = ("_call", "cancelled")

    def __init__(self, call: Callable[[], None]) -> None:
        self._call: Callable[[], None] = call
        self.cancelled = False

    def cancel(self) -> None:
        """Harmless when it has happened."""
        self.cancelled = True

    def happen(self) -> None:
        """Call."""
        if not self.cancelled:
            self._call()


class Agenda:
    """Times are wall milliseconds of the hall's clock."""

    def __init__(self, clock: ScaledClock) -> None:
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._due: list[tuple[int, int, Entry]] = []
        self._order = count()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def now_ms(self) -> int:
        """The hall's time."""
        return self._clock.wall_ms()

    @property
    def speed(self) -> float:
        """Hall seconds in a real one."""
        return self._clock.speed

    @property
    def next_ms(self) -> int:
        """When something happens next."""
        while self._due and self._due[0][2].cancelled:
            heapq.heappop(self._due)
        return self._due[0][0] if self._due else FOR_EVER_MS

    def call_at(self, when_ms: int, call: Callable[[], None]) -> Entry:
        """Call at that time, or as soon as possible where it has passed."""
        entry = Entry(call)
        heapq.heappush(self._due, (when_ms, next(self._order), entry))
        if self._due[0][2] is entry:
            self._set_timer()
        return entry

    async def until(self, when_ms: float) -> None:
        """Wait for that time."""
        if when_ms <= self.now_ms:
            return
        come = self._loop.create_future()
        entry = self.call_at(int(when_ms), lambda: None if come.done() else come.set_result(None))
        try:
            await come
        finally:
            entry.cancel()

    async def sleep(self, seconds: float) -> None:
        """Let `seconds` of the hall pass."""
        await self.until(self.now_ms + seconds * 1000)

    def jump_to(self, when_ms: int) -> None:
        """Skip the time until then; not for ever, which is when nothing is due."""
        if when_ms >= FOR_EVER_MS:
            return
        self._clock.jump(max(0, when_ms - self.now_ms) / 1000)
        self._set_timer()

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self.next_ms < FOR_EVER_MS:
            wait_s = self._clock.real_s((self.next_ms - self.now_ms) / 1000)
            self._timer = self._loop.call_later(max(0.0, wait_s), self._happen)

    def _happen(self) -> None:
        self._timer = None
        while self.next_ms <= self.now_ms:
            heapq.heappop(self._due)[2].happen()
        self._set_timer()


class Bell:
    """Rung when something may have changed for those who wait; they look again, or their time is up."""

    def __init__(self, agenda: Agenda) -> None:
        self._agenda = agenda
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Wake whoever waits."""
        rung, self._rung = self._rung, asyncio.Event()
        rung.set()

    async def until(self, holds: Callable[[], bool], by_ms: float = FOR_EVER_MS) -> bool:
        """Wait until it holds; False where that has not come by then."""
        while not holds():
            if self._agenda.now_ms >= by_ms:
                return False
            rung = self._rung
            entry = self._agenda.call_at(int(by_ms), self.ring) if by_ms < FOR_EVER_MS else None
            try:
                await rung.wait()
            finally:
                if entry is not None:
                    entry.cancel()
        return True
