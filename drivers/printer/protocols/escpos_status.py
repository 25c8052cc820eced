"""What an ESC/POS printer says, whichever way it says it, told apart in one stream of bytes.

    answer to DLE EOT   one byte, (b & 93h) = 12h
    automatic status    four bytes; the first (b & 93h) = 10h, the others (b & 90h) = 0
    process id          37 22 d1 d2 d3 d4 00
    printer id          5F … 00
    flow control        11 XON, 13 XOFF, anywhere between the others

Every bit that says why nothing is printed is used. Not used: the drawer's pin and the feed button being pressed (DLE
EOT 1 bits 2 and 6, 2 bit 3), which say nothing of paper; and GS r 1, which tells of the same roll sensors as DLE EOT 4
but waits its turn behind what is to be printed, and is not answered while the printer is off-line, when it matters.

Sources: Epson's ESC/POS command reference (DLE EOT, GS a, GS ( H, GS I); the masks agree with the public code of
python-escpos and ESC-POS-.NET.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from drivers.events import BadFrame
from drivers.printer import Known, PrinterStatus

GAP_S = 0.25
"""A printer sends a block in one go: after such a silence the rest of it is lost."""
_LONGEST_BLOCK = 80  # GS I: a printer id has at most 80 bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """The byte after a DLE EOT; it does not say to which of them it is the answer."""

    value: int


@dataclass(frozen=True, slots=True)
class AutoStatus:
    """The printer's status, sent unasked."""

    raw: bytes


@dataclass(frozen=True, slots=True)
class Processed:
    """Everything before the GS ( H of this id is processed."""

    process_id: bytes


@dataclass(frozen=True, slots=True)
class Identity:
    """The answer to GS I."""

    text: str


@dataclass(frozen=True, slots=True)
class FlowControl:
    """XOFF (`stop`) or XON."""

    stop: bool


Heard = Answer | AutoStatus | Processed | Identity | FlowControl | BadFrame


class StatusReader:
    """Bytes in, what they say out; any chunking, and never raises."""

    def __init__(self) -> None:
        self._block = bytearray()
        self._stray = bytearray()
        self._fed_at = float("-inf")

    def feed(self, data: bytes, at: float) -> list[Heard]:
        """Take bytes received at `at` (monotonic seconds)."""
        heard: list[Heard] = []
        if self._block and at - self._fed_at > GAP_S:
            heard.append(self._broken("a block that breaks off"))
        if data:
            self._fed_at = at
        for byte in data:
            for event in self._step(byte):
                heard += [*self._strays(), event]
        return [*heard, *self._strays()]

    def _step(self, byte: int) -> Iterator[Heard]:
        if byte in {0x11, 0x13}:
            yield FlowControl(stop=byte == 0x13)
        elif self._block and not self._fits(byte):
            if self._block[0] & 0x93 == 0x10 and _is_answer(byte):
                yield Answer(byte)  # in real time, so in the middle of the four bytes too
            else:
                yield self._broken(f"expected the block's next byte, got {byte:02X}")
                yield from self._step(byte)
        elif self._block or byte in {0x37, 0x5F} or byte & 0x93 == 0x10:
            self._block.append(byte)
            yield from self._complete()
        elif _is_answer(byte):
            yield Answer(byte)
        else:
            self._stray.append(byte)

    def _fits(self, byte: int) -> bool:
        """Whether this byte can be the next of the block begun."""
        match self._block[0], len(self._block):
            case 0x37, 1:
                return byte == 0x22
            case 0x37, length:
                return byte == 0 if length == 6 else 0x20 <= byte <= 0x7E
            case 0x5F, length:
                return byte == 0 or (0x20 <= byte <= 0x7E and length < _LONGEST_BLOCK)
        return byte & 0x90 == 0

    def _complete(self) -> Iterator[Heard]:
        block = bytes(self._block)
        match block[0]:
            case 0x37 if len(block) == 7:
                yield Processed(block[2:6])
            case 0x5F if block[-1] == 0:
                yield Identity(block[1:-1].decode("ascii"))
            case 0x37 | 0x5F:
                return
            case _ if len(block) == 4:
                yield AutoStatus(block)
            case _:
                return
        self._block.clear()

    def _broken(self, reason: str) -> BadFrame:
        frame = BadFrame(bytes(self._block), reason)
        self._block.clear()
        return frame

    def _strays(self) -> list[Heard]:
        """The bytes that belong to nothing, as one frame a run."""
        if not self._stray:
            return []
        frame = BadFrame(bytes(self._stray), "expected a status byte or the head of a block")
        self._stray.clear()
        return [frame]


def _is_answer(byte: int) -> bool:
    return byte & 0x93 == 0x12


def after_answer(status: PrinterStatus, number: int, value: int) -> PrinterStatus:
    """The status with what DLE EOT `number` answered; a round of questions starts with a status of unknowns."""
    match number:
        case 1:
            return replace(status, online=_no(value & 0x08), awaits_recovery=_yes(value & 0x20))
        case 2:
            status = replace(status, cover_open=_yes(value & 0x04), paper="out" if value & 0x20 else status.paper)
            return replace(status, error="yes") if value & 0x64 == 0x40 else status
        case 3:
            # An error that DLE EOT 2 has told of and that is named nowhere is one all the same.
            error = _yes(value & 0x24) if value & 0x6C or status.error != "yes" else "yes"
            return replace(status, cutter_error=_yes(value & 0x08), error=error, head_hot=_yes(value & 0x40))
        case _:
            # What stopped the printer is believed over a sensor that sees paper, or that a module does not have.
            paper = _paper(end=value & 0x60, near=value & 0x0C)
            return replace(status, paper="out" if status.paper == "out" else paper)


def automatic(raw: bytes) -> PrinterStatus:
    """The status in the four bytes of GS a."""
    printer, error, paper = raw[:3]
    return PrinterStatus(
        online=_no(printer & 0x08),
        paper=_paper(end=paper & 0x0C, near=paper & 0x03),
        cover_open=_yes(printer & 0x20),
        cutter_error=_yes(error & 0x08),
        error=_yes(error & 0x24),
        head_hot=_yes(error & 0x40),
        awaits_recovery=_yes(error & 0x01),
    )


def _yes(bits: int) -> Known:
    return "yes" if bits else "no"


def _no(bits: int) -> Known:
    return "no" if bits else "yes"


def _paper(*, end: int, near: int) -> Literal["ok", "near_end", "out"]:
    if end:
        return "out"
    return "near_end" if near else "ok"
