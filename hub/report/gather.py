"""Everything that a quarter is judged by, read from the log."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, tzinfo
from fractions import Fraction
from typing import Final

from hub.domain import events as e
from hub.domain import judgement
from hub.domain.assessment import Appeal, Entry, Finding, Opinion, Quarter, SheetName, Subject
from hub.domain.callbacks import quarter_days
from hub.domain.casework import CASE_FACTS, Filing, fold
from hub.domain.model import Setup
from hub.domain.rates import Visits
from hub.domain.rules import RuleSet
from hub.domain.state import HallState

_JUDGED: Final = (
    e.FlagRaised, e.FlagAssigned, e.FlagCalledBack, e.FlagDecided, e.FlagSeconded, e.FlagReturned, e.FindingRecorded,
    e.FindingAppealed, e.AppealDecided,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Basis:
    """Which quarter, of which hall, by which rules and as of when."""

    quarter: str
    """Such as 2026Q4."""
    setup: Setup
    zone: tzinfo
    rules: RuleSet
    today: date
    closed: date | None = None
    """The day on which it was closed; as of then appeals are judged."""


def gather(records: Iterable[e.Recorded], basis: Basis, progress: Callable[[int], None] = lambda _seq: None) -> Quarter:
    """What the facts say of a quarter. Blocks while it reads; `progress(seq)` now and then.

    A quarter that still runs is judged as of today, or of the last fact's day where that is later (an imported log);
    one that is over as of its last day, whenever it is asked for; one that was closed as of that day.
    """
    quarter, setup, zone = basis.quarter, basis.setup, basis.zone
    begin, end = quarter_days(quarter)

    def day_of(wall_ms: int) -> date:
        return datetime.fromtimestamp(wall_ms / 1000, UTC).astimezone(zone).date()

    visits = Visits(day_of, lambda window, _day: _department(setup, window))
    state = HallState()
    findings: dict[str, tuple[Finding, str | None]] = {}
    entries: list[Entry] = []
    thought: list[Opinion] = []
    filings: dict[str, Filing] = {}
    latest_ms = 0
    for recorded in records:
        if recorded.seq % 10_000 == 0:
            progress(recorded.seq)
        visits.apply(recorded)
        latest_ms = max(latest_ms, recorded.stamp.wall_ms)
        fact = recorded.fact
        if isinstance(fact, CASE_FACTS):
            fold(filings, fact)
        elif isinstance(fact, _JUDGED):
            state.apply(recorded)
        match fact:
            case e.FindingRecorded(status="confirmed"):
                findings[fact.finding] = _finding(fact, recorded, day_of), fact.flag
            case e.FindingAppealed(finding=finding):
                _appealed(findings, finding, "open")
            case e.AppealDecided(finding=finding, outcome=outcome):
                _appealed(findings, finding, "overturned" if outcome == "overturned" else "upheld")
            case e.PointsEntered() if fact.quarter == quarter:
                _entered(fact, recorded.seq, entries, thought)
    latest = max(basis.today, day_of(latest_ms))
    as_of = basis.closed or min(end, latest)
    mine = [finding for finding, flag in findings.values() if _is_of(finding, flag, state, quarter, (begin, end))]
    cases = [
        case
        for case in state.cases.values()
        if judgement.stands(case, None if case.decided_ms is None else day_of(case.decided_ms), as_of, setup.calendar)
    ]
    done = list(visits.between(begin, end))
    return Quarter(
        rules=basis.rules,
        visits=done,
        findings=mine,
        entries=entries,
        windows=_windows(setup, {visit.window for visit in done}),
        clerks=_clerks(setup, {visit.clerk for visit in done if visit.clerk}),
        as_of=as_of,
        is_over=basis.closed is not None or latest > end,
        calendar=setup.calendar,
        struck=judgement.struck(cases),
        opinions=thought,
        filings=list(filings.values()),
        days=(begin, end),
    )


def _is_of(finding: Finding, flag: str | None, state: HallState, quarter: str, days: tuple[date, date]) -> bool:
    """A finding from a flag belongs to the flag's quarter, however late it was confirmed; others to their day's."""
    case = state.cases.get(flag or "")
    return case.quarter == quarter if case is not None else days[0] <= finding.day <= days[1]


def _windows(setup: Setup, seen: set[int]) -> dict[int, Subject]:
    """Those of the configuration, and those that worked in the quarter and have left it since."""
    known = {n: Subject(str(n), one.name, one.department) for n, one in setup.windows.items()}
    return {n: known.get(n, Subject(str(n), f"{n}号窗口", "")) for n in sorted(known.keys() | seen)}


def _clerks(setup: Setup, seen: set[str]) -> dict[str, Subject]:
    known = {n: Subject(n, one.name, one.department) for n, one in setup.clerks.items()}
    return {n: known.get(n, Subject(n, n, "")) for n in sorted(known.keys() | seen)}


def _department(setup: Setup, window: int) -> str:
    found = setup.windows.get(window)
    return "" if found is None else found.department


def _finding(fact: e.FindingRecorded, recorded: e.Recorded, day_of: Callable[[int], date]) -> Finding:
    decided = day_of(recorded.stamp.wall_ms)
    return Finding(
        fact.finding,
        recorded.seq,
        fact.about,
        decided if fact.date is None else date.fromisoformat(fact.date),
        decided,
        fact.window,
        fact.clerk,
        fact.article,
        fact.note,
        fact.what,
        fact.half_days,
    )


def _appealed(findings: dict[str, tuple[Finding, str | None]], finding: str, appeal: Appeal) -> None:
    if finding in findings:
        found, flag = findings[finding]
        findings[finding] = replace(found, appeal=appeal), flag


def _entered(fact: e.PointsEntered, seq: int, entries: list[Entry], thought: list[Opinion]) -> None:
    entry = _entry(fact, seq)
    if fact.stage == "review":
        entries.append(entry)
    else:
        thought.append(Opinion("self" if fact.stage == "self" else "mutual", fact.by, entry))


def _entry(fact: e.PointsEntered, seq: int) -> Entry:
    sheet: SheetName = "window" if fact.sheet == "window" else "clerk"
    subject = str(fact.window) if sheet == "window" else str(fact.clerk)
    return Entry(seq, sheet, subject, fact.section, Fraction(fact.points), fact.note)
