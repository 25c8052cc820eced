"""A small ESC/POS printer on paper only: reads a slip's bytes strictly, as a second opinion about them.

Written from Epson's command reference without the driver. A byte below 20h that is no part of a known command is a
`ValueError`: that is what an injected command would be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Style:
    align: str = "left"
    bold: bool = False
    width: int = 1
    height: int = 1


@dataclass(frozen=True)
class Printed:
    """One line of text."""

    text: str
    style: Style


@dataclass(frozen=True)
class Image:
    """One band of dots, each row as text of 0 and 1."""

    rows: tuple[str, ...]
    align: str


@dataclass(frozen=True)
class Code:
    """A QR code by GS ( k."""

    data: bytes
    module_dots: int
    level: int
    align: str


@dataclass(frozen=True)
class Fed:
    lines: int


@dataclass(frozen=True)
class Cut:
    kind: str


@dataclass(frozen=True)
class Echo:
    process_id: bytes


Item = Printed | Image | Code | Fed | Cut | Echo


@dataclass
class Paper:
    """`read(data)` fills `items`; `modes` are the commands that print nothing, in order."""

    charset: str = "gb18030"
    items: list[Item] = field(default_factory=list)
    modes: list[str] = field(default_factory=list)
    style: Style = field(default_factory=Style)
    chinese: bool = False
    _pending: bytearray = field(default_factory=bytearray)
    _code: bytes = b""
    _module: int = 3
    _level: int = 48

    def read(self, data: bytes) -> Paper:
        stream = iter(data)
        for byte in stream:
            if byte in {0x1B, 0x1C, 0x1D}:
                self._command(byte, stream)
            elif byte == 0x0A:
                self.items.append(Printed(self._pending.decode(self.charset), self.style))
                self._pending.clear()
            elif byte >= 0x20 and byte != 0x7F:
                self._pending.append(byte)
            else:
                raise ValueError(f"control byte {byte:02X} in text {bytes(self._pending)!r}")
        if self._pending:
            raise ValueError(f"text without line feed: {bytes(self._pending)!r}")
        return self

    @property
    def texts(self) -> list[str]:
        return [item.text for item in self.items if isinstance(item, Printed)]

    @property
    def dots(self) -> list[str]:
        """All image rows, one below the other."""
        return [row for item in self.items if isinstance(item, Image) for row in item.rows]

    def _command(self, head: int, stream: Iterator[int]) -> None:
        letter = chr(next(stream))
        known: dict[tuple[int, str], Callable[[Iterator[int]], None]] = {
            (0x1B, "@"): self._initialise,
            (0x1B, "a"): self._align,
            (0x1B, "!"): self._mode,
            (0x1B, "d"): self._feed,
            (0x1B, "i"): lambda _: self.items.append(Cut("old_full")),
            (0x1B, "m"): lambda _: self.items.append(Cut("old_partial")),
            (0x1C, "&"): self._chinese_on,
            (0x1C, "!"): lambda stream: self.modes.append(f"FS ! {next(stream):02X}"),
            (0x1D, "!"): self._size,
            (0x1D, "a"): lambda stream: self.modes.append(f"GS a {next(stream):02X}"),
            (0x1D, "V"): self._cut,
            (0x1D, "v"): self._image,
            (0x1D, "("): self._function,
        }
        if (head, letter) not in known:
            raise ValueError(f"unknown command {head:02X} {letter!r}")
        if self._pending and letter != "!":
            raise ValueError(f"command {letter!r} within a line of text")
        known[head, letter](stream)

    def _initialise(self, _stream: Iterator[int]) -> None:
        self.style, self.chinese = Style(), False
        self.modes.append("ESC @")

    def _chinese_on(self, _stream: Iterator[int]) -> None:
        self.chinese = True
        self.modes.append("FS &")

    def _align(self, stream: Iterator[int]) -> None:
        self.style = replace(self.style, align=("left", "centre", "right")[next(stream)])

    def _mode(self, stream: Iterator[int]) -> None:
        bits = next(stream)
        self.style = replace(self.style, bold=bool(bits & 8), height=1 + (bits >> 4 & 1), width=1 + (bits >> 5 & 1))

    def _size(self, stream: Iterator[int]) -> None:
        bits = next(stream)
        self.style = replace(self.style, width=(bits >> 4) + 1, height=(bits & 15) + 1)

    def _feed(self, stream: Iterator[int]) -> None:
        self.items.append(Fed(next(stream)))

    def _cut(self, stream: Iterator[int]) -> None:
        kind = next(stream)
        self.items.append(Cut({0: "full", 1: "partial"}[kind] if kind < 0x42 else f"feed {next(stream)}"))

    def _image(self, stream: Iterator[int]) -> None:
        if (next(stream), next(stream)) != (0x30, 0):
            raise ValueError("GS v: expected 0 and plain scale")
        row_bytes = next(stream) + 256 * next(stream)
        count = next(stream) + 256 * next(stream)
        rows = ("".join(f"{next(stream):08b}" for _ in range(row_bytes)) for _ in range(count))
        self.items.append(Image(tuple(rows), self.style.align))

    def _function(self, stream: Iterator[int]) -> None:
        family = chr(next(stream))
        length = next(stream) + 256 * next(stream)
        body = bytes(next(stream) for _ in range(length))
        if family == "H" and body[:2] == b"00" and length == 6:
            self.items.append(Echo(body[2:]))
            return
        if family != "k" or body[0] != 0x31:
            raise ValueError(f"unknown function {family} {body!r}")
        match body[1]:
            case 0x41 if body[2:] == b"2\0":
                pass
            case 0x43:
                self._module = body[2]
            case 0x45:
                self._level = body[2]
            case 0x50 if body[2] == 0x30:
                self._code = body[3:]
            case 0x51 if body[2] == 0x30:
                self.items.append(Code(self._code, self._module, self._level, self.style.align))
            case _:
                raise ValueError(f"unknown QR function {body!r}")
