"""The command stream, in the order of printing: bytes in, steps for the mechanism out.

Real-time commands (DLE) have been served when they were heard; here they are passed over. So are commands that change
nothing a test looks at; their arguments are taken, so that what follows is read rightly.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace

from drivers.printer.emulator.line import CELL_DOTS, LineBuffer, Look
from drivers.printer.emulator.profiles import Profile
from drivers.printer.emulator.slip import Align, Feed, Item, QrCode, QrLevel, Raster, TextLine

LINE_DOTS = 24
_BAND_ROWS = 24
_LF, _HT, _DLE, _ESC, _FS, _GS = 0x0A, 0x09, 0x10, 0x1B, 0x1C, 0x1D
_ALIGNS: tuple[Align, ...] = ("left", "centre", "right")
_QR_LEVELS: dict[int, QrLevel] = {48: "L", 49: "M", 50: "Q", 51: "H"}
_QR_BYTES = (17, 32, 53, 78, 106, 134, 154, 192, 230, 271, 321, 367, 425, 458, 520)
"""Bytes that QR versions 1, 2… hold at level L (ISO/IEC 18004 table 7)."""
_ARGUMENTS = {
    _ESC: {b"G": 1, b"M": 1, b"R": 1, b"t": 1, b" ": 1, b"c": 2, b"{": 1, b"$": 2, b"\\": 2, b"=": 1, b"V": 1},
    _FS: {b"S": 2, b"W": 1, b"p": 2},
    _GS: {b"L": 2, b"W": 2, b"P": 2, b"h": 1, b"w": 1, b"H": 1, b"f": 1, b"b": 1},
    _DLE: {b"\x04": 1, b"\x05": 1, b"\x14": 3},
}
"""Arguments of commands that change nothing here."""


@dataclass(frozen=True, slots=True)
class Print:
    """Move the paper so many dots; the item is on it then."""

    dots: int
    item: Item | None = None


@dataclass(frozen=True, slots=True)
class CutPaper:
    """Bring the cutter down after a feed."""

    partial: bool
    feed_dots: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """Say something when everything before it is done: paper, id, process, asb, pulse, unknown."""

    what: str
    data: bytes = b""


Step = Print | CutPaper | Answer
_Program = Generator[int | Step, bytes, None]


class Commands:
    """Reads the stream; `pull` takes bytes off the receive buffer until there is a step to do."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._columns = profile.dots // CELL_DOTS
        self._spacing = LINE_DOTS
        self._qr_module, self._qr_level, self._qr_data = 3, 48, b""
        self._line = self._fresh_line()
        self._taken = bytearray()
        self._program = self._read()
        self._wanted: int | Step = next(self._program)
        self._table: dict[bytes, Callable[[], _Program]] = {
            b"\x1b@": self._initialise,
            b"\x1b!": self._ascii_mode,
            b"\x1ba": self._set_align,
            b"\x1bd": self._feed_lines,
            b"\x1bJ": self._feed_dots,
            b"\x1b2": self._usual_spacing,
            b"\x1b3": self._set_spacing,
            b"\x1bE": self._set_bold,
            b"\x1b-": self._set_underline,
            b"\x1bi": self._old_full_cut,
            b"\x1bm": self._old_partial_cut,
            b"\x1bp": self._pulse,
            b"\x1bv": self._paper_status,
            b"\x1c&": self._chinese_on,
            b"\x1c.": self._chinese_off,
            b"\x1c!": self._chinese_mode,
            b"\x1c-": self._chinese_underline,
            b"\x1d!": self._set_size,
            b"\x1dB": self._set_inverse,
            b"\x1dV": self._cut,
            b"\x1dv": self._raster,
            b"\x1d(": self._extended,
            b"\x1dI": self._identify,
            b"\x1da": self._automatic_status,
            b"\x1dr": self._transmit_status,
        }

    def pull(self, buffer: bytearray) -> Step | None:
        """The next step; None where the buffer ends before there is one."""
        while isinstance(self._wanted, int):
            missing = self._wanted - len(self._taken)
            self._taken += buffer[:missing]
            del buffer[:missing]
            if len(self._taken) < self._wanted:
                return None
            taken = bytes(self._taken)
            self._taken.clear()
            self._wanted = self._program.send(taken)
        step = self._wanted
        self._wanted = self._program.send(b"")
        return step

    def _read(self) -> _Program:
        while True:
            byte = (yield 1)[0]
            if byte in _ARGUMENTS:
                yield from self._command(byte)
            elif byte == _LF:
                yield self._print_line(self._line.flush())
            elif byte == _HT:
                yield from self._text(b" ")
            elif byte >= 0x20:
                yield from self._text(bytes([byte]))

    def _text(self, data: bytes) -> _Program:
        for line in self._line.add(data):
            yield self._print_line(line)

    def _command(self, lead: int) -> _Program:
        letter = yield 1
        code = bytes([lead]) + letter
        if code in self._table:
            yield from self._table[code]()
        elif letter in _ARGUMENTS[lead]:
            yield _ARGUMENTS[lead][letter]
        else:
            yield Answer("unknown", code)

    def _print_line(self, line: TextLine) -> Print:
        return Print(max(self._spacing, line.height * LINE_DOTS), line)

    def _fresh_line(self) -> LineBuffer:
        look = Look(chinese=self._profile.chinese_at_power_on)
        return LineBuffer(self._columns, self._profile.charset, look)

    def _initialise(self) -> _Program:
        self._line = self._fresh_line()
        self._spacing = LINE_DOTS
        self._qr_module, self._qr_level, self._qr_data = 3, 48, b""
        yield from ()

    def _ascii_mode(self) -> _Program:
        mode = (yield 1)[0]
        size = (2 if mode & 0x20 else 1, 2 if mode & 0x10 else 1)
        self._line.set_look(
            replace(self._line.look, ascii_size=size, bold=bool(mode & 0x08), underline=bool(mode & 0x80))
        )

    def _chinese_mode(self) -> _Program:
        mode = (yield 1)[0]
        size = (2 if mode & 0x04 else 1, 2 if mode & 0x08 else 1)
        self._line.set_look(replace(self._line.look, chinese_size=size, chinese_underline=bool(mode & 0x80)))

    def _set_size(self) -> _Program:
        size = (yield 1)[0]
        both = ((size >> 4 & 7) + 1, (size & 7) + 1)
        self._line.set_look(replace(self._line.look, ascii_size=both, chinese_size=both))

    def _set_bold(self) -> _Program:
        self._line.set_look(replace(self._line.look, bold=bool((yield 1)[0] & 1)))

    def _set_underline(self) -> _Program:
        self._line.set_look(replace(self._line.look, underline=(yield 1)[0] % 48 > 0))

    def _chinese_underline(self) -> _Program:
        self._line.set_look(replace(self._line.look, chinese_underline=(yield 1)[0] % 48 > 0))

    def _set_inverse(self) -> _Program:
        self._line.set_look(replace(self._line.look, inverse=bool((yield 1)[0] & 1)))

    def _chinese_on(self) -> _Program:
        self._line.set_look(replace(self._line.look, chinese=True))
        yield from ()

    def _chinese_off(self) -> _Program:
        self._line.set_look(replace(self._line.look, chinese=False))
        yield from ()

    def _set_align(self) -> _Program:
        align = (yield 1)[0] % 48
        if self._line.empty and align < len(_ALIGNS):  # only at the start of a line
            self._line.align = _ALIGNS[align]

    def _usual_spacing(self) -> _Program:
        self._spacing = LINE_DOTS
        yield from ()

    def _set_spacing(self) -> _Program:
        self._spacing = (yield 1)[0]

    def _feed_lines(self) -> _Program:
        yield from self._end_line()
        yield from self._feed((yield 1)[0] * max(self._spacing, 1))

    def _feed_dots(self) -> _Program:
        yield from self._end_line()
        yield from self._feed((yield 1)[0])

    def _feed(self, dots: int) -> _Program:
        if dots:
            yield Print(dots, Feed(dots))

    def _end_line(self) -> _Program:
        if not self._line.empty:
            yield self._print_line(self._line.flush())

    def _old_full_cut(self) -> _Program:
        yield from self._end_line()
        yield CutPaper(partial=False)

    def _old_partial_cut(self) -> _Program:
        yield from self._end_line()
        yield CutPaper(partial=True)

    def _cut(self) -> _Program:
        mode = (yield 1)[0]
        if mode in {0, 1, 48, 49}:
            yield from self._end_line()
            yield CutPaper(partial=mode in {1, 49})
        elif mode in {65, 66}:
            feed = (yield 1)[0]
            yield from self._end_line()
            yield CutPaper(partial=mode == 66, feed_dots=feed)
        else:
            yield Answer("unknown", bytes([_GS, 0x56, mode]))

    def _pulse(self) -> _Program:
        yield Answer("pulse", (yield 3))

    def _raster(self) -> _Program:
        kind, mode, xl, xh, yl, yh = yield 6
        row_bytes, rows = xl + 256 * xh, yl + 256 * yh
        scale = (2 if mode & 1 else 1, 2 if mode & 2 else 1)
        if kind != 0x30 or not row_bytes or not rows:
            yield Answer("unknown", bytes([_GS, 0x76, kind, mode, xl, xh, yl, yh]))
            return
        picture = bytearray()
        # Band by band: a picture is larger than the receive buffer.
        for first in range(0, rows, _BAND_ROWS):
            band = min(_BAND_ROWS, rows - first)
            picture += yield band * row_bytes
            last = first + band == rows
            item = Raster(row_bytes, rows, bytes(picture), self._line.align, scale) if last else None
            yield Print(band * scale[1], item)

    def _extended(self) -> _Program:
        letter, low, high = yield 3
        data = yield low + 256 * high
        if letter == ord("k") and data[:1] == b"1" and len(data) >= 2:
            yield from self._qr(data[1], data[2:])
        elif letter == ord("H") and data[:2] == b"00" and len(data) == 6:
            yield Answer("process", data[2:])
        else:
            yield Answer("unknown", bytes([_GS, 0x28, letter, low, high]))

    def _qr(self, function: int, data: bytes) -> _Program:
        if function == 67 and data and 1 <= data[0] <= 16:
            self._qr_module = data[0]
        elif function == 69 and data and data[0] in _QR_LEVELS:
            self._qr_level = data[0]
        elif function == 80 and data[:1] == b"0":
            self._qr_data = data[1:]
        elif function == 81 and self._qr_data:
            yield from self._end_line()
            code = QrCode(self._qr_data, self._qr_module, _QR_LEVELS[self._qr_level], self._line.align)
            yield Print(_qr_modules(len(self._qr_data)) * self._qr_module, code)

    def _identify(self) -> _Program:
        yield Answer("id", (yield 1))

    def _automatic_status(self) -> _Program:
        yield Answer("asb", (yield 1))

    def _transmit_status(self) -> _Program:
        yield Answer("paper", (yield 1))

    def _paper_status(self) -> _Program:
        yield Answer("paper", b"\x01")


def _qr_modules(size: int) -> int:
    """Modules on a side, near enough for the time that printing takes."""
    version = next((number for number, holds in enumerate(_QR_BYTES, 1) if size <= holds), 20)
    return 17 + 4 * version
