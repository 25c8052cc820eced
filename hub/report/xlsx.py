"""A quarter's workbook: 汇总 (windows), 工作人员, 明细 (points), 依据 (evidence), 口径 (decisions).

Rates and sums are formulas with their values beside them, so that every number can be walked back; a rate under the
rules' limit is red. What is typed into the log stays text: nothing of it becomes a formula or a link.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any, Final

import xlsxwriter
from wcwidth import wcswidth
from xlsxwriter.utility import xl_rowcol_to_cell

from hub.domain.assessment import Points, Result, shown
from hub.domain.rates import Share
from hub.domain.rules import Sheet
from hub.report.paper import Paper, is_below, plain
from hub.report.tables import by_key, decisions

SUMMARY, CLERKS, DETAILS, EVIDENCE, DECISIONS = "汇总", "工作人员", "明细", "依据", "口径"
_TITLE_ROW, _NOTE_ROW, _HEAD_ROW = 0, 1, 2
_A4: Final = 9
_SOURCES: Final = {"entered": "录入", "computed": "计算", "full": "满分"}
_RESULT: Final = (
    ("名次", 6), ("编号", 9), ("名称", 18), ("部门", 24), ("办结", 8), ("应评", 8), ("已评", 8), ("评议率", 10),
    ("计满意率", 10), ("满意", 8), ("满意率", 10), ("查实不满意", 12), ("评议率得分", 12), ("满意率得分", 12),
    ("总分", 8), ("取消资格条款", 20), ("奖项", 12),
)  # fmt: skip
_KEY, _RATED, _SATISFIED = 1, 7, 10
_LINE_PT: Final = 14
_DETAIL: Final = (
    ("对象", 10), ("编号", 9), ("名称", 18), ("部门", 24), ("级别", 6), ("条款", 10), ("内容", 58), ("满分", 8),
    ("得分", 8), ("来源", 8), ("备注", 20),
)  # fmt: skip
_POINTS = 8


@dataclass(frozen=True, slots=True)
class _Value:
    """A cell whose number is also a formula; `formula` empty: only the number."""

    number: float
    formula: str = ""
    style: str = "number"


Where = Mapping[tuple[bool, str, str], str]
"""(Of a clerk?, subject, code) → the cell of 明细 with these points; sections' codes begin with §."""


