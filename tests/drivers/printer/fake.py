"""A printer at the end of a line, for virtual time: each test says what goes wrong and when."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from drivers.errors import LinkLost
from drivers.events import Chunk
from drivers.line import Priority

NINE_SIX = 10 / 9600
WELL = {1: 0x12, 2: 0x12, 3: 0x12, 4: 0x12}
PAPER_OUT = {1: 0x1A, 2: 0x32, 3: 0x12, 4: 0x72}
COVER_OPEN = {1: 0x1A, 2: 0x16, 3: 0x12, 4: 0x12}
CUTTER_JAM = {1: 0x1A, 2: 0x52, 3: 0x1A, 4: 0x12}
NEAR_END = {1: 0x12, 2: 0x12, 3: 0x12, 4: 0x1E}


@dataclass
class FakePrinter:
    """Implements `drivers.line.Line`; takes bytes at the line's speed and answers in real time."""

    char_s: float = NINE_SIX
    answer_s: float = 0.005
    print_s: float = 0.8
    """From the echo command to the echo."""
    bits: dict[int, int] = field(default_factory=lambda: dict(WELL))
    silent: bool = False
    lost: bool = False
    blocked: bool = False
    echoes: bool = True
    at: dict[int, Callable[[], None]] = field(default_factory=dict)
    """What happens when so many bytes of slips have come."""
    url: str = "mem://printer"
    taken: bytearray = field(default_factory=bytearray)
    """All bytes but real-time commands."""
    real_time: list[tuple[int, bytes]] = field(default_factory=list)
    """Real-time commands, with how many other bytes came before."""
    times: list[tuple[float, int]] = field(default_factory=list)
    """When so many bytes had come."""
    _receivers: list[Callable[[Chunk], None]] = field(default_factory=list)
    _free_at: float = 0.0

    def listen(self, receiver: Callable[[Chunk], None]) -> Callable[[], None]:
        self._receivers.append(receiver)
        return lambda: self._receivers.remove(receiver)

    async def send(self, data: bytes, priority: Priority = Priority.SIGN) -> None:
        assert priority is not Priority.ACK
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(self._free_at - loop.time(), 0.0))
        if self.blocked:
            await asyncio.Event().wait()
        if self.lost:
            raise LinkLost(self.url, "pulled out")
        self._free_at = loop.time() + len(data) * self.char_s
        loop.call_at(self._free_at, self._take, data)

    async def request(
        self, data: bytes, answered: Callable[[], bool], *, timeout_s: float, priority: Priority = Priority.SIGN
    ) -> bool:
        await self.send(data, priority)
        heard = asyncio.Event()
        end = self.listen(lambda _: heard.set())
        with suppress(TimeoutError):
            async with asyncio.timeout_at(self._free_at + timeout_s):
                while not answered():
                    heard.clear()
                    await heard.wait()
        end()
        return answered()

    def say(self, data: bytes, after_s: float = 0.0) -> None:
        """Let the printer send bytes."""
        loop = asyncio.get_running_loop()
        loop.call_later(after_s, lambda: self._tell(Chunk(data, loop.time())))

    def _tell(self, chunk: Chunk) -> None:
        for receiver in list(self._receivers):
            receiver(chunk)

    def _take(self, data: bytes) -> None:
        if data.startswith(b"\x10"):
            self.real_time.append((len(self.taken), data))
            if not self.silent and data[1] == 4:
                self.say(bytes((self.bits[data[2]],)), self.answer_s)
            return
        before = len(self.taken)
        self.taken += data
        self.times.append((asyncio.get_running_loop().time(), len(self.taken)))
        for count in [count for count in self.at if before < count <= len(self.taken)]:
            self.at.pop(count)()
        place = self.taken.find(b"\x1d(H\x06\x0000", max(before - 10, 0))
        if place >= 0 and len(self.taken) >= place + 11 and self.echoes and not self.silent:
            self.say(b"\x37\x22" + self.taken[place + 7 : place + 11] + b"\0", self.print_s)
