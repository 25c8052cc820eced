"""ESC/POS: slips as bytes. Source: Epson's ESC/POS command reference; what Chinese modules differ in is in `profile`.

    ESC @   1B 40          initialise          FS &    1C 26        Chinese mode
    ESC a n 1B 61 n        alignment           FS ! n  1C 21 n      Chinese size: bit 2 wide, bit 3 high
    ESC ! n 1B 21 n        bit 3 bold          GS ! n  1D 21 n      size: (width − 1) << 4 | (height − 1)
    ESC d n 1B 64 n        feed n lines        GS V …  1D 56 …      cut
    GS ( k  1D 28 6B …     QR code             GS v 0  1D 76 30 …   image
    GS a n  1D 61 n        automatic status    GS ( H  1D 28 48 …   echo of a process id
    DLE EOT n  10 04 n     status in real time DLE ENQ 2  10 05 02  recover from a cutter error

Everything else in a slip is text: a byte below 20h that is no part of these commands never goes out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from drivers.printer import Align, Element, Feed, Job, Qr, Rule, Text
from drivers.printer.protocols.charset import BOX, cells, clean, code, lines
from drivers.printer.protocols.profile import Cutter, Profile
from drivers.printer.protocols.raster import LINE_ROWS, Font, qr_bitmap, qr_modules, raster, text_bitmap
from drivers.registry import Driver, opener

DRIVER: Final = Driver(
    name="printer.escpos",
    family="printer",
    open=opener("drivers.printer.driver:open_session"),
    options={
        "profile": "机型 80mm (默认), 58mm, epson / model; epson has completion echo and automatic status",
        "charset": "字库 gb18030 (默认), gbk, gb2312 / what the printer's character ROM holds; the rest is drawn",
        "qr": "二维码 native 由打印机生成, raster 由主机画图 / QR codes by GS ( k or as an image",
        "cutter": "切刀 feed, full, partial, old_full, old_partial, none / kind of cut",
        "feed_lines": "切纸前走纸行数 0–30 / lines fed before the cut",
        "process_id": "打印机能回送完成标识 true, false / whether the printer echoes GS ( H: proof that a slip is out",
        "asb": "打印机能自动上报状态 true, false / whether the printer knows GS a",
        "font": "缺字补画用的 Unifont .hex 文件 / Unifont file for characters that the printer lacks",
        "blind": "线路只有去路、收不到应答也打印 (默认 false) / print although nothing can be heard",
        "poll_s": "查询状态间隔, 秒, 0.2–60, 默认 1 / seconds between status questions",
    },
)

INITIALISE: Final = b"\x1b@"
CHINESE_MODE: Final = b"\x1c&"
ASB_ON: Final = b"\x1da\x0e"  # on/off-line, error and paper
RECOVER: Final = b"\x10\x05\x02"
_CUT: Final[dict[Cutter, bytes]] = {
    "feed": b"\x1dVB\0",
    "full": b"\x1dV\0",
    "partial": b"\x1dV\x01",
    "old_full": b"\x1bi",
    "old_partial": b"\x1bm",
    "none": b"",
}
_ALIGN: Final[dict[Align, int]] = {"left": 0, "centre": 1, "right": 2}
_QR_MARGIN: Final = 4  # ISO/IEC 18004: four light modules all round


def ask_status(number: int) -> bytes:
    """DLE EOT 1 to 4: printer, off-line cause, error, paper."""
    return bytes((0x10, 0x04, number))


@dataclass(frozen=True, slots=True)
class Slip:
    """A job as commands; between two of them, and only there, other commands may go out."""

    commands: tuple[bytes, ...]
    height_dots: int
    missing: str = ""
    """Characters that are printed as □, each once."""


def encode(job: Job, profile: Profile, *, font: Font | None = None, process_id: bytes = b"") -> Slip:
    """The whole slip from initialisation to cut; `process_id`, four digits, asks for the echo at its end."""
    page = _Page(profile, font)
    page.put(INITIALISE + CHINESE_MODE + (ASB_ON if profile.asb else b""))
    for element in job.elements:
        page.add(element)
    page.feed(profile.feed_lines)
    page.put(_CUT[profile.cutter] + (b"\x1d(H\x06\x0000" + process_id if process_id else b""))
    return Slip(tuple(page.commands), page.height_dots, "".join(page.missing))


def restart(unfinished: int, profile: Profile) -> bytes:
    """What goes before a slip when the one before broke off: ends its half command, and cuts its rest off.

    `unfinished` is the length of the command that may have gone out in part; NUL prints nothing.
    """
    return bytes(unfinished) + INITIALISE + bytes((0x1B, 0x64, max(profile.feed_lines, 1))) + _CUT[profile.cutter]


@dataclass(frozen=True, slots=True)
class _Style:
    """What the printer keeps from line to line; these are its values after ESC @."""

    align: Align = "left"
    bold: bool = False
    size: int = 1


class _Page:
    """The slip so far, and the style that the printer is in."""

    def __init__(self, profile: Profile, font: Font | None) -> None:
        self._profile = profile
        self._font = font
        self._style = _Style()
        self.commands: list[bytes] = []
        self.height_dots = 0
        self.missing: dict[str, None] = {}

    def put(self, command: bytes) -> None:
        if command:
            self.commands.append(command)

    def add(self, element: Element) -> None:
        match element:
            case Text():
                self._text(element)
            case Rule():
                self._text(Text("-" * self._profile.columns))
            case Qr():
                self._qr(element)
            case Feed(count):
                self.feed(count)

    def feed(self, count: int) -> None:
        count = min(max(count, 0), 255)
        self.height_dots += count * LINE_ROWS
        self.put(bytes((0x1B, 0x64, count)) if count else b"")

    def _text(self, text: Text) -> None:
        size = min(max(text.size, 1), 8)
        style = _Style(text.align, text.bold, size)
        for line in lines(clean(text.text), self._profile.columns // size):
            self.height_dots += max(24 * size, LINE_ROWS)
            if not self._drawn(line, style):
                coded = b"".join(map(self._code, line))
                self.put(self._turn(style) + coded + b"\n")

    def _code(self, char: str) -> bytes:
        known = code(char, self._profile.charset)
        if known is not None:
            return known
        self.missing[char] = None
        return code(BOX, self._profile.charset) or b"" if cells(char) else b""

    def _drawn(self, line: str, style: _Style) -> bool:
        """Put the line as an image, if the printer lacks one of its characters and the font has it and the others."""
        font = self._font
        if font is None:
            return False
        lacking = [char for char in line if code(char, self._profile.charset) is None]
        unknown = {char for char in line if font.glyph(char) is None}
        if unknown.issuperset(lacking) or not unknown.issubset(lacking):
            return False
        self.missing.update(dict.fromkeys(char for char in lacking if char in unknown))
        bitmap = text_bitmap(line, font, size=style.size, bold=style.bold)
        self.put(self._turn(replace(style, bold=False, size=1)))
        self.commands.extend(raster(bitmap))
        return True

    def _qr(self, qr: Qr) -> None:
        data = clean(qr.data)
        if not data:
            return
        modules = qr_modules(data)
        across = len(modules) + 2 * _QR_MARGIN
        module_dots = min(max(qr.module_dots, 1), 16, max(self._profile.dots // across, 1))
        self.height_dots += across * module_dots
        self.put(self._turn(_Style("centre")))
        if self._profile.native_qr:
            self.put(_native_qr(data.encode(), module_dots))
        else:
            self.commands.extend(raster(qr_bitmap(modules, module_dots)))

    def _turn(self, style: _Style) -> bytes:
        """What brings the printer from its style to this one."""
        old, self._style = self._style, style
        turn = b""
        if style.align != old.align:
            turn += bytes((0x1B, 0x61, _ALIGN[style.align]))
        if (style.bold, style.size) != (old.bold, old.size):
            # GS ! last: it knows sizes beyond two, the others would undo it.
            turn += bytes((0x1B, 0x21, 0x08 if style.bold else 0, 0x1C, 0x21, 0x0C if style.size > 1 else 0))
            turn += bytes((0x1D, 0x21, (style.size - 1) * 0x11))
        return turn


def _native_qr(data: bytes, module_dots: int) -> bytes:
    """GS ( k: model 2, module size, error correction M, store, print."""
    stored = (len(data) + 3).to_bytes(2, "little")
    return b"".join(
        (
            b"\x1d(k\x04\x001A2\0",
            b"\x1d(k\x03\x001C%c" % module_dots,
            b"\x1d(k\x03\x001E1",
            b"\x1d(k%b1P0%b" % (stored, data),
            b"\x1d(k\x03\x001Q0",
        )
    )
