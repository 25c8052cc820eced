"""Device time: the loop's time, run faster, or a time moved by hand.

`Pace` is for ptys and sockets; one pace serves a whole hall. `HandClock` is for tests without I/O.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from itertools import count
from typing import Protocol

GRAIN_S = 0.004
"""Real seconds for which bytes of a long transmission are put together; the last byte is always on time."""


class Timer(Protocol):
    """A call that has not happened yet."""

    def cancel(self) -> None:
        """Take it back; harmless when it has happened."""


class Clock(Protocol):
    """Device seconds and calls at a device second."""

    @property
    def grain_s(self) -> float:
        """Device seconds worth putting together in one turn of the loop."""

    def now(self) -> float:
        """Device seconds since the clock was made."""

    def call_at(self, when: float, call: Callable[[], None]) -> Timer:
        """Call once at device second `when`, or as soon as possible where that has passed."""

    def patience(self, wait_s: float) -> float:
        """How long a device waits for the host that by its manual waits `wait_s`."""

    def host_s(self, seconds: float) -> float:
        """Device seconds during which the host's own clock counts so many: a time-out that the host has set."""


class Pace:
    """The running loop's time, `scale` times as fast.

    The host's disk and program do not run faster with the devices, so a device never waits less than `patience_s` real
    seconds for an answer of the host, however high the scale. `host_scale` is how fast the host's own timers run: None
    where they keep step with the devices, 1 for a program that counts real seconds.
    """

    def __init__(self, scale: float = 1.0, *, patience_s: float = 0.0, host_scale: float | None = None) -> None:
        if not scale > 0:
            raise ValueError(f"scale {scale!r}: expected more than 0")
        self.scale = scale
        self._host_scale = scale if host_scale is None else host_scale
        self._patience_s = patience_s
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()

    @property
    def grain_s(self) -> float:
        """Device seconds worth putting together in one turn of the loop."""
        return GRAIN_S * self.scale

    def now(self) -> float:
        """Device seconds since the pace was made."""
        return (self._loop.time() - self._began) * self.scale

    def call_at(self, when: float, call: Callable[[], None]) -> Timer:
        """Call once at device second `when`."""
        real = self._began + when / self.scale
        if real <= self._loop.time():
            return self._loop.call_soon(call)
        return self._loop.call_at(real, call)

    def patience(self, wait_s: float) -> float:
        """`wait_s`, but never less than the real patience."""
        return max(wait_s, self._patience_s * self.scale)

    def host_s(self, seconds: float) -> float:
        """The host's seconds in device seconds."""
        return seconds * self.scale / self._host_scale


class HandClock:
    """Time that stands still until `advance`; calls happen in order, each at its own second."""

    def __init__(self) -> None:
        self._now = 0.0
        self._waiting: list[tuple[float, int, _HandTimer]] = []
        self._order = count()

    @property
    def grain_s(self) -> float:
        """Nothing is put together: every byte comes alone."""
        return 0.0

    def now(self) -> float:
        """Seconds advanced so far."""
        return self._now

    def call_at(self, when: float, call: Callable[[], None]) -> Timer:
        """Call once when the clock is advanced to or past `when`."""
        timer = _HandTimer(call)
        heapq.heappush(self._waiting, (when, next(self._order), timer))
        return timer

    def patience(self, wait_s: float) -> float:
        """`wait_s` itself."""
        return wait_s

    def host_s(self, seconds: float) -> float:
        """`seconds` themselves."""
        return seconds

    def advance(self, seconds: float) -> None:
        """Let time pass, with everything that happens meanwhile."""
        until = self._now + seconds
        while self._waiting and self._waiting[0][0] <= until:
            when, _, timer = heapq.heappop(self._waiting)
            self._now = max(self._now, when)
            timer.run()
        self._now = until


class _HandTimer:
    """One call of a `HandClock`."""

    def __init__(self, call: Callable[[], None]) -> None:
        self._call: Callable[[], None] | None = call

    def cancel(self) -> None:
        self._call = None

    def run(self) -> None:
        call, self._call = self._call, None
        if call is not None:
            call()
