"""考核: a quarter's sheets, disqualifications, ranks and awards, from visits, findings and what assessors entered.

Pure and exact: the same facts and rule set give the same result, and every point tells where it comes from. A section
has what was entered for it, else what its items add up to; an item what was entered, else what is computed, else its
full points, marked as not assessed (decision `section_without_entry`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from typing import Final, Literal

from hub.domain.calendar import WorkCalendar
from hub.domain.casework import Filing, Pace, pace
from hub.domain.rates import Tally, Visit, percent, tally, whole_percent
from hub.domain.rules import (
    FINDINGS,
    WHATS,
    Award,
    Disqualification,
    Item,
    Measure,
    RuleSet,
    Section,
    Sheet,
    exact,
)

GAP: Final = "条文未规定"
NOT_ASSESSED: Final = "未考核"
WINDOW_ONLY: Final = frozenset({"media", "returned", "bribery", "outside_center", "fee_elsewhere", "procedure"})
"""Kinds of finding that 四 does not name (interfaces.md)."""
LOW_LEVELS: Final = 2
SheetName = Literal["window", "clerk"]
Appeal = Literal["none", "open", "upheld", "overturned"]


@dataclass(frozen=True, slots=True)
class Finding:
    """查实结论 that was confirmed, as it stands."""

    id: str
    seq: int
    kind: str
    day: date
    """To which it belongs: the day that it is about, else on which it was found."""
    decided: date
    window: int | None
    clerk: str | None
    article: str = ""
    note: str = ""
    what: str | None = None
    half_days: int | None = None
    appeal: Appeal = "none"


@dataclass(frozen=True, slots=True)
class Entry:
    """Points that assessors entered for a section or an item; the last one counts."""

    seq: int
    sheet: SheetName
    subject: str
    section: str
    points: Fraction
    note: str = ""


@dataclass(frozen=True, slots=True)
class Opinion:
    """自评 or 互评 of a section or an item; told beside the review, and counted nowhere."""

    stage: Literal["self", "mutual"]
    by: str
    entry: Entry


@dataclass(frozen=True, slots=True)
class Subject:
    """Who is judged: a window (or a department), or a clerk."""

    key: str
    name: str
    department: str


@dataclass(frozen=True, slots=True)
class Quarter:
    """Everything a quarter is judged by."""

    rules: RuleSet
    visits: Sequence[Visit]
    findings: Sequence[Finding]
    entries: Sequence[Entry]
    windows: Mapping[int, Subject]
    """By number; where departments are judged, each window's own subject with its department."""
    clerks: Mapping[str, Subject]
    as_of: date
    """The day as of which appeals are judged: the quarter's last, or the present one while it runs."""
    calendar: WorkCalendar = field(default_factory=WorkCalendar)
    is_over: bool = True
    """Whether its last day is past."""
    struck: frozenset[str] = frozenset()
    """Presses found to be self-pressed: their ratings count nowhere."""
    opinions: Sequence[Opinion] = ()
    filings: Sequence[Filing] = ()
    """办件, whenever they were received: 提速率 and 办结率 are of those that the quarter is about."""
    days: tuple[date, date] | None = None
    """The quarter's first and last day; needed where there are cases."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that a sheet rests on."""

    article: str
    event: str
    seq: int
    """The fact's number; 0 where it is a sum of many."""
    day: date
    note: str


@dataclass(frozen=True, slots=True)
class Points:
    """An item's or a section's points and where they come from."""

    code: str
    full: Fraction
    points: Fraction
    source: Literal["entered", "computed", "full"]
    mark: str = ""
    """条文未规定, 未考核, and the like."""


@dataclass(frozen=True, slots=True)
class Result:
    """One subject's quarter."""

    subject: Subject
    counts: Tally
    rated_share: Fraction | None
    satisfied_share: Fraction | None
    dissatisfied: int
    """Confirmed findings; by the decision `counts_as_dissatisfied`, ratings."""
    sections: tuple[Points, ...]
    items: tuple[Points, ...]
    total: Fraction
    reasons: tuple[str, ...]
    """Articles that disqualify, in the regulation's order."""
    evidence: tuple[Evidence, ...]
    rank: int | None = None
    award: str = ""
    is_idle: bool = False
    """Nothing was finished and nothing entered: full points say nothing (decision `idle_unit`)."""

    def points_of(self, measure: Measure, sheet: Sheet) -> Fraction | None:
        """The points of the item that a measure makes; None where the sheet has none."""
        codes = {item.code for section in sheet.sections for item in section.items if item.measure == measure}
        return next((item.points for item in self.items if item.code in codes), None)


