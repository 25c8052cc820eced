"""Cases from a CSV table, of an approval system or written by hand: bad rows are told by line, good ones are taken.

A row receives a case; of one that is known it records what is new: complete materials, the close. The same row twice
changes nothing, so that a whole year's table may be taken each evening.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from hub.domain import casework
from hub.domain import events as e
from hub.domain.casework import Filing, Opening
from hub.domain.model import Setup
from hub.errors import BadValue, StateForbids
from hub.eventlog import EventLog

COLUMNS: Final[Mapping[str, str]] = {
    "办件编号": "case",
    "类型": "kind",
    "业务": "service",
    "部门": "department",
    "窗口": "window",
    "工号": "clerk",
    "收件日期": "day",
    "承诺工作日": "promised",
    "法定工作日": "statutory",
    "绿色通道": "green",
    "补齐日期": "materials",
    "办结日期": "closed",
    "结果": "outcome",
}
"""Heads of the table, in Chinese or by the names on the right."""
NEEDED: Final = ("办件编号", "类型", "业务", "收件日期")
ENCODINGS: Final = ("utf-8-sig", "gb18030")
_HEAD_OF: Final = {name: head for head, name in COLUMNS.items()}
_YES: Final = {"是": True, "yes": True, "1": True, "√": True, "否": False, "no": False, "0": False, "": False}
_KIND_OF: Final = {
    word: kind for kind, name in casework.KINDS.items() for word in (kind, name, name.removesuffix("件"))
}
_OUTCOME_OF: Final = {word: outcome for outcome, name in casework.OUTCOMES.items() for word in (outcome, name)} | {
    "撤回": "withdrawn",
    "驳回": "refused",
}
_LONGEST: Final = 64
_MOST_DAYS: Final = 3650
_DATE: Final = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?: \d{1,2}:\d\d(?::\d\d)?)?|(\d{4})(\d\d)(\d\d)")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a row; lines count from 1, the heads' being the first."""

    line: int
    column: str
    reason: str

    def __str__(self) -> str:
        where = f"{self.column}：" if self.column else ""
        return f"第 {self.line} 行：{where}{self.reason}"


@dataclass(slots=True)
class Taken:
    """What became of a table."""

    received: int = 0
    updated: int = 0
    unchanged: int = 0
    faults: list[Fault] = field(default_factory=list)


Row = tuple[int, dict[str, str]]


class _BadRow(Exception):
    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column
        self.reason = reason


def rows(data: bytes) -> Iterator[Row | Fault]:
    """A table's rows by the names of `COLUMNS`; BadValue where it is none or lacks a needed column."""
    text = _decoded(data)
    table = csv.reader(io.StringIO(text, newline=""), strict=False)
    heads = [head.strip() for head in next(table, [])]
    names = [COLUMNS.get(head, head if head in _HEAD_OF else "") for head in heads]
    missing = [head for head in NEEDED if COLUMNS[head] not in names]
    if missing:
        expected = f"首行为列名的 CSV 表，须有 {'、'.join(NEEDED)} (a CSV table with these heads)"
        raise BadValue("FILE.csv", expected, f"缺少 {'、'.join(missing)} (missing)")
    try:
        for cells in table:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) > len(heads) and any(cell.strip() for cell in cells[len(heads) :]):
                yield Fault(table.line_num, "", f"有 {len(cells)} 格，列名只有 {len(heads)} 个 (too many cells)")
                continue
            values = {name: cell.strip() for name, cell in zip(names, cells, strict=False) if name}
            yield table.line_num, values
    except csv.Error as error:
        yield Fault(table.line_num, "", f"不是 CSV：{error}，其后各行未读 (no CSV from here)")


def known_filings(log: EventLog) -> dict[str, Filing]:
    """Every case of the log, also those that were closed long ago or at once. Blocks while it reads."""
    filings: dict[str, Filing] = {}
    for recorded in log.replay(kinds=tuple(kind.kind for kind in casework.CASE_FACTS)):
        casework.fold(filings, recorded.fact)
    return filings


