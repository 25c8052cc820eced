"""Rule sets: what a hall's regulation says, as data with its words beside the numbers (domain.md, "named decisions").

A rule set has sheets of sections and items for windows and for clerks, what disqualifies, awards, ladders, terms, and a
value for every decision where the text is silent. `rule_set` reads one from the values of a TOML file and says what is
wrong with it. Points are exact.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any, Final, Literal

import msgspec

Measure = Literal["rated_share", "satisfied_share", "level_score", "speed_up", "completed_share"]
FINDINGS: Final = {
    "self_press": "擅自按键",
    "dissatisfied": "评价不满意",
    "complaint": "投诉",
    "overdue_case": "超时件",
    "bribery": "吃拿卡要",
    "media": "媒体曝光",
    "outside_center": "体外循环",
    "fee_elsewhere": "未在银行窗口缴费",
    "procedure": "未按规范办理",
    "returned": "退回原单位",
    "attendance": "考勤",
    "other": "其他",
}
"""Kinds of finding (interfaces.md)."""
ATTENDANCE: Final = {"late": "迟到", "early": "早退", "asleep": "上班睡觉", "absent": "旷工", "away": "擅自离岗"}
SEVERE: Final = "severe"
LADDER_WHATS: Final = {"first_asked": "首问责任", "told_once": "一次性告知"}
WHATS: Final[Mapping[str, Mapping[str, str]]] = {
    "attendance": ATTENDANCE,
    "bribery": {SEVERE: "情节严重"},
    "complaint": LADDER_WHATS,
    "procedure": LADDER_WHATS,
    "other": LADDER_WHATS,
}
"""What a finding of a kind may say of itself: which kind of absence, how serious, which duty of 责任追究."""
DECISIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "band_gap": ("truncate",),
    "assessed_unit": ("window", "department"),
    "case_kinds": ("six", "five"),
    "speed_up_of": ("statutory_days", "promised_days"),
    "speed_up_gap": ("truncate",),
    "below_93": ("either", "both"),
    "at_least": ("includes", "exceeds"),
    "satisfied_levels": (),
    "rated_share_of": ("finished", "invited"),
    "satisfied_share_of": ("rated", "finished"),
    "unrated": ("nothing", "dissatisfied", "satisfied"),
    "counts_as_dissatisfied": ("finding", "rating"),
    "self_press_disqualifies": ("final", "confirmed"),
    "clerk_rate": ("windows_by_visits", "own_visits"),
    "section_points": ("stated", "heading"),
    "tie": ("share", "fewer"),
    "section_without_entry": ("full", "nothing"),
    "extra_deduction": ("below_zero", "stops_at_zero"),
    "invite_expires": ("60s_or_next_call",),
    "channels": ("first",),
    "change_window": ("none",),
    "idle_unit": ("not_ranked", "ranked"),
}
"""The decisions of domain.md with what each may be; levels are a list."""
_MOST_LEVELS: Final = 5
Fault = tuple[str, str, str]
_SAID: Final = (
    (r"Object missing required field `(.+)`", "键 {0} (this key)", "缺少 (missing)"),
    (r"Object contains unknown field `(.+)`", "已知的键 (a known key)", "{0}"),
    (r"Expected `(.+)`, got `(.+)`", "{0}", "{1}"),
    (r"Invalid enum value (.+)", "列明的值之一 (one of those named)", "{0}"),
)


class Decision(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One decision where the text is silent: its value, the article, what the text says, what the value means."""

    value: str | tuple[int, ...]
    article: str
    text: str
    meaning: str


