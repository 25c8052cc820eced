"""A year's summary: four quarters side by side, the ladders of 责任追究, and who can't be 优秀 (考核办法 五).

Barred from 优秀: clerks of whose windows none was 红旗窗口 in the year (一), a ladder's 年度考核不合格 (一(三)), and
serious 吃拿卡要 (二(一)8). What the hub can't know, such as yearly leave over fifteen days (二(三)1), assessors enter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from hub.domain.assessment import Assessment, Finding, Quarter, Result, Subject
from hub.domain.assessment import stands as counts
from hub.domain.rules import SEVERE, Ladder, RuleSet

NO_BANNER: Final = "一年内没有评为红旗窗口"
LADDER_OF: Final = {"overdue_case": "time_limit"}
"""Findings that are a step of a ladder by their kind; others name it (`what`)."""


@dataclass(frozen=True, slots=True)
class OfQuarter:
    """One quarter of the year: its name, what it was judged by and how."""

    name: str
    quarter: Quarter
    result: Assessment


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a clerk on a ladder."""

    ladder: Ladder
    times: int
    finding: Finding

    @property
    def sanction(self) -> str:
        """What the regulation says for this time; the last step's where there were more."""
        return self.ladder.steps[min(self.times, len(self.ladder.steps)) - 1]

    @property
    def fails_year(self) -> bool:
        """Whether it makes the year 不合格."""
        at = self.ladder.year_failed_at
        return at is not None and self.times >= at


@dataclass(frozen=True, slots=True)
class OfYear:
    """One subject's year."""

    subject: Subject
    totals: tuple[Fraction | None, ...]
    """By quarter, in the order of the quarters; None where the subject was not judged."""
    ranks: tuple[int | None, ...]
    awards: int
    mean: Fraction | None
    """Of the quarters in which it was judged (五(二))."""
    barred: tuple[tuple[str, str], ...] = ()
    """Article and reason of each, of clerks."""
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Year:
    """The year, best mean first; departments are the mean of their windows' totals."""

    name: str
    quarters: tuple[str, ...]
    windows: tuple[OfYear, ...]
    departments: tuple[OfYear, ...]
    clerks: tuple[OfYear, ...]


def summary(name: str, quarters: Sequence[OfQuarter], rules: RuleSet) -> Year:
    """Sum up a year's quarters, by the ladders of its last rule set."""
    windows = [_of(subject, [_found(one.result.windows, subject.key) for one in quarters])
               for subject in _subjects(one.result.windows for one in quarters)]  # fmt: skip
    bannered = {one.subject.key for one in windows if one.awards}
    banner_departments = {one.subject.department for one in windows if one.awards}
    steps = _steps(quarters, rules)
    served = _served(quarters)
    clerks = []
    for subject in _subjects(one.result.clerks for one in quarters):
        at = served.get(subject.key, frozenset())
        has_banner = bool(at & bannered) or (subject.department != "" and subject.department in banner_departments)
        mine = steps.get(subject.key, ())
        barred = [] if has_banner else [("一", NO_BANNER)]
        barred += [(one.ladder.article, f"{one.ladder.title}：{one.sanction}") for one in mine if one.fails_year]
        barred += [
            ("二(一)8", f"吃拿卡要，情节严重（{finding.id}）")
            for one in quarters
            for finding in one.quarter.findings
            if (finding.kind, finding.what, finding.clerk) == ("bribery", SEVERE, subject.key)
            and counts(finding, one.quarter)
        ]
        of = _of(subject, [_found(one.result.clerks, subject.key) for one in quarters])
        clerks.append(OfYear(of.subject, of.totals, of.ranks, of.awards, of.mean, tuple(barred), tuple(mine)))
    return Year(
        name, tuple(one.name for one in quarters), _sorted(windows), _sorted(_departments(windows)), _sorted(clerks)
    )


def _of(subject: Subject, results: Sequence[Result | None]) -> OfYear:
    totals = tuple(None if one is None else one.total for one in results)
    ranks = tuple(None if one is None else one.rank for one in results)
    return OfYear(subject, totals, ranks, sum(bool(one and one.award) for one in results), _mean(totals))


def _departments(windows: Iterable[OfYear]) -> list[OfYear]:
    by_name: dict[str, list[OfYear]] = {}
    for one in windows:
        by_name.setdefault(one.subject.department, []).append(one)
    found = []
    for name, of in by_name.items():
        totals = tuple(_mean(quarter) for quarter in zip(*(one.totals for one in of), strict=True))
        awards = sum(one.awards for one in of)
        found.append(OfYear(Subject(name, name, name), totals, (None,) * len(totals), awards, _mean(totals)))
    return found


def _steps(quarters: Sequence[OfQuarter], rules: RuleSet) -> dict[str, list[Step]]:
    """Each clerk's steps in the order of the findings' days, counted over the year."""
    ladders = {ladder.code: ladder for ladder in rules.ladders}
    found = [
        finding
        for one in quarters
        for finding in one.quarter.findings
        if finding.clerk is not None and counts(finding, one.quarter)
    ]
    steps: dict[str, list[Step]] = {}
    times: dict[tuple[str, str], int] = {}
    for finding in sorted(found, key=lambda one: (one.day, one.seq)):
        ladder = ladders.get(finding.what or LADDER_OF.get(finding.kind, ""))
        if ladder is not None and finding.clerk is not None:
            key = finding.clerk, ladder.code
            times[key] = times.get(key, 0) + 1
            steps.setdefault(finding.clerk, []).append(Step(ladder, times[key], finding))
    return steps


def _served(quarters: Sequence[OfQuarter]) -> Mapping[str, frozenset[str]]:
    """The windows (or departments) at which each clerk finished visits."""
    at: dict[str, set[str]] = {}
    for one in quarters:
        by_department = one.quarter.rules.decided("assessed_unit") == "department"
        for visit in one.quarter.visits:
            at.setdefault(visit.clerk, set()).add(visit.department if by_department else str(visit.window))
    return {clerk: frozenset(windows) for clerk, windows in at.items()}


def _subjects(results: Iterable[Sequence[Result]]) -> list[Subject]:
    """Everybody who was judged in a quarter, with their latest name."""
    found: dict[str, Subject] = {}
    for of_quarter in results:
        found |= {one.subject.key: one.subject for one in of_quarter}
    return list(found.values())


def _found(results: Sequence[Result], key: str) -> Result | None:
    return next((one for one in results if one.subject.key == key), None)


def _mean(totals: Sequence[Fraction | None]) -> Fraction | None:
    known = [total for total in totals if total is not None]
    return sum(known, Fraction(0)) / len(known) if known else None


def _sorted(found: Sequence[OfYear]) -> tuple[OfYear, ...]:
    def order(one: OfYear) -> tuple[Fraction, int, str]:
        key = one.subject.key
        return -(one.mean or Fraction(0)), int(key) if key.isdecimal() else 0, key

    return tuple(sorted(found, key=order))
