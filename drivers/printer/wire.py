"""A printer's line: bytes out at the pace that it takes them, and what it says of itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from drivers.events import BadFrame, Chunk
from drivers.line import Line, Priority
from drivers.printer import PrinterStatus
from drivers.printer.protocols.escpos import ask_status
from drivers.printer.protocols.escpos_status import (
    Answer,
    AutoStatus,
    FlowControl,
    Processed,
    StatusReader,
    after_answer,
    automatic,
)
from drivers.printer.trouble import trouble

PIECE_BYTES = 256  # at 9600 a quarter of a second: what may still go out after an XOFF
LEAD_S = 0.02  # the next piece is handed over before the wire runs dry
ANSWER_S = 0.5  # printers answer in milliseconds, device servers in up to some hundred
LATEST_S = 1.5  # an answer later than this would be taken for one to another question
TRIES = 2
STALL_S = 5.0  # a printer that takes nothing for longer than this is stuck, not slow
RECHECK_S = 1.0


class Stalled(Exception):
    """The printer stopped taking bytes."""


class PrinterWire:
    """One printer on a line. One caller at a time, but `status` is always the latest."""

    def __init__(self, line: Line, changed: Callable[[PrinterStatus], None], bad: Callable[[BadFrame], None]) -> None:
        self._line = line
        self._changed = changed
        self._bad = bad
        self._reader = StatusReader()
        self._news = asyncio.Event()
        self._asked = 0
        self._owed = 0
        self._asked_at = 0.0
        self._draft = PrinterStatus()
        self._held = False
        self._free_at = 0.0
        self.status = PrinterStatus()
        self.processed = b""
        """The last process id that the printer echoed."""
        self.close = line.listen(self._hear)

    def seconds(self, count: int) -> float:
        """How long so many bytes are on the wire."""
        return count * self._line.char_s

    def backlog_s(self) -> float:
        """How long the wire is still busy with what was sent."""
        return max(self._free_at - _now(), 0.0)

    async def ask(self) -> PrinterStatus:
        """Ask for everything (DLE EOT 1 to 4); where the printer is silent, every sensor becomes unknown."""
        self._draft = PrinterStatus()
        for number in (1, 2, 3, 4):
            if not await self._ask_one(number):
                return self.status
        self._set(self._draft)
        return self.status

    async def _ask_one(self, number: int) -> bool:
        await self._settled()
        for _ in range(TRIES):
            if await self._exchange(number):
                return True
        self._set(PrinterStatus())
        return False

    async def _settled(self) -> None:
        """Let the answers to earlier questions come in: an answer does not say what it answers."""
        if self._owed:
            await self.wait_for(lambda: not self._owed, self._asked_at + LATEST_S - _now())
            self._owed = 0

    async def _exchange(self, number: int) -> bool:
        patience_s = ANSWER_S + self.backlog_s()
        self._asked = number
        self._owed += 1
        self._asked_at = _now() + self.backlog_s()
        try:
            async with asyncio.timeout(2 * patience_s):  # a port that takes nothing does not answer either
                return await self._line.request(
                    ask_status(number), lambda: self._asked == 0, timeout_s=patience_s, priority=Priority.POLL
                )
        except TimeoutError:
            return False
        finally:
            self._asked = 0

    async def send(self, command: bytes) -> None:
        """Send one command, when the printer lets us; Stalled where it takes no more, LinkLost where it is gone."""
        for at in range(0, len(command), PIECE_BYTES):
            await asyncio.sleep(max(self.backlog_s() - LEAD_S, 0.0))  # what is not yet handed over can be held back
            if at == 0:
                await self._released()
            elif not await self.wait_for(lambda: not self._held, STALL_S):
                raise Stalled
            await self._put(command[at : at + PIECE_BYTES])

    async def _released(self) -> None:
        """Wait while XOFF holds, asking for the reason: between two commands is the only place for a question."""
        waited_s = 0.0
        while self._held and waited_s < STALL_S and not trouble(self.status):
            if not await self.wait_for(lambda: not self._held, RECHECK_S):
                await self.ask()
            waited_s += RECHECK_S
        if self._held:
            raise Stalled

    async def _put(self, piece: bytes) -> None:
        begun = _now()
        try:
            async with asyncio.timeout(1.5 * self.seconds(len(piece)) + STALL_S):
                await self._line.send(piece)
        except TimeoutError:
            raise Stalled from None
        self._free_at = max(self._free_at, begun) + self.seconds(len(piece))

    def forget_hold(self) -> None:
        """Take an XOFF for void: the printer has since said that it is well."""
        self._held = False

    async def wait_for(self, done: Callable[[], bool], timeout_s: float) -> bool:
        """Wait until `done()` is true, asked after everything heard, or time is up."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while not done():
                    self._news.clear()
                    await self._news.wait()
        return done()

    def _hear(self, chunk: Chunk) -> None:
        for heard in self._reader.feed(chunk.data, chunk.at):
            match heard:
                case Answer(value):
                    self._answered(value)
                case AutoStatus(raw):
                    self._set(automatic(raw))
                case Processed(process_id):
                    self.processed = process_id
                case FlowControl(stop):
                    self._held = stop
                case BadFrame():
                    self._bad(heard)
                case _:
                    pass
        self._news.set()

    def _answered(self, value: int) -> None:
        self._owed = max(self._owed - 1, 0)
        if self._asked:
            self._draft = after_answer(self._draft, self._asked, value)
            self._asked = 0

    def _set(self, status: PrinterStatus) -> None:
        if status != self.status:
            self.status = status
            self._changed(status)


def _now() -> float:
    return asyncio.get_running_loop().time()
