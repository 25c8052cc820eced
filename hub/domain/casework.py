"""办件: cases of six kinds and their clocks, in working days (六件分类法, 限时办结制; domain.md).

```
即办 immediate   done the same day
承诺 promised    promised working days from receipt        联办 joint, 上报 reported: likewise
补办 supplement  the same, from the day on which the materials are complete
驳回 rejected    told within three working days; 复核 on request
```

A listed special procedure (听证, 招标 …, 通则第二十三条) stops a clock. 绿色通道: half the statutory days at most.
Every step that moves a clock is followed by a fact with the due day as it was told; where the calendar of a year comes
later, `recomputed` tells what changes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Final, Literal

from hub.domain import events as e
from hub.domain.calendar import WorkCalendar
from hub.domain.model import Setup
from hub.errors import BadValue, StateForbids

CaseKind = Literal["immediate", "promised", "supplement", "joint", "rejected", "reported"]
KINDS: Final[Mapping[str, str]] = {
    "immediate": "即办件",
    "promised": "承诺件",
    "supplement": "补办件",
    "joint": "联办件",
    "rejected": "驳回件",
    "reported": "上报件",
}
PROCEDURES: Final[Mapping[str, str]] = {
    "hearing": "听证",
    "tender": "招标",
    "auction": "拍卖",
    "inspection": "检验",
    "testing": "检测",
    "quarantine": "检疫",
    "appraisal": "鉴定",
    "expert_review": "专家评审",
}
"""Special procedures whose time is not counted: 通则第二十三条."""
OUTCOMES: Final[Mapping[str, str]] = {"done": "办结", "refused": "不予批准", "withdrawn": "申请人撤回"}
REVIEWS: Final[Mapping[str, str]] = {"asked": "复核中", "upheld": "维持驳回", "overturned": "撤销驳回，重新受理"}
REJECTED_DAYS: Final = 3  # 驳回件的管理 1: 最迟不超过三个工作日
SOON_DAYS: Final = 3
"""Working days before a due day from which a case is due soon."""
Standing = Literal["waiting", "stopped", "running", "soon", "today", "overdue", "closed"]
STANDINGS: Final[Mapping[Standing, str]] = {
    "overdue": "已超时",
    "today": "今天到期",
    "soon": "即将到期",
    "running": "办理中",
    "stopped": "停钟",
    "waiting": "待补齐材料",
    "closed": "已办结",
}


@dataclass(slots=True)
class Stop:
    """Days on which a clock stood still: from the day after `begin` up to and including `end`."""

    procedure: str
    begin: str
    end: str | None = None


@dataclass(slots=True)
class Filing:
    """One case, folded from its facts. Days are ISO dates."""

    case: str
    kind: str
    service: str
    department: str
    day: str
    """Received."""
    window: int | None = None
    clerk: str | None = None
    ticket: str | None = None
    promised: int | None = None
    statutory: int | None = None
    is_green: bool = False
    materials: str | None = None
    """补办件: complete since."""
    stops: list[Stop] = field(default_factory=list)
    due: str | None = None
    """As it was told last; None while the clock stands or there is none."""
    is_estimated: bool = False
    closed: str | None = None
    outcome: str = ""
    note: str = ""
    review: str = ""

    @property
    def start(self) -> date | None:
        """The day from which its term runs; None where materials are missing."""
        begun = self.materials if self.kind == "supplement" else self.day
        return None if begun is None else date.fromisoformat(begun)

    @property
    def is_stopped(self) -> bool:
        """Whether a special procedure runs."""
        return bool(self.stops) and self.stops[-1].end is None


@dataclass(frozen=True, slots=True)
class Opening:
    """A case as it is handed in."""

    case: str
    kind: str
    service: str
    department: str
    day: date
    window: int | None = None
    clerk: str | None = None
    ticket: str | None = None
    promised: int | None = None
    statutory: int | None = None
    is_green: bool = False


# --- folds -----------------------------------------------------------------------------------------------------------


CASE_FACTS: Final[tuple[type[e.Fact], ...]] = (
    e.CaseOpened,
    e.CaseCompleted,
    e.CaseStopped,
    e.CaseResumed,
    e.CaseDue,
    e.CaseClosed,
    e.CaseReviewAsked,
    e.CaseReviewed,
)


def fold(filings: dict[str, Filing], fact: e.Fact) -> None:
    """Apply one of `CASE_FACTS`; what it doesn't know of is passed over."""
    if isinstance(fact, e.CaseOpened):
        filings[fact.case] = Filing(
            fact.case, fact.case_kind, fact.service, fact.department, fact.day, fact.window, fact.clerk, fact.ticket,
            fact.promised, fact.statutory, fact.green, closed=fact.closed, outcome="done" if fact.closed else "",
        )  # fmt: skip
        return
    one = filings.get(getattr(fact, "case", ""))
    if one is None:
        return
    match fact:
        case e.CaseCompleted():
            one.materials = fact.day
        case e.CaseStopped():
            one.stops.append(Stop(fact.procedure, fact.day))
        case e.CaseResumed() if one.is_stopped:
            one.stops[-1].end = fact.day
        case e.CaseDue():
            one.due, one.is_estimated = fact.due, fact.estimated
        case e.CaseClosed():
            one.closed, one.outcome, one.note = fact.day, fact.outcome, fact.note
        case e.CaseReviewAsked():
            one.review = "asked"
        case e.CaseReviewed():
            one.review = fact.outcome


