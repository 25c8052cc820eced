"""The slip (号票纸) that a citizen takes along: a ticket as lines of paper, made for old eyes.

What is asked for most often stands largest: the number, then where to go and how many people are before. Widths are in
columns, the printer's narrow characters; a Chinese character takes two, and grows with the line's size.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Final

from wcwidth import wcwidth

BIG: Final = 2
"""Size of everything that has to be read at arm's length."""
_NUMBER_SHARE: Final = 0.75  # of the paper's width: larger looks crowded, and costs paper
_NUMBER_SIZE: Final = 8  # GS ! knows sizes 1 to 8
_LINES_AT_MOST: Final = 3  # a name that takes more lines at a size is set smaller
_QR_DOTS_PER_COLUMN: Final = 12
_QR_SHARE: Final = 0.5
_QR_MODULES: Final = 37  # version 3 with its margin: an address of up to 42 bytes
_NO_LINE_START: Final = "，。、；：！？）】》”’·—…,.;:!?)]}"
_NO_LINE_END: Final = "（【《“‘([{"


@dataclass(frozen=True, slots=True)
class SlipView:
    """What a slip tells about its ticket."""

    number: str
    service_name: str
    issued_at: datetime
    """Aware, in the hall's own time."""
    ahead: int
    estimate_s: float | None
    windows: tuple[int, ...]
    qr_url: str
    """Where the ticket's QR code leads; empty for none."""
    hall_name: str
    priority_label: str | None = None
    reprint: bool = False
    slip_code: str | None = None
    """What a rating by phone or tablet must carry."""


@dataclass(frozen=True, slots=True)
class Line:
    """One centred line; `size` multiplies height and width."""

    text: str
    size: int = 1
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Gap:
    """One empty line of size 1."""


@dataclass(frozen=True, slots=True)
class Divider:
    """A line across the paper."""


@dataclass(frozen=True, slots=True)
class Code:
    """A QR code."""

    data: str
    module_dots: int


SlipElement = Line | Gap | Divider | Code


def slip(view: SlipView, columns: int) -> tuple[SlipElement, ...]:
    """The slip for paper of so many columns: 32 on 58 mm, 48 on 80 mm."""
    return (
        *_lines(view.hall_name, columns, BIG if _fits(view.hall_name, columns, BIG) else 1, bold=True),
        Divider(),
        *_marks(view, columns),
        Line(view.number, _number_size(view.number, columns), bold=True),
        Gap(),
        *_lines(view.service_name, columns, BIG, bold=True),
        Divider(),
        *_way(view, columns),
        Divider(),
        *_code(view, columns),
        *_rating_code(view, columns),
        *_advice(columns),
        Line(f"取号时间 {view.issued_at:%Y-%m-%d %H:%M}"),
    )


def _marks(view: SlipView, columns: int) -> list[Line]:
    """What sets this ticket apart, above its number."""
    marks = [f"【{view.priority_label}优先】"] if view.priority_label else []
    if view.reprint:
        marks.append("【补打】")
    one = "".join(marks)
    rows = [one] if _fits(one, columns, BIG) else marks
    return [line for row in rows for line in _lines(row, columns, BIG, bold=True)]


