"""A quarter's editions: what was closed, made again from the log, and what a later one changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import takewhile

from hub.domain import events as e
from hub.domain.assessment import Assessment, Quarter, Result, assess, shown
from hub.domain.callbacks import quarter_days
from hub.domain.rates import percent
from hub.domain.rules import RuleSet, in_force
from hub.errors import NotFound, StateForbids
from hub.eventlog import EventLog
from hub.report.gather import Basis, gather


@dataclass(frozen=True, slots=True)
class Made:
    """A quarter as it was closed, or as it would close now."""

    name: str
    quarter: Quarter
    result: Assessment
    closed: e.QuarterClosed | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What one edition says of a subject otherwise than the one before."""

    sheet: str
    subject: str
    what: str
    """In Chinese: 总分, 名次, …."""
    was: str
    now: str


def editions(log: EventLog, quarter: str) -> list[e.QuarterClosed]:
    """The editions of a quarter, the first one first. Blocks while it reads."""
    rows = (row.fact for row in log.replay(kinds=(e.QuarterClosed.kind,)))
    return [fact for fact in rows if isinstance(fact, e.QuarterClosed) and fact.quarter == quarter]


def latest(log: EventLog) -> e.QuarterClosed | None:
    """The last quarter's last edition. Blocks while it reads."""
    rows = (row.fact for row in log.replay(kinds=(e.QuarterClosed.kind,)))
    closed = [fact for fact in rows if isinstance(fact, e.QuarterClosed)]
    return max(closed, key=lambda fact: (fact.quarter, fact.edition), default=None)


def edition(found: Sequence[e.QuarterClosed], quarter: str, number: int) -> e.QuarterClosed:
    """One of them; NotFound."""
    chosen = next((one for one in found if one.edition == number), None)
    if chosen is None:
        raise NotFound("edition", f"{quarter} 第 {number} 版")
    return chosen


def rules_of(sets: Sequence[RuleSet], quarter: str) -> RuleSet:
    """The rule set in force on the quarter's first day; StateForbids where none was."""
    first_day, _ = quarter_days(quarter)
    rules = in_force(sets, first_day)
    if rules is None:
        raise StateForbids("report", quarter, f"{first_day} 尚无生效的规则集 (no rule set was in force)")
    return rules


def made(
    log: EventLog,
    basis: Basis,
    *,
    closed: e.QuarterClosed | None = None,
    upto: int | None = None,
    progress: Callable[[int], None] = lambda _seq: None,
) -> Made:
    """The quarter as an edition has it, or by the facts up to `upto`, all where none is given. Blocks."""
    if closed is not None:
        upto, basis = closed.upto_seq, replace(basis, closed=date.fromisoformat(closed.as_of))
    records = log.replay()
    if upto is not None:
        last = upto
        records = takewhile(lambda recorded: recorded.seq <= last, records)
    facts = gather(records, basis, progress)
    return Made(basis.quarter, facts, assess(facts), closed)


def changes(before: Assessment, after: Assessment) -> list[Change]:
    """What is otherwise, by sheet and subject."""
    found = []
    for sheet, olds, news in (("window", before.windows, after.windows), ("clerk", before.clerks, after.clerks)):
        was = {one.subject.key: _told(one) for one in olds}
        now = {one.subject.key: _told(one) for one in news}
        for key in sorted(was.keys() | now.keys()):
            old, new = was.get(key, {}), now.get(key, {})
            found += [
                Change(sheet, key, what, old.get(what, ""), new.get(what, ""))
                for what in dict.fromkeys((*old, *new))
                if old.get(what, "") != new.get(what, "")
            ]
    return found


def _told(one: Result) -> dict[str, str]:
    return {
        "办结": str(one.counts.finished),
        "评议率": percent(one.rated_share),
        "满意率": percent(one.satisfied_share),
        "总分": shown(one.total),
        "取消资格": "、".join(one.reasons),
        "名次": "" if one.rank is None else str(one.rank),
        "奖项": one.award,
    }