def facts_of(
    row: dict[str, str], known: Mapping[str, Filing], setup: Setup, today: date, by: str
) -> tuple[list[e.Fact], bool]:
    """The facts of one row, and whether it is a new case; none where it says nothing new. _BadRow."""
    case = row.get("case", "")
    if not case:
        raise _BadRow("办件编号", "空缺 (missing)")
    if len(case) > _LONGEST or not case.isprintable():
        raise _BadRow("办件编号", f"应为不超过 {_LONGEST} 个可见字符 (too long, or unprintable)")
    one = known.get(case)
    opening = _opening(case, row, setup, today)
    facts: list[e.Fact] = []
    if one is None:
        facts += _tried("", lambda: casework.opened(opening, {}, setup.calendar, by))
        one = _folded(case, facts)
    elif (one.kind, one.service, one.day) != (opening.kind, opening.service, opening.day.isoformat()):
        was = f"{casework.KINDS.get(one.kind, one.kind)}、{one.service}、{one.day}"
        raise _BadRow("办件编号", f"已登记为另一件：{was} (the number is another case's)")
    is_new = bool(facts)
    facts += _later(row, one, setup, today, by)
    return facts, is_new


def take(
    table: Iterable[Row | Fault], known: dict[str, Filing], setup: Setup, today: date, by: str, taken: Taken
) -> Iterator[list[e.Fact]]:
    """The facts of each good row; counts and faults go to `taken`. `known` is folded along."""
    for row in table:
        if isinstance(row, Fault):
            taken.faults.append(row)
            continue
        line, values = row
        try:
            facts, is_new = facts_of(values, known, setup, today, by)
        except _BadRow as bad:
            taken.faults.append(Fault(line, bad.column, bad.reason))
            continue
        if not facts:
            taken.unchanged += 1
            continue
        taken.received += is_new
        taken.updated += not is_new
        for fact in facts:
            casework.fold(known, fact)
        yield facts


def _opening(case: str, row: dict[str, str], setup: Setup, today: date) -> Opening:
    kind = _KIND_OF.get(row.get("kind", ""))
    if kind is None:
        raise _BadRow("类型", f"应为 {'、'.join(casework.KINDS.values())}，实为“{row.get('kind', '')}” (unknown kind)")
    asked = row.get("service", "")
    named = {service.name: code for code, service in setup.services.items()}
    code = asked if asked in setup.services else named.get(asked)
    if code is None:
        raise _BadRow("业务", f"hall.toml 里没有业务“{asked}” (unknown service)")
    service = setup.services[code]
    day = _day("收件日期", row.get("day", ""), None, today)
    if day is None:
        raise _BadRow("收件日期", "空缺 (missing)")
    window = _window(row.get("window", ""), setup)
    department = row.get("department", "") or ("" if window is None else setup.windows[window].department)
    if not department:
        raise _BadRow("部门", "部门和窗口至少填一个 (a department or a window)")
    clerk = row.get("clerk", "") or None
    if clerk is not None and setup.clerks and clerk not in setup.clerks:
        raise _BadRow("工号", f"hall.toml 里没有工号“{clerk}” (unknown clerk)")
    promised = _term("承诺工作日", row.get("promised", ""), service.promised_days)
    statutory = _term("法定工作日", row.get("statutory", ""), service.statutory_days)
    if promised is not None and statutory is not None and promised > statutory:
        raise _BadRow("承诺工作日", f"{promised} 天，多于法定的 {statutory} 天 (more than the law gives)")
    green = _YES.get(row.get("green", "").lower())
    if green is None:
        raise _BadRow("绿色通道", f"应为 是 或 否，实为“{row['green']}” (yes or no)")
    if green and statutory is None:
        raise _BadRow("绿色通道", "须有法定工作日 (needs the statutory days)")
    return Opening(case, kind, code, department, day, window, clerk, None, promised, statutory, green)


