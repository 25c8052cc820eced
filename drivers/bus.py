"""One port shared by the sessions of all devices on it: everybody hears, one talks at a time.

Received bytes go from the port's reader callback straight into each listener, with no task between: a press is on its
way to the store before the loop turns. Sending waits for its turn (`drivers.turns`); a transaction holds the line until
it is answered or its time is up, so that a dead device costs its time-out and no more.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NoReturn

from drivers.errors import TransportError
from drivers.events import Chunk, Sent
from drivers.line import Priority
from drivers.transports import Transport
from drivers.turns import Turns

Receiver = Callable[[Chunk], None]
Tap = Callable[[Chunk | Sent], None]

_TAP_KEEPS = 512  # chunks: some hundred frames, under 100 kB a line
_UNANSWERED_KEEPS = 64  # more than the 32 devices one RS-485 line carries


@dataclass(slots=True)
class Counters:
    """What passed over the line since the port was opened."""

    bytes_in: int = 0
    bytes_out: int = 0
    frames_out: int = 0
    requests: int = 0
    retries: int = 0
    """Requests sent again after they had gone unanswered."""
    timeouts: int = 0


class Bus:
    """The `drivers.line.Line` on an open transport."""

    def __init__(
        self, transport: Transport, *, char_s: float = 0.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._transport = transport
        self._char_s = char_s
        self._clock = clock
        self._turns = Turns(char_s, clock)
        self._receivers: tuple[Receiver, ...] = ()
        self._taps: tuple[Tap, ...] = ()
        self._recent: deque[Chunk | Sent] = deque(maxlen=_TAP_KEEPS)
        self._counters = Counters()
        self._asked: tuple[Callable[[], bool], asyncio.Future[TransportError | None]] | None = None
        self._unanswered: dict[bytes, None] = {}

    @property
    def url(self) -> str:
        """The port as the configuration names it."""
        return self._transport.url

    @property
    def char_s(self) -> float:
        """Seconds one character takes on the wire; 0 where that is not known."""
        return self._char_s

    @property
    def counters(self) -> Counters:
        """The counters as they stand."""
        return replace(self._counters)

    @property
    def recent(self) -> tuple[Chunk | Sent, ...]:
        """The last bytes either way, oldest first."""
        return tuple(self._recent)

    def tap(self, receiver: Tap) -> Callable[[], None]:
        """Watch all bytes either way from now on; the returned function ends that. It must not block or raise."""
        self._taps = (*self._taps, receiver)

        def end() -> None:
            self._taps = tuple(tap for tap in self._taps if tap is not receiver)

        return end

    def listen(self, receiver: Receiver) -> Callable[[], None]:
        """Hear every byte from now on; the returned function ends that. It must not block or raise."""
        self._receivers = (*self._receivers, receiver)

        def end() -> None:
            self._receivers = tuple(other for other in self._receivers if other is not receiver)

        return end

    async def run(self) -> NoReturn:
        """Hand out what comes in until the link is lost (LinkLost); then nothing that waits goes on waiting."""
        try:
            await self._transport.pump(self._heard)
        except TransportError as error:
            self._turns.fail(error)
            if self._asked is not None and not self._asked[1].done():
                self._asked[1].set_result(error)
            raise

    async def send(self, data: bytes, priority: Priority = Priority.SIGN) -> None:
        """Send one frame that expects no answer; returns when the port took it."""
        await self._turns.take(priority)
        await self._write(data)

    async def request(
        self, data: bytes, answered: Callable[[], bool], *, timeout_s: float, priority: Priority = Priority.SIGN
    ) -> bool:
        """One transaction: whether it was answered within `timeout_s` of the frame's last byte."""
        await self._turns.take(priority, hold=True)
        answer: asyncio.Future[TransportError | None] = asyncio.get_running_loop().create_future()
        self._asked = (answered, answer)
        self._counters.requests += 1
        self._counters.retries += data in self._unanswered
        try:
            async with asyncio.timeout(timeout_s + len(data) * self._char_s):
                await self._write(data)
                lost = await answer
        except TimeoutError:
            self._note_silence(data)
            return False
        finally:
            self._asked = None
            self._turns.release()
        if lost is not None:
            raise lost
        self._unanswered.pop(data, None)
        return True

    def _heard(self, chunk: Chunk) -> None:
        self._counters.bytes_in += len(chunk.data)
        self._recent.append(chunk)
        self._turns.heard(chunk.at)
        for receiver in self._receivers:
            receiver(chunk)
        for tap in self._taps:
            tap(chunk)
        if self._asked is not None and not self._asked[1].done() and self._asked[0]():
            self._asked[1].set_result(None)

    async def _write(self, data: bytes) -> None:
        try:
            await self._transport.send(data)
        finally:
            self._turns.give(len(data))
        sent = Sent(data, self._clock())
        self._counters.bytes_out += len(data)
        self._counters.frames_out += 1
        self._recent.append(sent)
        for tap in self._taps:
            tap(sent)

    def _note_silence(self, data: bytes) -> None:
        self._counters.timeouts += 1
        self._unanswered[data] = None
        if len(self._unanswered) > _UNANSWERED_KEEPS:
            del self._unanswered[next(iter(self._unanswered))]