# --- the clock -------------------------------------------------------------------------------------------------------


def limit(one: Filing) -> int | None:
    """Working days that the case may take; None where none is known."""
    if one.kind == "immediate":
        return 0
    if one.kind == "rejected":
        return REJECTED_DAYS
    usual = one.promised if one.promised is not None else one.statutory
    if one.is_green and one.statutory is not None:
        half = one.statutory // 2
        return half if usual is None else min(half, usual)
    return usual


def stopped_days(one: Filing, calendar: WorkCalendar) -> int:
    """Working days on which the clock stood still, of stops that are over."""
    return sum(
        calendar.workdays_between(date.fromisoformat(stop.begin), date.fromisoformat(stop.end))
        for stop in one.stops
        if stop.end is not None
    )


def due_day(one: Filing, calendar: WorkCalendar) -> date | None:
    """The last day; None while materials are missing, the clock stands, or no term is known."""
    days, start = limit(one), one.start
    if days is None or start is None or one.is_stopped:
        return None
    return calendar.add_workdays(start, days + stopped_days(one, calendar))


def used_days(one: Filing, calendar: WorkCalendar) -> int | None:
    """Working days from the start to the close, without those that don't count; None while it is open."""
    if one.closed is None or one.start is None:
        return None
    return max(0, calendar.workdays_between(one.start, date.fromisoformat(one.closed)) - stopped_days(one, calendar))


def standing(one: Filing, today: date, calendar: WorkCalendar) -> Standing:
    """How a case stands today, by the due day as it was told."""
    if one.closed is not None:
        return "closed"
    if one.start is None:
        return "waiting"
    if one.due is None:
        return "stopped" if one.is_stopped else "running"
    due = date.fromisoformat(one.due)
    if today > due:
        return "overdue"
    if today == due:
        return "today"
    return "soon" if calendar.workdays_between(today, due) <= SOON_DAYS else "running"


def overdue(one: Filing, today: date, calendar: WorkCalendar) -> int:
    """Working days past the due day, at the close or by today; 0 where it is in time."""
    if one.due is None:
        return 0
    due, end = date.fromisoformat(one.due), today if one.closed is None else date.fromisoformat(one.closed)
    return max(1, calendar.workdays_between(due, end)) if end > due else 0


# --- steps -----------------------------------------------------------------------------------------------------------


def opened(new: Opening, known: Mapping[str, Filing], calendar: WorkCalendar, by: str) -> list[e.Fact]:
    """A case is received; BadValue, StateForbids where its number is taken."""
    if new.kind not in KINDS:
        raise BadValue("case_kind", " | ".join(KINDS), new.kind)
    if new.case in known:
        raise StateForbids("case", "open", f"办件编号 {new.case} 已登记 (the number is taken)")
    if new.is_green and new.statutory is None:
        raise BadValue("green", "绿色通道须有法定时限 statutory_days (needs the statutory days)", new.service)
    day = new.day.isoformat()
    fact = e.CaseOpened(
        new.case, new.kind, new.service, new.department, new.window, new.clerk, day, new.promised, new.statutory,
        new.is_green, new.ticket, day if new.kind == "immediate" else None, by,
    )  # fmt: skip
    return _timed({}, fact, calendar)


