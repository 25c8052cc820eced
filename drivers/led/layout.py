"""How a text goes onto a panel of a given size: still where it fits, else scrolled or page by page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from drivers.led import Colour, SignText
from drivers.led.glyphs import COLOURS, NEW_LINE, Charset, glyphs
from drivers.led.protocols.onbon import ALIGN_CENTRE, ALIGN_MIDDLE, MAX_AREA, Area, Effect, RunMode

Line = list[bytes]
Overflow = Literal["scroll", "page"]
# The fonts by height, Chinese and ASCII: maker's protocol v1.4, §11.1. A card starts with its 16-pixel fonts.
FONTS = {16: b"", 24: b"\\FO001\\FE001", 32: b"\\FO002\\FE002"}
_AREA_HEAD = 27  # §9.1, an area without voice and without text
_PAGE_STAY = 4  # half seconds: time to read four characters


@dataclass(frozen=True, slots=True)
class Panel:
    """One sign: its size in pixels and how it likes its text."""

    width: int = 64
    height: int = 16
    font: int = 16
    charset: Charset = "gb2312"
    colour: Colour | Literal["none"] | None = None
    """Overrides the content's colour; `none` sends no colour code."""
    overflow: Overflow = "scroll"
    speed: int = 4  # with stay 5 the pace of the published scrolling example (deanled.cn)
    stay: int = 5
    in_pixels: bool = False
    area: int = 0
    timeout_s: int | None = None
    """Overrides the content's timeout."""


def area(content: SignText, panel: Panel) -> Area:
    """The dynamic area that shows the content; blank by itself after the timeout."""
    lines = [glyphs(line, panel.charset) for line in content.text.split("\n")]
    columns = max(1, panel.width // (panel.font // 2))
    rows = max(1, panel.height // panel.font)
    head = _head(content, panel)
    if not _fits(lines, columns, rows):
        wrapped = [part for line in lines for part in _wrap(line, columns)]
        if _fits(wrapped, columns, rows) or panel.overflow == "page":
            lines = wrapped
        else:
            return _scrolled(head, lines, panel, content)
    paged = len(lines) > rows
    return Area(
        text=_cut(head, _joined(lines, NEW_LINE)),
        width=panel.width,
        height=panel.height,
        in_pixels=panel.in_pixels,
        id=panel.area,
        run_mode=RunMode.LOOP_THEN_BLANK,
        timeout_s=_timeout_s(content, panel),
        align=ALIGN_CENTRE | ALIGN_MIDDLE,
        multi_line=len(lines) > 1,
        stay=_PAGE_STAY if paged else 0x0A,
    )


def _scrolled(head: bytes, lines: list[Line], panel: Panel, content: SignText) -> Area:
    return Area(
        text=_cut(head, _joined(lines, b" ")),
        width=panel.width,
        height=panel.height,
        in_pixels=panel.in_pixels,
        id=panel.area,
        run_mode=RunMode.LOOP_THEN_BLANK,
        timeout_s=_timeout_s(content, panel),
        align=ALIGN_MIDDLE,
        effect=Effect.LEFT,
        speed=panel.speed,
        stay=panel.stay,
    )


def _head(content: SignText, panel: Panel) -> bytes:
    colour = panel.colour or content.colour
    return FONTS[panel.font] + (b"" if colour == "none" else COLOURS[colour])


def _timeout_s(content: SignText, panel: Panel) -> int:
    return content.timeout_s if panel.timeout_s is None else panel.timeout_s


def _fits(lines: list[Line], columns: int, rows: int) -> bool:
    return len(lines) <= rows and all(_columns(line) <= columns for line in lines)


def _columns(line: Line) -> int:
    return sum(len(glyph) for glyph in line)


def _wrap(line: Line, columns: int) -> list[Line]:
    """Cut where a line is full, at the last space of it where there is one."""
    parts: list[Line] = []
    current: Line = []
    for glyph in line:
        if _columns(current) + len(glyph) > columns and current:
            current, rest = _broken(current, glyph)
            parts.append(current)
            current = rest
        else:
            current.append(glyph)
    return [*parts, current]


def _broken(full: Line, following: bytes) -> tuple[Line, Line]:
    if following == b" ":
        return full, []
    if b" " in full[1:]:
        last = len(full) - 1 - full[::-1].index(b" ")
        return full[:last], [*full[last + 1 :], following]
    return full, [following]


def _joined(lines: list[Line], between: bytes) -> Line:
    joined: Line = []
    for number, line in enumerate(lines):
        joined += [between, *line] if number else line
    return joined


def _cut(head: bytes, text: Line) -> bytes:
    """No more than a card's area holds, cut between characters."""
    room = MAX_AREA - _AREA_HEAD - len(head)
    cut = bytearray(head)
    for glyph in text:
        if len(glyph) > room:
            break
        cut += glyph
        room -= len(glyph)
    return bytes(cut) or b" "  # a blank sign is an area that shows a space, not one without data
