"""GNU Unifont's `.hex` format: `code:bitmap` lines in the order of codes, 16 rows of 8 or 16 dots."""

from __future__ import annotations

from drivers.printer.protocols.raster import Bitmap


class HexFont:
    """The glyphs of one `.hex` file; a line that is none of the format counts as no glyph."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def glyph(self, char: str) -> Bitmap | None:
        """The character's shape; None where the file lacks it."""
        wanted = ord(char)
        low, high = 0, len(self._data)
        while low < high:
            start = self._data.rfind(b"\n", 0, (low + high) // 2) + 1
            end = self._data.find(b"\n", start)
            end = len(self._data) if end < 0 else end
            code, _, dots = self._data[start:end].partition(b":")
            at = _number(code)
            if at == wanted:
                return _bitmap(dots)
            if at is not None and at > wanted:
                high = start
            else:
                low = end + 1
        return None


def _number(code: bytes) -> int | None:
    try:
        return int(code, 16)
    except ValueError:
        return None


def _bitmap(dots: bytes) -> Bitmap | None:
    """32 or 64 hexadecimal digits."""
    try:
        raw = bytes.fromhex(dots.decode("ascii"))
    except ValueError:
        return None
    if len(raw) not in {16, 32}:
        return None
    row_bytes = len(raw) // 16
    rows = (int.from_bytes(raw[at : at + row_bytes], "big") for at in range(0, len(raw), row_bytes))
    return Bitmap(row_bytes * 8, tuple(rows))