def of_visit(finished: e.Fact, setup: Setup, known: Mapping[str, Filing], today: date) -> list[e.Fact]:
    """The cases that a finished visit opens: its matters with a kind. A number that is known already is that case."""
    assert isinstance(finished, e.TicketFinished)
    facts: list[e.Fact] = []
    numbers = set(known)
    desk = setup.windows.get(finished.window)
    for at, matter in enumerate(finished.matters, 1):
        case = matter.case_no or f"{finished.ticket}-{at}"
        if matter.case_kind not in KINDS or case in numbers:
            continue
        numbers.add(case)
        code = matter.service or finished.service
        service = setup.services.get(code)
        terms = (None, None) if service is None else (service.promised_days, service.statutory_days)
        department = "" if desk is None else desk.department
        whose = (finished.window, finished.clerk, finished.ticket)
        new = Opening(case, str(matter.case_kind), code, department, today, *whose, *terms)
        facts += opened(new, {}, setup.calendar, finished.by)
    return facts


def completed(one: Filing, day: date, today: date, calendar: WorkCalendar, by: str) -> list[e.Fact]:
    """补办件: the materials are complete."""
    if one.kind != "supplement":
        raise StateForbids("materials", one.kind, "只有补办件登记补齐材料 (only a supplement case)")
    _open(one, "materials")
    if one.materials is not None:
        raise StateForbids("materials", "complete", f"材料已于 {one.materials} 补齐 (complete already)")
    _between(one, day, today)
    return _timed({one.case: one}, e.CaseCompleted(one.case, day.isoformat(), by), calendar)


def stopped(one: Filing, procedure: str, day: date, today: date, calendar: WorkCalendar, by: str) -> list[e.Fact]:
    """A special procedure begins: the clock stands."""
    _open(one, "stop")
    if procedure not in PROCEDURES:
        raise BadValue("procedure", " | ".join(PROCEDURES), procedure)
    if one.is_stopped:
        raise StateForbids("stop", "stopped", f"已因{PROCEDURES[one.stops[-1].procedure]}停钟 (stopped already)")
    if one.start is None:
        raise StateForbids("stop", "waiting", "材料未补齐，时限还没有开始 (the clock hasn't begun)")
    _between(one, day, today)
    if one.stops and day < date.fromisoformat(one.stops[-1].end or one.day):
        raise BadValue("day", f"不早于上次恢复计时的 {one.stops[-1].end} (not before the last resuming)", str(day))
    return _timed({one.case: one}, e.CaseStopped(one.case, procedure, day.isoformat(), by), calendar)


def resumed(one: Filing, day: date, today: date, calendar: WorkCalendar, by: str) -> list[e.Fact]:
    """It is over: the clock goes on, and the due day moves by the working days that it stood."""
    _open(one, "resume")
    if not one.is_stopped:
        raise StateForbids("resume", "running", "没有停钟 (the clock runs)")
    if not date.fromisoformat(one.stops[-1].begin) <= day <= today:
        raise BadValue("day", f"{one.stops[-1].begin} 至今天 (from the stop to today)", str(day))
    return _timed({one.case: one}, e.CaseResumed(one.case, day.isoformat(), by), calendar)


def closed(one: Filing, outcome: str, note: str, day: date, today: date, by: str) -> list[e.Fact]:
    """It is done, refused or withdrawn."""
    _open(one, "finish")
    if outcome not in OUTCOMES:
        raise BadValue("outcome", " | ".join(OUTCOMES), outcome)
    if outcome == "done" and one.start is None:
        raise StateForbids("finish", "waiting", "补办件须先登记补齐材料 (record the complete materials first)")
    if one.is_stopped and outcome != "withdrawn":
        raise StateForbids("finish", "stopped", "正在停钟，请先恢复计时 (resume the clock first)")
    _between(one, day, today)
    return [e.CaseClosed(one.case, day.isoformat(), outcome, note, by)]


def review_asked(one: Filing, reason: str, by: str) -> list[e.Fact]:
    """驳回件: the citizen asks for 复核."""
    if one.kind != "rejected" and one.outcome != "refused":
        raise StateForbids("review", one.kind, "只有驳回件可申请复核 (only what was rejected)")
    if one.review:
        raise StateForbids("review", one.review, f"复核：{REVIEWS[one.review]} (asked already)")
    return [e.CaseReviewAsked(one.case, by, reason)]


def reviewed(one: Filing, outcome: str, reason: str, by: str) -> list[e.Fact]:
    """复核裁定."""
    if one.review != "asked":
        raise StateForbids("review", one.review or "none", "没有待裁定的复核 (no review was asked for)")
    if outcome not in ("upheld", "overturned"):
        raise BadValue("outcome", "upheld | overturned", outcome)
    if by == one.clerk:
        raise StateForbids("review", one.review, "复核不能由经办人裁定 (not by the clerk of the case)")
    return [e.CaseReviewed(one.case, outcome, reason, by)]