class Deduction(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """So many points off each time; `finding` (of attendance, `what`) is the kind of finding that is one."""

    points: float
    per: str
    text: str
    finding: str | None = None
    what: str | None = None
    bars_year: bool = False

    @property
    def off(self) -> Fraction:
        """Points, exactly."""
        return exact(self.points)


class Band(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, rename={"low": "from", "high": "to"}):
    """Whole percent from `low` up to and including `high`."""

    low: int
    high: int
    points: float


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One number of a section: full points, less deductions, or by a measure."""

    code: str
    full: float
    text: str
    deductions: tuple[Deduction, ...] = ()
    below_zero: bool = False
    lost_by: str | None = None
    """A finding of this kind takes all points."""
    measure: Measure | None = None
    bands: tuple[Band, ...] = ()
    nothing_below: int | None = None
    """Percent below which the text gives nothing; what lies between it and the bands is a gap."""
    each_point_below: float | None = None
    """Off for each whole percent below 100."""
    by_share: bool = False
    """Full points times the measure's share."""


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One section of a sheet; `heading` is what its title promises, which items need not add up to."""

    code: str
    title: str
    heading: float
    items: tuple[Item, ...]

    @property
    def full(self) -> Fraction:
        """What its items add up to."""
        return sum((exact(item.full) for item in self.items), Fraction(0))


class Disqualification(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What takes a quarter's award: findings of a kind, so many times, or rates below a percentage."""

    article: str
    text: str
    finding: str | None = None
    what: tuple[str, ...] = ()
    times: int = 1
    half_days: int | None = None
    within: Literal["quarter", "month"] = "quarter"
    rates_below: float | None = None


class Sheet(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What windows, or clerks, are judged by."""

    sections: tuple[Section, ...]
    disqualified: tuple[Disqualification, ...] = ()


class Award(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The first so many places."""

    name: str
    places: int
    article: str
    text: str


class Awards(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """For windows and for clerks."""

    window: Award
    clerk: Award


class Ladder(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Sanctions by the clerk's first, second, third time."""

    code: str
    title: str
    article: str
    text: str
    steps: tuple[str, ...]
    year_failed_at: int | None = None


class Terms(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Working days."""

    appeal: int = 5
    complaint_answer: int = 5
    bad_rating: int = 15
    rejected: int = 3
    phone_rating: int = 5


class RuleSet(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One regulation from a day on."""

    id: str
    version: int
    valid_from: date
    title: str
    levels: tuple[int, ...]
    """Those of 1–5 that the hall's keys have, the best first."""
    decisions: dict[str, Decision]
    awards: Awards
    windows: Sheet
    clerks: Sheet
    ladders: tuple[Ladder, ...] = ()
    terms: Terms = msgspec.field(default_factory=Terms)
    level_points: dict[str, float] = {}
    """What each level is worth where a hall scores levels (measure `level_score`, a share of the best one's)."""

    def decided(self, name: str) -> str:
        """A decision's value, one of DECISIONS."""
        value = self.decisions[name].value
        return value if isinstance(value, str) else ""

    @property
    def satisfied_levels(self) -> frozenset[int]:
        """Levels that count as satisfied."""
        value = self.decisions["satisfied_levels"].value
        return frozenset(value) if isinstance(value, tuple) else frozenset()


class BadRules(Exception):
    """A rule set that can't be used: (where, what it should be, what it is) for each fault."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(f"{where}: {expected}; {got}" for where, expected, got in faults))
        self.faults = tuple(faults)


def exact(points: float) -> Fraction:
    """A number of the file as written: 0.1 is a tenth."""
    return Fraction(str(points))


def rule_set(values: Mapping[str, Any]) -> RuleSet:
    """Read a rule set; BadRules tells what is wrong with it."""
    try:
        rules = msgspec.convert(values, RuleSet)
    except msgspec.ValidationError as error:
        raise BadRules([_said(str(error))]) from None
    faults = list(_faults(rules))
    if faults:
        raise BadRules(faults)
    return rules


def in_force(editions: Sequence[RuleSet], day: date) -> RuleSet | None:
    """The edition valid on a day: the latest that has begun, of two the higher version."""
    begun = [rules for rules in editions if rules.valid_from <= day]
    return max(begun, key=lambda rules: (rules.valid_from, rules.version), default=None)


def _said(error: str) -> Fault:
    """What the decoder found wrong, for people."""
    what, _, at = error.partition(" - at ")
    where = at.strip("`").removeprefix("$").lstrip(".")
    for pattern, expected, got in _SAID:
        if found := re.fullmatch(pattern, what):
            return where, expected.format(*found.groups()), got.format(*found.groups())
    return where, "规则集的格式 (a rule set's form)", what


def _faults(rules: RuleSet) -> Iterator[Fault]:
    known = set(range(1, _MOST_LEVELS + 1))
    if len(rules.levels) < 2 or list(rules.levels) != sorted(set(rules.levels) & known, reverse=True):
        yield "levels", "1–5 中的几档，最好的在前 (some of 1–5, the best first)", str(list(rules.levels))
    yield from _decision_faults(rules)
    yield from _sheet_faults("windows", rules.windows)
    yield from _sheet_faults("clerks", rules.clerks)
    for name, award in (("window", rules.awards.window), ("clerk", rules.awards.clerk)):
        if award.places < 1:
            yield f"awards.{name}.places", "至少 1 名 (at least 1)", str(award.places)
    for at, ladder in enumerate(rules.ladders):
        if not ladder.steps or not 1 <= (ladder.year_failed_at or 1) <= len(ladder.steps):
            yield (
                f"ladders[{at}]",
                "至少一步，year_failed_at 是其中一步 (steps, and one of them)",
                str(ladder.year_failed_at),
            )
    for term, days in msgspec.to_builtins(rules.terms).items():
        if days < 1:
            yield f"terms.{term}", "至少 1 个工作日 (at least 1)", str(days)
    scored = any(
        item.measure == "level_score"
        for sheet in (rules.windows, rules.clerks)
        for section in sheet.sections
        for item in section.items
    )
    if scored and not rules.level_points:
        yield "level_points", "measure 为 level_score 时须有 (needed for level_score)", "缺少 (missing)"
    if rules.level_points and {int(level) for level in rules.level_points if level.isdigit()} != set(rules.levels):
        yield "level_points", "levels 中每一档的分值 (points for each of the levels)", str(sorted(rules.level_points))


def _decision_faults(rules: RuleSet) -> Iterator[Fault]:
    for name in DECISIONS.keys() - rules.decisions.keys():
        yield f"decisions.{name}", "这项决定 (this decision)", "缺少 (missing)"
    for name, decision in rules.decisions.items():
        allowed = DECISIONS.get(name)
        if allowed is None:
            yield "decisions", f"{'、'.join(DECISIONS)} (known decisions)", name
        elif name == "satisfied_levels":
            if not rules.satisfied_levels or not rules.satisfied_levels < set(rules.levels):
                yield (
                    f"decisions.{name}.value",
                    "levels 中的几档，非全部 (some of the levels, not all)",
                    str(decision.value),
                )
        elif decision.value not in allowed:
            yield f"decisions.{name}.value", " | ".join(allowed), str(decision.value)


def _sheet_faults(name: str, sheet: Sheet) -> Iterator[Fault]:
    codes = [code for section in sheet.sections for code in {section.code, *(item.code for item in section.items)}]
    for code in sorted({code for code in codes if codes.count(code) > 1}):
        yield f"{name}.sections", f"{code} 只出现一次 (once)", "多次 (more than once)"
    for section in sheet.sections:
        where = f"{name} {section.code}"
        if not section.items or section.full > exact(section.heading):
            yield where, "至少一项，满分之和不超过标题分值 (items within the heading)", f"{float(section.full):g}"
        for item in section.items:
            yield from _item_faults(f"{name} {item.code}", item)
    for at, rule in enumerate(sheet.disqualified):
        where = f"{name}.disqualified[{at}]"
        if (rule.finding is None) == (rule.rates_below is None):
            yield where, "finding 或 rates_below 之一 (one of them)", "没有或都有 (neither or both)"
        yield from _kind_faults(where, rule.finding, rule.what)
        if rule.times < 1 or (rule.half_days is not None and rule.half_days < 1):
            yield where, "times、half_days 至少为 1 (at least 1)", f"{rule.times}, {rule.half_days}"


def _item_faults(where: str, item: Item) -> Iterator[Fault]:
    if item.full <= 0:
        yield where, "满分大于 0 (full points above 0)", str(item.full)
    ways = sum([bool(item.bands), item.each_point_below is not None, item.by_share])
    if ways != (item.measure is not None):
        yield where, "measure 与 bands、each_point_below、by_share 之一同用 (a measure and one way)", str(item.measure)
    if (item.nothing_below is not None) != bool(item.bands):
        yield where, "nothing_below 与 bands 同用 (both or neither)", str(item.nothing_below)
    last = item.nothing_below if item.nothing_below is not None else -1
    for band in item.bands:
        if not last < band.low <= band.high <= 100 or not 0 <= band.points <= item.full:
            yield where, "档次从低到高、不重叠、在 0–100 内，分值不超过满分 (bands in order)", f"{band.low}–{band.high}"
        last = band.high
    yield from _kind_faults(where, item.lost_by, ())
    for deduction in item.deductions:
        if deduction.points <= 0:
            yield where, "扣分大于 0 (points off above 0)", str(deduction.points)
        yield from _kind_faults(where, deduction.finding, (deduction.what,) if deduction.what else ())


def _kind_faults(where: str, finding: str | None, what: tuple[str, ...]) -> Iterator[Fault]:
    if finding is not None and finding not in FINDINGS:
        yield where, f"finding：{' | '.join(FINDINGS)}", finding
    if what and (finding != "attendance" or not set(what) <= ATTENDANCE.keys()):
        yield where, f"what 只用于 attendance：{' | '.join(ATTENDANCE)}", f"{finding} {', '.join(what)}"
