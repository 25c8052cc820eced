"""Dots: text and QR codes drawn as images, for printers that lack the character or the command.

    GS v 0   1D 76 30 m xL xH yL yH d…    x in bytes, y in rows, most significant bit left

An image is sent in bands, each a command of its own, so that the printer can be asked for its status in between.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import segno

from drivers.printer.protocols.charset import cells

BAND_ROWS = 24
LINE_ROWS = 32
"""Rows that a text line of size 1 moves the paper; a drawn line keeps the same pace."""
# Real-time commands are obeyed even inside image data (DLE EOT, DLE ENQ, DLE DC4): one more dot keeps them out.
_DEFUSED = ((b"\x10\x04", b"\x10\x06"), (b"\x10\x05", b"\x10\x07"), (b"\x10\x14", b"\x10\x16"))
_BOX_ROWS = (0, 0, *(0x7FFE, 0x7FFE), *([0x6006] * 8), *(0x7FFE, 0x7FFE), 0, 0)


@dataclass(frozen=True, slots=True)
class Bitmap:
    """Black dots; each row is a number whose highest bit (of `width`) is the leftmost dot."""

    width: int
    rows: tuple[int, ...]


class Font(Protocol):
    """Shapes of characters, 16 rows high, 8 or 16 dots wide."""

    def glyph(self, char: str) -> Bitmap | None:
        """The character's shape; None where the font lacks it."""


BOX_GLYPH = Bitmap(16, _BOX_ROWS)


def text_bitmap(text: str, font: Font, *, size: int, bold: bool) -> Bitmap:
    """Draw one line, a column 12 × size dots wide as the printer's own font; what the font lacks becomes a box."""
    width = 12 * size * sum(map(cells, text))
    rows = [0] * max(24 * size, LINE_ROWS)
    end = cell = 0
    for char in text:
        cell = 12 * size * cells(char) or cell
        end += 12 * size * cells(char)
        glyph = _scaled(font.glyph(char) or BOX_GLYPH, size)
        shift = width - end + (cell - glyph.width) // 2
        for y, row in enumerate(glyph.rows):
            rows[y] |= row << max(shift, 0)
    if bold:
        rows = [row | row >> size for row in rows]
    mask = (1 << width) - 1
    return Bitmap(width, tuple(row & mask for row in rows))


def _scaled(glyph: Bitmap, size: int) -> Bitmap:
    """16 rows to 24 × size; a dot that falls across a border is drawn, so that no stroke vanishes or doubles a gap."""
    wide = [_spread(row, glyph.width, size) for row in glyph.rows]
    sources = _sources(len(glyph.rows), size)
    return Bitmap(glyph.width * 3 * size // 2, tuple(wide[first] | wide[last] for first, last in sources))


def _spread(row: int, width: int, size: int) -> int:
    spread = 0
    for first, last in _sources(width, size):
        spread = spread << 1 | ((row >> (width - 1 - first) | row >> (width - 1 - last)) & 1)
    return spread


def _sources(count: int, size: int) -> list[tuple[int, int]]:
    """For each of the 1.5 × size × count dots, the first and the last dot of the original that it covers."""
    return [(2 * at // (3 * size), (2 * at + 1) // (3 * size)) for at in range(count * 3 * size // 2)]


def qr_modules(data: str) -> list[list[int]]:
    """The code's modules without its margin, error correction M."""
    symbol = segno.make(data.encode(), error="m", micro=False, boost_error=False)
    return [list(row) for row in symbol.matrix]


def qr_bitmap(modules: list[list[int]], module_dots: int) -> Bitmap:
    """The code, `module_dots` a module."""
    dot = (1 << module_dots) - 1
    rows: list[int] = []
    for modules_row in modules:
        row = 0
        for module in modules_row:
            row = row << module_dots | (dot if module else 0)
        rows += [row] * module_dots
    return Bitmap(len(modules) * module_dots, tuple(rows))


def raster(bitmap: Bitmap) -> Iterator[bytes]:
    """GS v 0 commands that print the image where the alignment puts it."""
    row_bytes = (bitmap.width + 7) // 8
    pad = row_bytes * 8 - bitmap.width
    for top in range(0, len(bitmap.rows), BAND_ROWS):
        band = bitmap.rows[top : top + BAND_ROWS]
        dots = b"".join((row << pad).to_bytes(row_bytes, "big") for row in band)
        for command, harmless in _DEFUSED:
            dots = dots.replace(command, harmless)
        yield b"\x1dv0\0" + row_bytes.to_bytes(2, "little") + len(band).to_bytes(2, "little") + dots