def recomputed(filings: Iterable[Filing], calendar: WorkCalendar) -> list[e.Fact]:
    """Due days of open cases that the calendar now puts elsewhere, or that are no estimate any more."""
    facts: list[e.Fact] = []
    for one in filings:
        if one.closed is None:
            told = _due(one, calendar)
            if (told.due, told.estimated) != (one.due, one.is_estimated):
                facts.append(told)
    return facts


def _timed(known: Mapping[str, Filing], fact: e.Fact, calendar: WorkCalendar) -> list[e.Fact]:
    """The fact, and the due day as it is told after it."""
    copies = {case: copied(one) for case, one in known.items()}
    fold(copies, fact)
    (one,) = copies.values()
    return [fact, _due(one, calendar)]


def copied(one: Filing) -> Filing:
    """A case that may be folded on apart."""
    fields = {name: getattr(one, name) for name in Filing.__dataclass_fields__}
    return Filing(**fields | {"stops": [Stop(stop.procedure, stop.begin, stop.end) for stop in one.stops]})


def _due(one: Filing, calendar: WorkCalendar) -> e.CaseDue:
    due, start = due_day(one, calendar), one.start
    estimated = due is not None and start is not None and calendar.estimated(start, due)
    return e.CaseDue(one.case, None if due is None else due.isoformat(), estimated)


def _open(one: Filing, step: str) -> None:
    if one.closed is not None:
        raise StateForbids(step, "closed", f"已于 {one.closed} {OUTCOMES.get(one.outcome, '办结')} (it is closed)")


def _between(one: Filing, day: date, today: date) -> None:
    first = date.fromisoformat(one.materials or one.day)
    if not first <= day <= today:
        raise BadValue("day", f"{first} 至今天 {today} (from its start to today)", str(day))


# --- numbers ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pace:
    """What a quarter's cases say: 办结率 and 提速率, with their counts."""

    due: int = 0
    """Closed in the quarter, or due in it and still open."""
    in_time: int = 0
    speeds: tuple[Fraction, ...] = ()
    """Of each 承诺件 closed as done: 1 − days used ÷ days given."""
    unknown: int = 0
    """承诺件 among them whose statutory days are not known: each counts as 0."""

    @property
    def completed_share(self) -> Fraction | None:
        """规定时限内办结率; None without cases."""
        return Fraction(self.in_time, self.due) if self.due else None

    @property
    def speed_up(self) -> Fraction | None:
        """提速率, the mean; None without 承诺件."""
        return sum(self.speeds, Fraction(0)) / len(self.speeds) if self.speeds else None


def pace(
    filings: Iterable[Filing], begin: date, end: date, calendar: WorkCalendar, speed_up_of: str = "statutory_days"
) -> Pace:
    """The cases of the days from `begin` to `end`; `speed_up_of`: the decision of that name."""
    due = in_time = unknown = 0
    speeds = []
    for one in filings:
        last = None if one.due is None else date.fromisoformat(one.due)
        done = None if one.closed is None else date.fromisoformat(one.closed)
        if done is not None and begin <= done <= end:
            if one.outcome == "withdrawn":
                continue
            due += 1
            in_time += last is None or done <= last
            if one.kind == "promised" and one.outcome == "done":
                given = one.statutory if speed_up_of == "statutory_days" else one.promised
                unknown += not given
                used = used_days(one, calendar) or 0
                speeds.append(1 - Fraction(used, given) if given else Fraction(0))
        elif last is not None and begin <= last <= end and (done is None or done > end):
            due += 1
    return Pace(due, in_time, tuple(speeds), unknown)


@dataclass(frozen=True, slots=True)
class Board:
    """限时办结: how many cases of a department stand how today, and the quarter's pace."""

    department: str
    standings: Mapping[Standing, int]
    pace: Pace


def boards(
    filings: Sequence[Filing], begin: date, today: date, calendar: WorkCalendar, speed_up_of: str = "statutory_days"
) -> list[Board]:
    """A board for each department, by name; the quarter's pace from `begin` to today."""
    by_department: dict[str, list[Filing]] = {}
    for one in filings:
        by_department.setdefault(one.department, []).append(one)
    return [
        Board(
            name,
            Counter(standing(one, today, calendar) for one in of),
            pace(of, begin, today, calendar, speed_up_of),
        )
        for name, of in sorted(by_department.items())
    ]
