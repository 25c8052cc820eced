"""What all of a quarter's papers say alike: whose they are, of which data, by which rules, and what they found.

`Paper` holds the facts; `Paper.notice` is the 通报 as blocks, which docx and pdf only set in type. Findings' notes are
free text and may name citizens: no block has them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Final, Literal

from hub.domain.assessment import Assessment, Quarter, Result, shown
from hub.domain.callbacks import quarter_days
from hub.domain.rates import percent
from hub.domain.rules import Award, Disqualification, Sheet, exact
from hub.report.tables import by_key, csv_files

_CONTROLS: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]")

_FIGURES: Final = (("办结", 4), ("评议率%", 5), ("满意率%", 5), ("得分", 4))


@dataclass(frozen=True, slots=True)
class Heading:
    """A section's, with its number: 一、…."""

    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """One paragraph."""

    text: str
    is_alarm: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A table's column: its width is a part of the table's."""

    title: str
    width: int
    align: Literal["left", "center", "right"] = "center"


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a table; `is_low`: a rate below the rules' limit."""

    text: str
    is_low: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Columns and rows of cells."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Point:
    """A window's rates in a chart."""

    label: str
    rated: Fraction | None
    satisfied: Fraction | None


@dataclass(frozen=True, slots=True)
class Chart:
    """Rates per window, with the limit below which they disqualify."""

    title: str
    points: tuple[Point, ...]
    limit: Fraction | None


Block = Heading | Text | Table | Chart