@dataclass(frozen=True, slots=True)
class Assessment:
    """All results: windows (or departments) and clerks, best first, the disqualified last."""

    windows: tuple[Result, ...]
    clerks: tuple[Result, ...]


def assess(quarter: Quarter) -> Assessment:
    """Judge a quarter."""
    rules, standing = quarter.rules, [finding for finding in quarter.findings if stands(finding, quarter)]
    waiting = [finding for finding in quarter.findings if finding not in standing and finding.appeal != "overturned"]
    by_unit, by_clerk = _grouped(quarter)
    windows = []
    for subject, numbers in _units(quarter).items():
        counts = tally(by_unit.get(subject.key, ()), quarter.struck)
        if rules.decided("assessed_unit") == "department":
            cases = _pace([one for one in quarter.filings if one.department == subject.key], quarter)
        else:
            cases = _pace([one for one in quarter.filings if one.window in numbers], quarter)
        measures = _measures(counts, rules) | _by_cases(cases)
        mine = [finding for finding in standing if finding.window in numbers]
        pending = [finding for finding in waiting if finding.window in numbers]
        windows.append(_told(_result("window", subject, counts, measures, mine, quarter, cases), pending, quarter))
    by_window = _shares_by_window(quarter)
    clerks = []
    for subject in quarter.clerks.values():
        visits = by_clerk.get(subject.key, [])
        counts = tally(visits, quarter.struck)
        cases = _pace([one for one in quarter.filings if one.clerk == subject.key], quarter)
        measures = _measures(counts, rules) | _by_cases(cases)
        if rules.decided("clerk_rate") == "windows_by_visits":
            measures |= _weighted(visits, by_window)
        mine = [finding for finding in standing if finding.clerk == subject.key and finding.kind not in WINDOW_ONLY]
        pending = [finding for finding in waiting if finding.clerk == subject.key]
        clerks.append(_told(_result("clerk", subject, counts, measures, mine, quarter, cases), pending, quarter))
    tie = rules.decided("tie")
    return Assessment(_ranked(windows, rules.awards.window, tie), _ranked(clerks, rules.awards.clerk, tie))


def stands(finding: Finding, quarter: Quarter) -> bool:
    """Whether a finding counts as of the quarter's end (decision `self_press_disqualifies`)."""
    if finding.appeal == "overturned":
        return False
    if finding.kind != "self_press" or quarter.rules.decided("self_press_disqualifies") == "confirmed":
        return True
    if finding.appeal == "open":
        return False
    return finding.appeal == "upheld" or quarter.as_of > _lapses(finding, quarter)


def _lapses(finding: Finding, quarter: Quarter) -> date:
    """The last day to appeal."""
    return quarter.calendar.add_workdays(finding.decided, quarter.rules.terms.appeal)


def _told(result: Result, pending: Iterable[Finding], quarter: Quarter) -> Result:
    return replace(result, evidence=(*result.evidence, *(_pending(finding, quarter) for finding in pending)))


def _pending(finding: Finding, quarter: Quarter) -> Evidence:
    """A finding that does not count yet: told, under no article."""
    until = "申诉中" if finding.appeal == "open" else f"申诉期至 {_lapses(finding, quarter)}"
    what = FINDINGS.get(finding.kind, finding.kind)
    note = f"{until}，尚未生效，未计入" + (f"：{finding.note}" if finding.note else "")
    return Evidence("", f"{what} {finding.id}", finding.seq, finding.day, note)


# --- whose ---------------------------------------------------------------------------------------------------------


