"""The line buffer: bytes become characters of the printer's font, a full line goes to the head."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import groupby

from drivers.printer.emulator.profiles import Charset
from drivers.printer.emulator.slip import Align, Run, TextLine

_LACKING = "□"
_GARBAGE = "?"
_ASCII_CODEPAGE = "cp437"
CELL_DOTS = 12
"""An ASCII character; a hanzi is two cells wide."""


@dataclass(frozen=True, slots=True)
class Look:
    """How the next characters look; ASCII and Chinese have sizes of their own."""

    chinese: bool = False
    ascii_size: tuple[int, int] = (1, 1)
    chinese_size: tuple[int, int] = (1, 1)
    bold: bool = False
    underline: bool = False
    chinese_underline: bool = False
    inverse: bool = False

    def run(self, text: str, cells: int) -> Run:
        """The text in this look; two cells a character are Chinese."""
        width, height = self.chinese_size if cells == 2 else self.ascii_size
        underline = self.chinese_underline if cells == 2 else self.underline
        return Run(text, width, height, self.bold, underline, self.inverse)


@dataclass(slots=True)
class LineBuffer:
    """One line in the making."""

    columns: int
    charset: Charset
    look: Look = field(default_factory=Look)
    align: Align = "left"
    _runs: list[Run] = field(default_factory=list)
    _cells: int = 0
    _begun: bytes = b""

    @property
    def empty(self) -> bool:
        """Whether the line has no character yet."""
        return not self._runs

    def set_look(self, look: Look) -> None:
        """Change the look; a character that is not whole is garbage then."""
        if look.chinese != self.look.chinese and self._begun:
            self._begun = b""
            self._runs.append(self.look.run(_GARBAGE, 1))
        self.look = look

    def add(self, data: bytes) -> Iterator[TextLine]:
        """Take bytes of text; lines that get full come out."""
        rest = self._begun + data
        while rest and (size := self._size(rest)) <= len(rest):
            yield from self._put(*self._decode(rest[:size]))
            rest = rest[size:]
        self._begun = rest

    def flush(self, *, wrapped: bool = False) -> TextLine:
        """End the line."""
        if self._begun and not wrapped:
            self._runs.append(self.look.run(_GARBAGE, 1))
            self._begun = b""
        line = TextLine(tuple(_joined(self._runs)), self.align, wrapped)
        self._runs, self._cells = [], 0
        return line

    def _size(self, rest: bytes) -> int:
        """Bytes of the first character."""
        if not self.look.chinese or rest[0] <= 0x80:
            return 1
        if self.charset == "gb18030" and len(rest) > 1 and 0x30 <= rest[1] <= 0x39:
            return 4
        # A second byte that can't be one leaves the first alone: the printer's garbage.
        return 2 if len(rest) < 2 or rest[1] >= 0x40 else 1

    def _decode(self, code: bytes) -> tuple[str, int]:
        """The character and its cells."""
        if len(code) == 1:
            garbage = self.look.chinese and code[0] >= 0x80
            return (_GARBAGE if garbage else code.decode(_ASCII_CODEPAGE)), 1
        try:
            return code.decode(self.charset), 2
        except UnicodeDecodeError:
            return _LACKING, 2

    def _put(self, char: str, cells: int) -> Iterator[TextLine]:
        run = self.look.run(char, cells)
        if self._cells + cells * run.width > self.columns and self._runs:
            yield self.flush(wrapped=True)
        self._runs.append(run)
        self._cells += cells * run.width


def _joined(runs: list[Run]) -> Iterator[Run]:
    for look, alike in groupby(runs, key=lambda run: replace(run, text="")):
        yield replace(look, text="".join(run.text for run in alike))