@dataclass(frozen=True)
class Paper:
    """A quarter's assessment with all that a paper must say of it."""

    hall: str
    name: str
    """Such as 2026Q4."""
    quarter: Quarter
    result: Assessment
    edition: int | None = None
    """Of a quarter that was closed."""
    files: Mapping[str, bytes] = field(init=False, repr=False)
    """The CSV tables."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "hall", plain(self.hall))
        object.__setattr__(self, "files", csv_files(self.quarter, self.result))

    @property
    def sha256(self) -> str:
        """Over the CSV tables one after the other: windows, clerks, decisions, evidence."""
        return hashlib.sha256(b"".join(self.files.values())).hexdigest()

    @property
    def quarter_name(self) -> str:
        """2026年第四季度."""
        return f"{self.name[:4]}年第{'一二三四'[int(self.name[-1]) - 1]}季度"

    @property
    def unit(self) -> str:
        """What is judged beside clerks."""
        return "部门" if self.quarter.rules.decided("assessed_unit") == "department" else "窗口"

    @property
    def days(self) -> tuple[date, date]:
        """The first and the last day that are counted."""
        begin, end = quarter_days(self.name)
        return begin, min(end, self.quarter.as_of)

    @property
    def alarm(self) -> str:
        """What must be seen first where the quarter still runs; else empty."""
        if self.quarter.is_over:
            return ""
        return f"季度未结束，截至{chinese(self.quarter.as_of)}，仅供参考"

    @property
    def clause(self) -> str:
        """The articles that this rests on."""
        rules = self.quarter.rules
        awards = "、".join(dict.fromkeys((rules.awards.window.article, rules.awards.clerk.article)))
        lists = [_span(sheet.disqualified) for sheet in (rules.windows, rules.clerks) if sheet.disqualified]
        return f"《{rules.title}》{awards}" + (f"；取消资格：{'，'.join(lists)}" if lists else "")

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """Label and text of each, for the foot of every paper."""
        rules, (begin, end) = self.quarter.rules, self.days
        over = "季度已结束" if self.quarter.is_over else "季度未结束"
        if self.quarter.is_over:
            over += "，未定稿" if self.edition is None else f"，定稿第 {self.edition} 版"
        return (
            ("大厅", self.hall),
            ("季度", f"{self.quarter_name}（{self.name}）"),
            ("依据条款", plain(self.clause)),
            ("数据范围", f"{begin} 至 {end}，办结 {len(self.quarter.visits)} 件"),
            ("截至", f"{self.quarter.as_of}（{over}）"),
            ("规则集", f"{rules.id} 第 {rules.version} 版，自 {rules.valid_from} 起施行"),
            ("百分率", "截去两位小数以后的部分，不进位"),
            ("SHA-256", self.sha256),
            ("校验方法", f"cat {' '.join(self.files)} | sha256sum"),
        )

    def limit(self, sheet: Sheet) -> Fraction | None:
        """The rate below which a sheet disqualifies."""
        return next(
            (exact(rule.rates_below) / 100 for rule in sheet.disqualified if rule.rates_below is not None), None
        )

    @property
    def chart(self) -> Chart:
        """Rates per window."""
        points = (Point(plain(one.subject.key), one.rated_share, one.satisfied_share)
                  for one in sorted(self.result.windows, key=by_key))  # fmt: skip
        return Chart(f"各{self.unit}评议率和满意率", tuple(points), self.limit(self.quarter.rules.windows))

    @property
    def title(self) -> str:
        """The notice's."""
        return "".join(self.title_lines)

    @property
    def title_lines(self) -> tuple[str, str]:
        """The title, broken where its sense is."""
        return f"{self.hall}关于{self.quarter_name}", f"{self.unit}和工作人员考核情况的通报"

    def notice(self) -> Iterator[Block]:
        """The 通报, without its title and its signature."""
        rules, result = self.quarter.rules, self.result
        if self.alarm:
            yield Text(self.alarm, is_alarm=True)
        begin, end = self.days
        yield Text(
            f"根据《{plain(rules.title)}》，现将{self.quarter_name}（{chinese(begin)}至{chinese(end)}）考核情况通报如下。"
            f"本季度考核{self.unit} {len(result.windows)} 个、工作人员 {len(result.clerks)} 名，"
            f"共办结 {len(self.quarter.visits)} 件。"
        )
        yield Heading(f"一、{plain(rules.awards.window.name)}")
        yield Text(_awarded(result.windows, rules.awards.window, "个", self.quarter, self.subject))
        yield Heading(f"二、{plain(rules.awards.clerk.name)}")
        yield Text(_awarded(result.clerks, rules.awards.clerk, "名", self.quarter, self.subject))
        yield Heading("三、取消当季评优资格")
        yield from self._disqualified()
        yield Heading(f"四、{self.unit}考核情况")
        yield self.chart
        yield self._table(result.windows, rules.windows, is_clerks=False)
        yield Heading("五、工作人员考核情况")
        yield self._table(result.clerks, rules.clerks, is_clerks=True)
        yield Heading("六、条文未规定之处的处理")
        columns = (Column("条款", 4), Column("处理", 10, "left"), Column("代号", 6, "left"))
        decided = rules.decisions.items()
        yield Table(columns, tuple(_cells((one.article, one.meaning, name)) for name, one in decided))
        yield Heading("七、数据来源")
        yield Table((Column("项目", 3), Column("内容", 14, "left")), tuple(_cells(fact) for fact in self.facts))

    def subject(self, one: Result) -> str:
        """A window or a clerk, for people."""
        who = one.subject
        if who.key == who.name == who.department:
            return plain(who.name)
        name = f"{who.key}号窗口" if who.key.isdecimal() and one in self.result.windows else who.key
        rest = "，".join(
            part for part in (who.name, who.department) if part not in {"", who.key, f"{who.key}号", f"{who.key}号窗口"}
        )
        return plain(name + (f"（{rest}）" if rest else ""))

    def _disqualified(self) -> Iterator[Block]:
        """The articles that were met with their words, then whom each meets by what: kinds and days, no notes."""
        rules, words, rows = self.quarter.rules, dict[str, str](), []
        for ones, sheet in ((self.result.windows, rules.windows), (self.result.clerks, rules.clerks)):
            met = {article for one in ones for article in one.reasons}
            for rule in sheet.disqualified:
                if rule.article in met:
                    words.setdefault(rule.article, rule.text)
            rows += [_cells((self.subject(one), article, _met(one, article)))
                     for one in sorted(ones, key=by_key) for article in one.reasons]  # fmt: skip
        if not rows:
            yield Text("无。")
            return
        yield Text(
            plain(f"按考核办法{'；'.join(f'{article}“{text}”' for article, text in words.items())}，取消下列资格：")
        )
        yield Table((Column("对象", 6, "left"), Column("条款", 2), Column("情形", 8, "left")), tuple(rows))

    def _table(self, ones: Sequence[Result], sheet: Sheet, *, is_clerks: bool) -> Table:
        limit = self.limit(sheet)
        department = Column("部门", 7, "left")
        if is_clerks:
            who: tuple[Column, ...] = (Column("工号", 4), Column("姓名", 4), department)
        else:
            who = (department,) if self.unit == "部门" else (Column("窗口", 7, "left"), department)
        columns = (
            Column("名次", 4),
            *who,
            *(Column(title, width, "right") for title, width in _FIGURES),
            Column("结果", 8),
        )
        return Table(columns, tuple(self._row(one, limit, is_clerks=is_clerks) for one in ones))

    def _row(self, one: Result, limit: Fraction | None, *, is_clerks: bool) -> tuple[Cell, ...]:
        if is_clerks:
            who = [one.subject.key, one.subject.name, one.subject.department]
        elif self.unit == "部门":
            who = [one.subject.name]
        else:
            who = [" ".join(dict.fromkeys((one.subject.key, one.subject.name))), one.subject.department]
        told = one.award or (f"取消：{'、'.join(one.reasons)}" if one.reasons else "未参评" if one.is_idle else "")
        return (
            *_cells(["—" if one.rank is None else str(one.rank), *who, str(one.counts.finished)]),
            Cell(percent(one.rated_share) or "—", is_low=is_below(one.rated_share, limit)),
            Cell(percent(one.satisfied_share) or "—", is_low=is_below(one.satisfied_share, limit)),
            *_cells([shown(one.total), told]),
        )


def is_below(share: Fraction | None, limit: Fraction | None) -> bool:
    """Whether a rate, unrounded, is under the limit."""
    return share is not None and limit is not None and share < limit


def chinese(day: date) -> str:
    """2026年12月31日."""
    return f"{day.year}年{day.month}月{day.day}日"


def plain(text: str) -> str:
    """Without characters that no document may hold."""
    return _CONTROLS.sub("", text)


def _cells(texts: Iterable[str]) -> tuple[Cell, ...]:
    return tuple(Cell(plain(text)) for text in texts)


def _span(rules: Sequence[Disqualification]) -> str:
    first, last = rules[0].article, rules[-1].article
    return first if first == last else f"{first}至{last}"


def _awarded(
    ones: Sequence[Result], award: Award, count: str, quarter: Quarter, subject: Callable[[Result], str]
) -> str:
    won = [one for one in ones if one.award]
    if not won:
        return "无。"
    told = "；".join(f"第{one.rank}名 {subject(one)}，{shown(one.total)}分" for one in won)
    verb = "授予" if quarter.is_over else "按目前数据，暂列"
    return f"按考核办法“{plain(award.article)}”，{verb}“{plain(award.name)}” {len(won)} {count}：{told}。"


def _met(one: Result, article: str) -> str:
    found = [f"{it.event}（{it.day}）" if it.seq else it.event for it in one.evidence if it.article == article]
    return "；".join(found)