def _number_size(number: str, columns: int) -> int:
    return min(max(int(columns * _NUMBER_SHARE) // max(cells(number), 1), BIG), _NUMBER_SIZE)


def _way(view: SlipView, columns: int) -> list[SlipElement]:
    """Where to go, how many are before, how long it takes."""
    where = f"请到{window_names(view.windows)}号窗口" if view.windows else "窗口请看叫号屏"
    ahead = f"前面还有{view.ahead}人" if view.ahead > 0 else "前面无人等候"
    way: list[SlipElement] = [*_lines(where, columns, BIG, bold=True), Gap(), *_lines(ahead, columns, BIG)]
    if view.estimate_s is not None and view.ahead > 0:
        way += [Gap(), *_lines(f"约等{duration(view.estimate_s)}", columns, BIG)]
    return way


def _code(view: SlipView, columns: int) -> list[SlipElement]:
    if not view.qr_url:
        return []
    module_dots = int(columns * _QR_DOTS_PER_COLUMN * _QR_SHARE) // _QR_MODULES
    # Empty lines around the code: it needs a light margin of four modules (ISO/IEC 18004).
    return [Gap(), Code(view.qr_url, module_dots), Gap(), Line("手机扫码 查看排队 评价服务")]


def _rating_code(view: SlipView, columns: int) -> list[SlipElement]:
    if view.slip_code is None:
        return []
    code = _lines(f"评价码 {view.slip_code}", columns, BIG, bold=True)
    return [Gap(), *code, Line("手机评价时填写，请勿告诉他人"), Gap()]


def _advice(columns: int) -> list[Line]:
    return [line for text in ("请留意叫号屏和语音叫号", "过号请到咨询台") for line in _lines(text, columns, 1)]


def window_names(numbers: Sequence[int]) -> str:
    """Window numbers as people say them: `3、4`, and `3至6、9` for a row of three or more."""
    names: list[str] = []
    for _, run in groupby(enumerate(sorted(set(numbers))), key=lambda place: place[1] - place[0]):
        row = [number for _, number in run]
        names += [f"{row[0]}至{row[-1]}"] if len(row) > 2 else map(str, row)
    return "、".join(names)


def duration(seconds: float) -> str:
    """A wait in whole minutes, rounded up: nobody minds to come too early."""
    minutes = max(-int(-seconds // 60), 1)
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{minutes}分钟"
    return f"{hours}小时{rest}分钟" if rest else f"{hours}小时"


def cells(text: str) -> int:
    """Columns at size 1: what is not ASCII is printed from the Chinese font, two wide, `·` and `…` too."""
    return sum(1 if char.isascii() else 2 for char in text if wcwidth(char) > 0)


def _fits(text: str, columns: int, size: int) -> bool:
    return cells(text) * size <= columns


def _lines(text: str, columns: int, size: int, *, bold: bool = False) -> list[Line]:
    """The text in lines of one size: smaller where it would take more than three."""
    while size > 1 and len(wrap(text, columns // size)) > _LINES_AT_MOST:
        size -= 1
    return [Line(line, size, bold) for line in wrap(text, columns // size)]


def wrap(text: str, columns: int) -> list[str]:
    """Break text into as few lines as needed, about equally long, where the sense breaks if that is near.

    Never before closing marks, after opening marks or within a word, unless that alone is wider than a line.
    """
    units = _units(text, columns)
    count = _count(units, columns)
    aim = -(-cells(text) // max(count, 1))
    best: dict[int, _Broken] = {0: _Broken(0, ())}  # by how many units are used up
    for _ in range(count):
        reached: dict[int, _Broken] = {}
        for start, broken in best.items():
            for end, line in _next_lines(units, start, columns):
                cost = broken.cost + (cells(line) - aim) ** 2 + _break_cost(units, end, columns)
                if end not in reached or cost < reached[end].cost:
                    reached[end] = _Broken(cost, (*broken.lines, line))
        best = reached
    return list(best[len(units)].lines)


@dataclass(frozen=True, slots=True)
class _Broken:
    cost: int
    lines: tuple[str, ...]


def _next_lines(units: Sequence[str], start: int, columns: int) -> Iterator[tuple[int, str]]:
    """Each line that can begin at this unit, with the unit after it."""
    for end in range(start + 1, len(units) + 1):
        line = "".join(units[start:end]).strip()
        if cells(line) > columns:
            return
        yield end, line


def _break_cost(units: Sequence[str], at: int, columns: int) -> int:
    """Nothing at a mark or a space; elsewhere as much as a line a quarter too short or too long."""
    if at == len(units) or units[at - 1][-1] in _NO_LINE_START + " " or units[at][0] in _NO_LINE_END:
        return 0
    return (columns // 4) ** 2


def _count(units: Sequence[str], columns: int) -> int:
    """How many lines it takes at least."""
    count = start = 0
    while start < len(units):
        start = max(end for end, _ in _next_lines(units, start, columns))
        count += 1
    return count


def _units(text: str, columns: int) -> list[str]:
    """The pieces between which a line may break: Chinese characters with their marks, and whole words.

    What takes no place stays with what it stands on: it would end no line, and only make more ways to try.
    """
    units: list[str] = []
    for char in text:
        last = units[-1] if units else ""
        if last and (not cells(char) or (_joins(last, char) and cells(last + char) <= columns)):
            units[-1] += char
        else:
            units.append(char)
    return units


def _joins(last: str, char: str) -> bool:
    if char in _NO_LINE_START or last[-1] in _NO_LINE_END:
        return True
    return last[-1].isascii() and char.isascii() and last[-1] != " "