def _later(row: dict[str, str], one: Filing, setup: Setup, today: date, by: str) -> list[e.Fact]:
    """What a row says beyond the receipt, as far as it is new."""
    facts: list[e.Fact] = []
    received = date.fromisoformat(one.day)
    materials = _day("补齐日期", row.get("materials", ""), received, today)
    if materials is not None and one.kind != "supplement":
        raise _BadRow("补齐日期", "只有补办件填补齐日期 (only of a supplement case)")
    if materials is not None and one.materials is None:
        facts += _tried("补齐日期", lambda: casework.completed(one, materials, today, setup.calendar, by))
        one = _folded(one.case, facts, one)
    elif materials is not None and one.materials != materials.isoformat():
        raise _BadRow("补齐日期", f"已登记为 {one.materials} (recorded otherwise)")
    said = row.get("outcome", "")
    outcome = _OUTCOME_OF.get(said or "办结")
    if outcome is None:
        raise _BadRow("结果", f"应为 {'、'.join(casework.OUTCOMES.values())}，实为“{said}” (unknown outcome)")
    closed = _day("办结日期", row.get("closed", ""), received, today)
    if closed is None:
        if said:
            raise _BadRow("办结日期", "有结果而没有办结日期 (missing)")
        return facts
    if one.closed is not None:
        if (one.closed, one.outcome) != (closed.isoformat(), outcome):
            was = f"{one.closed} {casework.OUTCOMES.get(one.outcome, one.outcome)}"
            raise _BadRow("办结日期", f"已登记为 {was} (recorded otherwise)")
        return facts
    return [*facts, *_tried("办结日期", lambda: casework.closed(one, outcome, "", closed, today, by))]


def _tried(column: str, make: Callable[[], list[e.Fact]]) -> list[e.Fact]:
    try:
        return make()
    except BadValue as error:
        raise _BadRow(column or _HEAD_OF.get(error.field, error.field), f"应为{error.expected}") from None
    except StateForbids as error:
        raise _BadRow(column, error.detail) from None


def _folded(case: str, facts: list[e.Fact], one: Filing | None = None) -> Filing:
    filings = {} if one is None else {case: casework.copied(one)}
    for fact in facts:
        casework.fold(filings, fact)
    return filings[case]


def _day(column: str, text: str, first: date | None, today: date) -> date | None:
    if not text:
        return None
    found = _DATE.fullmatch(text)
    try:
        day = date(*(int(part) for part in found.groups() if part)) if found else None
    except ValueError:
        day = None
    if day is None:
        raise _BadRow(column, f"不是日期：“{text}”，应如 2026-11-02 (no date)")
    if first is not None and day < first:
        raise _BadRow(column, f"{day} 早于收件日期 {first} (before the receipt)")
    if day > today:
        raise _BadRow(column, f"{day} 晚于今天 {today} (in the future)")
    return day


def _window(text: str, setup: Setup) -> int | None:
    if not text:
        return None
    number = text.removesuffix("号").removesuffix("号窗口")
    if not number.isdecimal():
        raise _BadRow("窗口", f"应为窗口号，实为“{text}” (a window's number)")
    if int(number) not in setup.windows:
        raise _BadRow("窗口", f"hall.toml 里没有 {int(number)} 号窗口 (unknown window)")
    return int(number)


def _term(column: str, text: str, usual: int | None) -> int | None:
    if not text:
        return usual
    if not text.isdecimal() or int(text) > _MOST_DAYS:
        raise _BadRow(column, f"应为 0 至 {_MOST_DAYS} 的整数，实为“{text}” (working days)")
    return int(text)


def _decoded(data: bytes) -> str:
    for encoding in ENCODINGS:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadValue("FILE.csv", "UTF-8 或 GB18030 编码的 CSV (a CSV file)", "无法识别的编码 (unknown encoding)")
