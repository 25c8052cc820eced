"""A line with font cards on it, in time that a test moves by hand.

The cards read frames with the decoder under test: whether that is right is for the published vectors to say.
"""

from __future__ import annotations

import asyncio
import heapq
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from drivers.errors import LinkLost
from drivers.events import Chunk
from drivers.led.protocols.onbon_frame import Decoder, Frame, encode
from drivers.line import Priority

NOON = datetime(2026, 10, 1, 4, 0, tzinfo=UTC)  # 12:00 in China
BLANK_STATUS = bytes.fromhex("01 0A 20 26 10 01 04 12 00 00 00 00000000 00 00")


class HandTime:
    """Monotonic seconds from 100; `advance` lets everybody work who waits for a moment until then."""

    def __init__(self) -> None:
        self.now = 100.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = 0

    def monotonic(self) -> float:
        return self.now

    def utc(self) -> time.struct_time:
        return time.gmtime(NOON.timestamp() + self.now - 100.0)

    async def sleep(self, seconds: float) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._count += 1
        heapq.heappush(self._sleepers, (self.now + seconds, self._count, future))
        await future

    async def advance(self, seconds: float) -> None:
        until = self.now + seconds
        await self._settle()
        while self._sleepers and self._sleepers[0][0] <= until:
            self.now, _, future = heapq.heappop(self._sleepers)
            if not future.done():
                future.set_result(None)
            await self._settle()
        self.now = until

    async def _settle(self) -> None:
        for _ in range(30):
            await asyncio.sleep(0)


@dataclass
class Card:
    """One font card: its areas and clock, and how it fails."""

    address: int
    plugged: bool = True
    lose: int = 0
    """How many of the next frames it doesn't hear."""
    refuse: list[int] = field(default_factory=list)
    """Error codes for the next commands of group A3; 0 lets one through."""
    knows_status: bool = True
    lit: bool = True
    texts: dict[int, bytes] = field(default_factory=dict)
    clocks: list[bytes] = field(default_factory=list)
    levels: list[int] = field(default_factory=list)
    cleared: int = 0
    heard: list[bytes] = field(default_factory=list)

    def power_cycle(self) -> None:
        self.texts.clear()

    def answer(self, frame: Frame) -> bytes:
        """The reply on the wire; nothing where it stays silent."""
        if frame.destination != self.address or not self.plugged:
            return b""
        if self.lose:
            self.lose -= 1
            return b""
        self.heard.append(frame.data)
        code = self.refuse.pop(0) if self.refuse and frame.data[0] == 0xA3 else 0
        data = bytes([0xA0, 1, code, 0, 0]) if code else self._do(frame.data)
        return encode(Frame(0x8000, self.address, data)) if data else b""

    def _do(self, data: bytes) -> bytes:
        match data[0], data[1]:
            case 0xA1, 0x02:
                if not self.knows_status:
                    return b""
                power = b"\x01" if self.lit else b"\x02"
                areas = bytes([len(self.texts), *self.texts])
                return b"\xa1\x02\0\0\0" + power + BLANK_STATUS[1:] + areas + bytes(28)
            case 0xA3, 0x06:
                self.texts[data[18]] = data[36:]
            case 0xA3, 0x10:
                self.texts.clear()
                self.cleared += 1
            case 0xA3, 0x02:
                self.levels.append(data[6])
            case 0xA2, 0x03:
                self.clocks.append(data[5:])
        return b"\xa0\0\0\0\0"


class FakeLine:
    """Implements `drivers.line.Line`: one transaction at a time, 9600 baud, cards answer after 20 ms."""

    url = "mem://signs"
    char_s = 10 / 9600

    def __init__(self, time: HandTime, *cards: Card) -> None:
        self.time = time
        self.cards = cards
        self.lost = False
        self.noise = b""
        self.sent: list[tuple[float, Priority, bytes]] = []
        self.receivers: list[Callable[[Chunk], None]] = []
        self._turn = asyncio.Lock()

    def listen(self, receiver: Callable[[Chunk], None]) -> Callable[[], None]:
        self.receivers.append(receiver)
        return lambda: self.receivers.remove(receiver)

    async def send(self, data: bytes, priority: Priority = Priority.SIGN) -> None:  # noqa: ARG002 - as Line has it
        raise AssertionError("signs are always asked for an answer")

    async def request(
        self, data: bytes, answered: Callable[[], bool], *, timeout_s: float, priority: Priority = Priority.SIGN
    ) -> bool:
        async with self._turn:
            if self.lost:
                raise LinkLost(self.url, "unplugged")
            self.sent.append((self.time.now, priority, data))
            [frame] = Decoder().feed(data)
            assert isinstance(frame, Frame)
            self.deliver(data)  # a two-wire adapter hears itself
            reply = b"".join(card.answer(frame) for card in self.cards)
            reply_s = len(reply) * self.char_s + 0.02
            await self.time.sleep(len(data) * self.char_s + min(timeout_s, reply_s if reply else timeout_s))
            if not reply or reply_s > timeout_s:
                return answered()
            self.deliver(self.noise + reply)
            return answered()

    def deliver(self, data: bytes) -> None:
        for receiver in self.receivers:
            receiver(Chunk(data, self.time.now))
