"""Whose frame goes out next on one line, and when the wire is free for it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from math import inf

from drivers.errors import TransportError
from drivers.line import Priority

_GAP_CHARS = 3.5  # Modbus over serial line 1.02, 2.5.1.1; usual on RS-485
_GAP_MIN_S = 0.00175  # the same, above 19200 baud
_LONGEST_HUSH_S = 0.5  # on a line that never falls silent waiting longer would only add to the silence of ours


@dataclass(order=True, slots=True)
class _Waiting:
    priority: Priority
    number: int
    since: float = field(compare=False)
    hold: bool = field(compare=False)
    turn: asyncio.Future[None] = field(compare=False)


class Turns:
    """Grants one frame at a time: the lowest priority number first, then who asked first.

    A frame follows another of ours by the gap. A SIGN or POLL frame also waits until nobody has talked for the gap; an
    ACK does not: it answers a frame that has just ended, and the device listens for it then.
    """

    def __init__(self, char_s: float, clock: Callable[[], float]) -> None:
        self._char_s = char_s
        self._gap_s = max(_GAP_CHARS * char_s, _GAP_MIN_S) if char_s else 0.0
        self._clock = clock
        self._queue: list[_Waiting] = []
        self._numbers = itertools.count()
        self._writing = False
        self._held = False
        self._sent_until = -inf
        self._heard_until = -inf
        self._timer: asyncio.TimerHandle | None = None
        self._lost: TransportError | None = None

    def heard(self, at: float) -> None:
        """Bytes came in at that time: nobody talks into our frame, so what we sent has left the wire."""
        self._heard_until = at + self._gap_s
        self._sent_until = min(self._sent_until, at)

    async def take(self, priority: Priority, *, hold: bool = False) -> None:
        """Wait for one's turn to write; with `hold`, only ACKs get a turn after it until `release`."""
        if self._lost is not None:
            raise self._lost
        asked = self._clock()
        if not self._queue and self._free(priority) and self._due(priority, asked) <= asked:
            self._writing, self._held = True, self._held or hold
            return
        turn = asyncio.get_running_loop().create_future()
        heappush(self._queue, _Waiting(priority, next(self._numbers), asked, hold, turn))
        self._go_on()
        try:
            await turn
        except asyncio.CancelledError:
            self._hand_back(turn, hold=hold)
            raise

    def give(self, count: int) -> None:
        """Writing has ended; `count` bytes are on their way out."""
        self._writing = False
        if count and self._char_s:
            begins = max(self._clock(), self._sent_until - self._gap_s)
            self._sent_until = begins + count * self._char_s + self._gap_s
        self._go_on()

    def release(self) -> None:
        """The transaction that held the line has ended."""
        self._held = False
        self._go_on()

    def fail(self, error: TransportError) -> None:
        """The line is gone: whoever waits, or comes later, gets the error."""
        self._lost = error
        self._stop_timer()
        for waiting in self._queue:
            if not waiting.turn.done():
                waiting.turn.set_exception(error)
        self._queue.clear()

    def _free(self, priority: Priority) -> bool:
        return not self._writing and (priority is Priority.ACK or not self._held)

    def _due(self, priority: Priority, since: float) -> float:
        if priority is Priority.ACK:
            return self._sent_until
        return max(self._sent_until, min(self._heard_until, since + _LONGEST_HUSH_S))

    def _go_on(self) -> None:
        """Give the turn to the first in the queue, now or when the wire will be free."""
        self._stop_timer()
        while self._queue and self._queue[0].turn.done():
            heappop(self._queue)
        if not self._queue or not self._free(self._queue[0].priority):
            return
        first = self._queue[0]
        wait_s = self._due(first.priority, first.since) - self._clock()
        if wait_s > 0:
            self._timer = asyncio.get_running_loop().call_later(wait_s, self._go_on)
            return
        heappop(self._queue)
        self._writing, self._held = True, self._held or first.hold
        first.turn.set_result(None)

    def _hand_back(self, turn: asyncio.Future[None], *, hold: bool) -> None:
        granted = turn.done() and not turn.cancelled() and turn.exception() is None
        if granted:
            self._held = self._held and not hold
            self.give(0)
        else:
            self._go_on()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