def _units(quarter: Quarter) -> dict[Subject, frozenset[int]]:
    if quarter.rules.decided("assessed_unit") == "window":
        return {subject: frozenset({number}) for number, subject in quarter.windows.items()}
    numbers: dict[str, set[int]] = {}
    for number, subject in quarter.windows.items():
        numbers.setdefault(subject.department, set()).add(number)
    for visit in quarter.visits:  # 综合窗口: the rota's department of each day
        numbers.setdefault(visit.department, set())
    return {Subject(name, name, name): frozenset(of) for name, of in numbers.items()}


def _grouped(quarter: Quarter) -> tuple[dict[str, list[Visit]], dict[str, list[Visit]]]:
    """Visits by judged unit, and by clerk."""
    of_department = quarter.rules.decided("assessed_unit") == "department"
    by_unit: dict[str, list[Visit]] = {}
    by_clerk: dict[str, list[Visit]] = {}
    for visit in quarter.visits:
        subject = quarter.windows.get(visit.window)
        unit = visit.department if of_department else "" if subject is None else subject.key
        by_unit.setdefault(unit, []).append(visit)
        by_clerk.setdefault(visit.clerk, []).append(visit)
    return by_unit, by_clerk


# --- measures -------------------------------------------------------------------------------------------------------

Measures = dict[Measure, Fraction | None]


def _measures(counts: Tally, rules: RuleSet) -> Measures:
    return {
        "rated_share": counts.rated_share(rules).value,
        "satisfied_share": counts.satisfied_share(rules).value,
        "level_score": counts.level_score(rules).value,
    }


def _pace(filings: Sequence[Filing], quarter: Quarter) -> Pace:
    """Of the cases that the quarter is about; of one that runs still, up to now."""
    if quarter.days is None:
        return Pace()
    begin, end = quarter.days
    return pace(filings, begin, min(end, quarter.as_of), quarter.calendar, str(quarter.rules.decided("speed_up_of")))


def _by_cases(cases: Pace) -> Measures:
    return {"speed_up": cases.speed_up, "completed_share": cases.completed_share}


def _shares_by_window(quarter: Quarter) -> dict[int, Measures]:
    of: dict[int, list[Visit]] = {}
    for visit in quarter.visits:
        of.setdefault(visit.window, []).append(visit)
    return {window: _measures(tally(visits, quarter.struck), quarter.rules) for window, visits in of.items()}


def _weighted(visits: Iterable[Visit], by_window: Mapping[int, Measures]) -> Measures:
    """The rates of the windows where a clerk sat, weighted by the clerk's finished visits at each."""
    at = Counter(visit.window for visit in visits)
    measures: Measures = {}
    for name in ("rated_share", "satisfied_share"):
        values = [(value, count) for window, count in at.items() if (value := by_window[window][name]) is not None]
        whole = sum(count for _, count in values)
        weighed = sum((value * count for value, count in values), Fraction(0))
        measures[name] = weighed / whole if whole else None
    return measures


# --- one subject ---------------------------------------------------------------------------------------------------


def _result(
    name: SheetName,
    subject: Subject,
    counts: Tally,
    measures: Measures,
    findings: Sequence[Finding],
    quarter: Quarter,
    cases: Pace,
) -> Result:
    rules = quarter.rules
    sheet = rules.windows if name == "window" else rules.clerks
    entries = {
        entry.section: entry
        for entry in sorted(quarter.entries, key=lambda entry: entry.seq)
        if (entry.sheet, entry.subject) == (name, subject.key)
    }
    items = [_item(item, measures, findings, entries, rules) for section in sheet.sections for item in section.items]
    if cases.unknown:
        at = {item.code for section in sheet.sections for item in section.items if item.measure == "speed_up"}
        mark = f"{len(cases.speeds)} 件承诺件中 {cases.unknown} 件未录法定时限，提速按 0 计"
        items = [replace(one, mark="；".join(filter(None, (one.mark, mark)))) if one.code in at and
                 one.source == "computed" else one for one in items]  # fmt: skip
    by_code = {item.code: item for item in items}
    sections = [_section(section, by_code, entries, rules) for section in sheet.sections]
    low = sum(counts.levels[:LOW_LEVELS]) if rules.decided("counts_as_dissatisfied") == "rating" else None
    reasons, evidence = [], [_evidence(finding, sheet) for finding in findings]
    for rule in sheet.disqualified:
        if _disqualifies(rule, measures, findings, low, rules) and rule.article not in reasons:
            reasons.append(rule.article)
            if rule.rates_below is not None:
                evidence.append(Evidence(rule.article, _rates(measures), 0, quarter.as_of, rule.text))
    for finding in findings:
        article = _article(finding, sheet)
        outright = finding.kind == "attendance" and finding.what is None and name == "clerk"
        if (outright or finding.kind == "other") and article in {rule.article for rule in sheet.disqualified}:
            reasons += [] if article in reasons else [article]
    order = [rule.article for rule in sheet.disqualified]
    return Result(
        subject,
        counts,
        measures["rated_share"],
        measures["satisfied_share"],
        low if low is not None else sum(finding.kind == "dissatisfied" for finding in findings),
        tuple(sections),
        tuple(items),
        sum((section.points for section in sections), Fraction(0)),
        tuple(sorted(reasons, key=order.index)),
        tuple(evidence),
        is_idle=not counts.finished and not entries and rules.decided("idle_unit") == "not_ranked",
    )


