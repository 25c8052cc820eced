"""A printed slip, as structure: lines with sizes, QR codes, pictures, feeds, cuts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Align = Literal["left", "centre", "right"]
QrLevel = Literal["L", "M", "Q", "H"]


@dataclass(frozen=True, slots=True)
class Run:
    """Characters of one look."""

    text: str
    width: int = 1
    """Multiple of the normal width, 1 to 8."""
    height: int = 1
    bold: bool = False
    underline: bool = False
    inverse: bool = False


@dataclass(frozen=True, slots=True)
class TextLine:
    """One printed line; `wrapped` where it was full and the text goes on in the next."""

    runs: tuple[Run, ...]
    align: Align = "left"
    wrapped: bool = False

    @property
    def text(self) -> str:
        """The line's characters."""
        return "".join(run.text for run in self.runs)

    @property
    def height(self) -> int:
        """Of its tallest characters, as a multiple."""
        return max((run.height for run in self.runs), default=1)


@dataclass(frozen=True, slots=True)
class QrCode:
    """A printed QR code."""

    data: bytes
    module: int
    """Dots a module."""
    level: QrLevel
    align: Align = "left"


@dataclass(frozen=True, slots=True)
class Raster:
    """A printed picture: rows of `row_bytes` bytes, most significant bit left, 1 is black."""

    row_bytes: int
    rows: int
    data: bytes
    align: Align = "left"
    scale: tuple[int, int] = (1, 1)
    """Dots a bit, across and down."""


@dataclass(frozen=True, slots=True)
class Feed:
    """White paper."""

    dots: int


@dataclass(frozen=True, slots=True)
class Cut:
    """The cutter has come down."""

    partial: bool


Item = TextLine | QrCode | Raster | Feed | Cut


@dataclass(frozen=True, slots=True)
class Slip:
    """What lies in the tray after a cut."""

    number: int
    """Counted from 1 for each printer."""
    at: float
    """Device second of the cut."""
    items: tuple[Item, ...]

    @property
    def lines(self) -> list[TextLine]:
        """The text lines, blank ones left out."""
        return [item for item in self.items if isinstance(item, TextLine) and item.text]

    @property
    def text(self) -> str:
        """All text; a line that was wrapped is joined with the next."""
        return "".join(line.text + ("" if line.wrapped else "\n") for line in self.lines)

    @property
    def qr_codes(self) -> list[QrCode]:
        """The QR codes."""
        return [item for item in self.items if isinstance(item, QrCode)]

    @property
    def rasters(self) -> list[Raster]:
        """The pictures."""
        return [item for item in self.items if isinstance(item, Raster)]