def workbook(paper: Paper) -> bytes:
    """The file; the same paper gives the same bytes."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    as_of = paper.quarter.as_of
    book.set_properties({
        "title": paper.title, "company": paper.hall, "comments": f"SHA-256 {paper.sha256}",
        "created": datetime(as_of.year, as_of.month, as_of.day),  # noqa: DTZ001 - xlsx knows no zones
    })  # fmt: skip
    writer = _Writer(book, paper)
    sheets = {name: book.add_worksheet(name) for name in (SUMMARY, CLERKS, DETAILS, EVIDENCE, DECISIONS)}
    rows, where = _details(paper)
    rules = paper.quarter.rules
    windows = [_result(one, paper, rules.windows, where, is_clerk=False) for one in paper.result.windows]
    clerks = [_result(one, paper, rules.clerks, where, is_clerk=True) for one in paper.result.clerks]
    foot = writer.table(sheets[SUMMARY], SUMMARY, _RESULT, windows)
    writer.chart(sheets[SUMMARY], foot + 1, len(windows))
    writer.table(sheets[CLERKS], CLERKS, _RESULT, clerks)
    writer.table(sheets[DETAILS], DETAILS, _DETAIL, rows, is_bold=lambda row: row[4] == "节")
    evidence = (("对象", 12), ("条款", 14), ("事项", 40), ("日期", 14), ("备注", 60))
    writer.table(sheets[EVIDENCE], EVIDENCE, evidence, list(_evidence(paper)))
    terms = [(one, rules.decisions[str(one[0])]) for one in list(decisions(paper.quarter, paper.result))[1:]]
    decided = [(*one, decision.article, decision.text) for one, decision in terms]
    silent = (("代号", 26), ("取值", 20), ("处理", 60), ("条款", 18), ("条文", 60))
    foot = writer.table(sheets[DECISIONS], DECISIONS, silent, decided)
    writer.facts(sheets[DECISIONS], foot + 1)
    book.close()
    return out.getvalue()


class _Writer:
    """Sheets of one look."""

    def __init__(self, book: Any, paper: Paper) -> None:  # noqa: ANN401 - the library has no types
        self._book = book
        self._paper = paper
        cell: dict[str, object] = {
            "font_name": "宋体",
            "font_size": 10.5,
            "valign": "vcenter",
            "border": 1,
            "border_color": "#BFBFBF",
        }
        low: dict[str, object] = {"font_color": "#C00000", "bold": True}
        looks: dict[str, dict[str, object]] = {
            "text": {"text_wrap": True, "indent": 1},
            "center": {"align": "center"},
            "number": {"align": "right"},
            "rate": {"align": "right", "num_format": "0.00%"},
            "low": {"align": "right", "num_format": "0.00%", **low},
            "head": {"bold": True, "align": "center", "text_wrap": True, "bg_color": "#DCE6F1"},
            "bold_text": {"bold": True, "text_wrap": True, "indent": 1, "bg_color": "#F2F2F2"},
            "bold_number": {"bold": True, "align": "right", "bg_color": "#F2F2F2"},
            "title": {"font_name": "黑体", "font_size": 16, "border": 0},
            "note": {"border": 0, "text_wrap": True, "font_color": "#595959"},
            "alarm": {"border": 0, "text_wrap": True, **low},
        }
        self._styles = {name: book.add_format(cell | look) for name, look in looks.items()}

    def table(
        self,
        sheet: Any,  # noqa: ANN401
        name: str,
        columns: Sequence[tuple[str, int]],
        rows: Sequence[Sequence[object]],
        is_bold: Callable[[Sequence[object]], bool] = lambda _: False,
    ) -> int:
        """Title, note, head and rows; the row after them."""
        paper = self._paper
        sheet.set_row(_TITLE_ROW, 26)
        sheet.write_string(_TITLE_ROW, 0, f"{paper.hall} {paper.quarter_name}考核 · {name}", self._styles["title"])
        rules, (begin, end) = paper.quarter.rules, paper.days
        note = (
            f"{begin} 至 {end}；{plain(paper.clause)}；规则集 {rules.id} 第 {rules.version} 版；SHA-256 {paper.sha256}"
        )
        said = f"{paper.alarm}；{note}" if paper.alarm else note
        sheet.merge_range(_NOTE_ROW, 0, _NOTE_ROW, len(columns) - 1, "", self._styles["note"])
        sheet.write_string(_NOTE_ROW, 0, said, self._styles["alarm" if paper.alarm else "note"])
        sheet.set_row(_NOTE_ROW, _LINE_PT * _lines(said, sum(width for _, width in columns)) + 6)
        sheet.set_row(_HEAD_ROW, 32)
        for at, (title, width) in enumerate(columns):
            sheet.set_column(at, at, width)
            sheet.write_string(_HEAD_ROW, at, title, self._styles["head"])
        for y, row in enumerate(rows, _HEAD_ROW + 1):
            prefix = "bold_" if is_bold(row) else ""
            sheet.set_row(y, _LINE_PT * max(map(_lines, row, (width for _, width in columns))) + 3)
            for x, value in enumerate(row):
                self._write(sheet, y, x, value, prefix)
        end_row = _HEAD_ROW + len(rows)
        sheet.freeze_panes(_HEAD_ROW + 1, 3 if len(columns) > 5 else 1)
        if rows:
            sheet.autofilter(_HEAD_ROW, 0, end_row, len(columns) - 1)
        self._print(sheet, name)
        return end_row + 1

    def chart(self, sheet: Any, row: int, count: int) -> None:  # noqa: ANN401
        """Rates per window as points, and the limit as a line."""
        if not count:
            return
        chart, limit = self._book.add_chart({"type": "line"}), self._paper.chart.limit
        first, last = _HEAD_ROW + 1, _HEAD_ROW + count
        for column, kind, colour in ((_RATED, "circle", "#1F4E79"), (_SATISFIED, "diamond", "#C55A11")):
            chart.add_series({
                "name": [SUMMARY, _HEAD_ROW, column],
                "categories": [SUMMARY, first, _KEY, last, _KEY],
                "values": [SUMMARY, first, column, last, column],
                "line": {"none": True},
                "marker": {"type": kind, "size": 8, "fill": {"color": colour}, "border": {"color": colour}},
            })  # fmt: skip
        if limit is not None:
            sheet.write_string(_HEAD_ROW, len(_RESULT), "界线", self._styles["head"])
            for y in range(first, last + 1):
                sheet.write_number(y, len(_RESULT), float(limit), self._styles["rate"])
            chart.add_series({
                "name": f"取消资格界线 {float(limit):.0%}",
                "values": [SUMMARY, first, len(_RESULT), last, len(_RESULT)],
                "line": {"color": "#C00000", "width": 1.25, "dash_type": "dash"},
                "marker": {"type": "none"},
            })  # fmt: skip
        shares = [share for one in self._paper.result.windows for share in (one.rated_share, one.satisfied_share)]
        lowest = min([share for share in (*shares, limit) if share is not None], default=Fraction(0))
        chart.set_title({"name": self._paper.chart.title, "name_font": {"size": 12}})
        chart.set_y_axis({"min": max(0, lowest * 10 // 1 - (lowest * 10 % 1 == 0)) / 10, "max": 1, "num_format": "0%",
                          "major_gridlines": {"visible": True, "line": {"color": "#D9D9D9"}}})  # fmt: skip
        chart.set_x_axis({"name": f"{self._paper.unit}（按名次）"})
        chart.set_legend({"position": "bottom"})
        chart.set_size({"width": max(720, min(1400, 24 * count)), "height": 420})
        sheet.insert_chart(row, 0, chart, {"description": self._paper.chart.title})

    def facts(self, sheet: Any, row: int) -> None:  # noqa: ANN401
        """What the papers say of themselves."""
        for y, (label, text) in enumerate(self._paper.facts, row):
            sheet.write_string(y, 0, label, self._styles["bold_text"])
            sheet.merge_range(y, 1, y, 2, "", self._styles["text"])
            sheet.write_string(y, 1, text, self._styles["text"])
            sheet.set_row(y, 30 if len(text) > 50 else 18)

    def _write(self, sheet: Any, y: int, x: int, value: object, prefix: str) -> None:  # noqa: ANN401
        match value:
            case _Value():
                style = self._styles.get(prefix + value.style, self._styles[value.style])
                if value.formula:
                    sheet.write_formula(y, x, value.formula, style, value.number)
                else:
                    sheet.write_number(y, x, value.number, style)
            case int():
                sheet.write_number(y, x, value, self._styles["center" if x <= _KEY else f"{prefix}number"])
            case _ if value in {None, ""}:
                sheet.write_blank(y, x, None, self._styles[f"{prefix}text"])
            case _:
                sheet.write_string(y, x, plain(str(value)), self._styles[f"{prefix}text"])

    def _print(self, sheet: Any, name: str) -> None:  # noqa: ANN401
        sheet.set_landscape()
        sheet.set_paper(_A4)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(_HEAD_ROW)
        sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
        sheet.set_footer(f"&L{self._paper.name} {name}&C第 &P 页，共 &N 页&RSHA-256 {self._paper.sha256[:16]}…")


def _lines(value: object, width: int) -> int:
    """How many lines a text takes in a column: no program but Excel finds that by itself."""
    cells = max(0, wcswidth(plain(value))) if isinstance(value, str) else 0
    return max(1, -(-cells // max(1, width - 2)))


def _result(one: Result, paper: Paper, sheet: Sheet, where: Where, *, is_clerk: bool) -> Sequence[object]:
    rules, who, limit = paper.quarter.rules, one.subject, paper.limit(sheet)
    of = paper.result.clerks if is_clerk else paper.result.windows
    y = _HEAD_ROW + 1 + of.index(one)
    rated, satisfied = one.counts.rated_share(rules), one.counts.satisfied_share(rules)
    sections = [(part, where[is_clerk, who.key, f"§{part.code}"]) for part in one.sections]
    return (
        one.rank,
        int(who.key) if who.key.isdecimal() and not is_clerk else who.key,
        who.name,
        who.department,
        one.counts.finished,
        rated.n,
        rated.k,
        _rate(one.rated_share, rated, (y, _RATED - 1, _RATED - 2), limit),
        satisfied.n,
        satisfied.k,
        _rate(one.satisfied_share, satisfied, (y, _SATISFIED - 1, _SATISFIED - 2), limit),
        one.dissatisfied,
        *(_measured(one, sheet, name, where, is_clerk=is_clerk) for name in ("rated_share", "satisfied_share")),
        _sum(one.total, [part.points for part in one.sections], "+".join(cell for _, cell in sections)),
        "、".join(one.reasons),
        one.award,
    )


def _rate(share: Fraction | None, counted: Share, at: tuple[int, int, int], limit: Fraction | None) -> _Value | None:
    """Truncated to hundredths of a percent; a formula where it is the row's own counts that make it."""
    if share is None:
        return None
    y, k, n = at
    over, under = xl_rowcol_to_cell(y, k), xl_rowcol_to_cell(y, n)
    formula = f'=IF({under}=0,"",QUOTIENT({over}*10000,{under})/10000)' if share == counted.value else ""
    return _Value((share * 10_000 // 1) / 10_000, formula, "low" if is_below(share, limit) else "rate")


def _measured(one: Result, sheet: Sheet, measure: Any, where: Where, *, is_clerk: bool) -> _Value | None:  # noqa: ANN401
    """The points that a rate makes, from where they stand."""
    points = one.points_of(measure, sheet)
    if points is None:
        return None
    code = next(item.code for section in sheet.sections for item in section.items if item.measure == measure)
    return _Value(float(shown(points)), f"={where[is_clerk, one.subject.key, code]}")


def _details(paper: Paper) -> tuple[list[Sequence[object]], dict[tuple[bool, str, str], str]]:
    """Every section and its items for every subject, and where their points stand."""
    rows: list[Sequence[object]] = []
    where: dict[tuple[bool, str, str], str] = {}
    rules = paper.quarter.rules
    for is_clerk, ones, sheet in (
        (False, paper.result.windows, rules.windows),
        (True, paper.result.clerks, rules.clerks),
    ):
        for one in sorted(ones, key=by_key):
            who = ("工作人员" if is_clerk else paper.unit, one.subject.key, one.subject.name, one.subject.department)
            items = {item.code: item for item in one.items}
            for part, section in zip(one.sections, sheet.sections, strict=True):
                mine = [items[item.code] for item in section.items]
                y = _HEAD_ROW + 1 + len(rows)
                where[is_clerk, one.subject.key, f"§{part.code}"] = _at(y)
                rows.append((*who, "节", part.code, section.title, *_points(part, _section(part, mine, y))))
                for n, (item, stated) in enumerate(zip(mine, section.items, strict=True), 1):
                    where[is_clerk, one.subject.key, item.code] = _at(y + n)
                    rows.append((*who, "项", item.code, stated.text, *_points(item, _sum(item.points, [], ""))))
    return rows, where


def _at(y: int) -> str:
    return f"'{DETAILS}'!{xl_rowcol_to_cell(y, _POINTS)}"


def _points(points: Points, value: _Value) -> Iterator[object]:
    yield from (_sum(points.full, [], ""), value, _SOURCES[points.source], points.mark)


def _section(part: Points, items: Sequence[Points], y: int) -> _Value:
    """A section is the sum of its items and what its heading promises beyond them, unless it was entered as a whole."""
    spare = part.full - sum((item.full for item in items), Fraction(0))
    added = [item.points for item in items]
    if sum(added, spare) != part.points:
        return _sum(part.points, [], "")
    span = f"{xl_rowcol_to_cell(y + 1, _POINTS)}:{xl_rowcol_to_cell(y + len(items), _POINTS)}"
    return _sum(part.points, added, f"SUM({span})" + (f"+{shown(spare)}" if spare else ""))


def _sum(points: Fraction, parts: Sequence[Fraction], formula: str) -> _Value:
    """A number of points as people see it; where hundredths don't say it all, the fraction itself truncated."""
    if all(part * 100 % 1 == 0 for part in (points, *parts)):
        return _Value(float(points), f"={formula}" if formula else "")
    return _Value(float(shown(points)), f"=TRUNC({points.numerator}/{points.denominator},2)")


def _evidence(paper: Paper) -> Iterator[Sequence[object]]:
    for ones in (paper.result.windows, paper.result.clerks):
        for one in sorted(ones, key=by_key):
            for found in one.evidence:
                yield one.subject.key, found.article, found.event, found.day.isoformat(), found.note