def _section(section: Section, items: Mapping[str, Points], entries: Mapping[str, Entry], rules: RuleSet) -> Points:
    full = exact(section.heading) if rules.decided("section_points") == "heading" else section.full
    entry = entries.get(section.code)
    if entry is not None and section.code not in items:
        return Points(section.code, full, entry.points, "entered", entry.note)
    parts = [items[item.code] for item in section.items]
    spare = full - section.full  # a heading that promises more than its items give
    points = sum((part.points for part in parts), Fraction(0)) + spare
    sources = {part.source for part in parts}
    marks = list(dict.fromkeys(part.mark for part in parts if part.mark))
    source: Literal["entered", "computed", "full"] = (
        "entered" if "entered" in sources else "computed" if "computed" in sources else "full"
    )
    return Points(section.code, full, points, source, "；".join(marks))


def _item(
    item: Item, measures: Measures, findings: Sequence[Finding], entries: Mapping[str, Entry], rules: RuleSet
) -> Points:
    full = exact(item.full)
    entry = entries.get(item.code)
    if entry is not None:
        return Points(item.code, full, entry.points, "entered", entry.note)
    off = [deduction.off * _times(finding, deduction.per) for finding in findings for deduction in item.deductions
           if deduction.finding == finding.kind and deduction.what in {None, finding.what}]  # fmt: skip
    lost = item.lost_by is not None and any(finding.kind == item.lost_by for finding in findings)
    watched = item.lost_by is not None or any(deduction.finding is not None for deduction in item.deductions)
    share = None if item.measure is None else measures.get(item.measure)
    mark, points = "", full
    if share is not None:
        points, mark = _by_measure(item, share)
    elif item.measure is not None or not watched:
        if rules.decided("section_without_entry") == "nothing":
            points = Fraction(0)
        mark = NOT_ASSESSED
    points = Fraction(0) if lost else points - sum(off, Fraction(0))
    if points < 0 and not (item.below_zero and rules.decided("extra_deduction") == "below_zero"):
        points = Fraction(0)
    source: Literal["computed", "full"] = "computed" if share is not None or watched else "full"
    return Points(item.code, full, points, source, mark)


def _times(finding: Finding, per: str) -> int:
    return max(1, finding.half_days or 1) if per == "半天" else 1


def _by_measure(item: Item, share: Fraction) -> tuple[Fraction, str]:
    """Points by bands of whole percent, by points lost for each percent below 100, or by the share itself."""
    full, whole = exact(item.full), whole_percent(share)
    if item.by_share:
        return full * share, ""
    if item.each_point_below is not None:
        return full - exact(item.each_point_below) * (100 - whole), ""
    for band in item.bands:
        if band.low <= whole <= band.high:
            return exact(band.points), ""
    assert item.nothing_below is not None
    return Fraction(0), "" if share < Fraction(item.nothing_below, 100) else GAP


def _disqualifies(
    rule: Disqualification, measures: Measures, findings: Sequence[Finding], low: int | None, rules: RuleSet
) -> bool:
    if rule.rates_below is not None:
        limit = exact(rule.rates_below) / 100
        below = [share < limit for name in ("rated_share", "satisfied_share") if (share := measures[name]) is not None]
        return len(below) == 2 and all(below) if rules.decided("below_93") == "both" else any(below)
    of_kind = [finding for finding in findings if finding.kind == rule.finding]
    if rule.what:
        of_kind = [finding for finding in of_kind if finding.what in rule.what]
    if rule.half_days is not None:
        return any((finding.half_days or 0) >= rule.half_days for finding in of_kind)
    if rule.finding == "dissatisfied" and low is not None:
        times = low
    elif rule.within == "month":
        times = max(Counter((finding.day.year, finding.day.month) for finding in of_kind).values(), default=0)
    else:
        times = len(of_kind)
    # 三(一) and others name no number: once is enough under any reading of 以上.
    exceeds = rules.decided("at_least") == "exceeds" and rule.times > 1
    return times > rule.times if exceeds else times >= rule.times


def _rates(measures: Measures) -> str:
    rated, satisfied = (percent(measures[name]) or "—" for name in ("rated_share", "satisfied_share"))
    return f"评议率 {rated}%，满意率 {satisfied}%"


def _article(finding: Finding, sheet: Sheet) -> str:
    """The article of this sheet that a finding falls under: its own where it names one of them, else its kind's."""
    articles = {rule.article for rule in sheet.disqualified}
    named = next((article for article in finding.article.replace("；", "、").split("、") if article in articles), None)
    by_kind = next((rule.article for rule in sheet.disqualified if rule.finding == finding.kind), finding.article)
    return named or by_kind


def _evidence(finding: Finding, sheet: Sheet) -> Evidence:
    what = FINDINGS.get(finding.kind, finding.kind)
    if finding.what is not None:
        what += f"（{WHATS.get(finding.kind, {}).get(finding.what, finding.what)}）"
    return Evidence(_article(finding, sheet), f"{what} {finding.id}", finding.seq, finding.day, finding.note)


def opinions(quarter: Quarter, sheet: SheetName, subject: str) -> dict[tuple[str, str], tuple[Fraction, int]]:
    """By stage and section: the mean of what was thought, and by how many; of each person the last entry."""
    last: dict[tuple[str, str, str], Fraction] = {}
    for one in sorted(quarter.opinions, key=lambda one: one.entry.seq):
        if (one.entry.sheet, one.entry.subject) == (sheet, subject):
            last[one.stage, one.entry.section, one.by] = one.entry.points
    found: dict[tuple[str, str], list[Fraction]] = {}
    for (stage, section, _), points in last.items():
        found.setdefault((stage, section), []).append(points)
    return {key: (sum(points, Fraction(0)) / len(points), len(points)) for key, points in found.items()}


# --- ranks ---------------------------------------------------------------------------------------------------------


def _ranked(results: Sequence[Result], award: Award, tie: str) -> tuple[Result, ...]:
    """Best first; equal totals share a rank and the next one is left out (1, 2, 2, 4).

    The disqualified have none, nor those who had nothing to be judged by.
    """
    fit = sorted(
        (one for one in results if not one.reasons and not one.is_idle), key=lambda one: (-one.total, _by_key(one))
    )
    totals = [one.total for one in fit]
    ranked = []
    for one in fit:
        rank = totals.index(one.total) + 1
        wins = rank <= award.places if tie == "share" else rank - 1 + totals.count(one.total) <= award.places
        ranked.append(replace(one, rank=rank, award=award.name if wins else ""))
    out = sorted((one for one in results if one.reasons or one.is_idle), key=lambda one: (-one.total, _by_key(one)))
    return (*ranked, *out)


def _by_key(one: Result) -> tuple[int, str]:
    key = one.subject.key
    return (int(key), key) if key.isdecimal() else (0, key)


def shown(points: Fraction) -> str:
    """Points as people write them: at most two decimals, truncated towards zero."""
    hundredths = abs(points.numerator) * 100 // points.denominator
    text = f"{hundredths // 100}.{hundredths % 100:02}".rstrip("0").rstrip(".")
    return f"-{text}" if points < 0 and hundredths else text
