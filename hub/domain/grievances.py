"""差评核实整改 and 投诉: what citizens were not content with, from the press or the complaint to what was found.

```
差评  a rating of level 1 or 2 ─ verify ─┬─ founded ─ rectify ─ call back ─ closed
                                         └─ unfounded, unclear ─────────── closed      (a correction closes it too)
投诉  received ─ answer in writing, founded or not ─ closed
```

What is founded is a finding of people, and only that reaches the quarter. Terms are working days of the rule set.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from hub.domain import events as e
from hub.domain.calendar import WorkCalendar
from hub.errors import BadValue, StateForbids

LOW: Final = 2
"""Levels up to it are bad ratings (差评): the last two of five by national policy."""
VERDICTS: Final = {"founded": "属实", "unfounded": "不属实", "unclear": "无法查实"}
HEARD: Final = {"content": "满意", "not_content": "不满意", "unreached": "未接通"}
CHANNELS: Final = {"kiosk": "取号机", "phone": "手机", "telephone": "电话", "counter": "窗口", "letter": "来信"}
BadState = Literal["to_verify", "to_rectify", "to_call_back", "closed"]
BAD_STATES: Final[dict[BadState, str]] = {
    "to_verify": "待核实",
    "to_rectify": "待整改",
    "to_call_back": "待回访",
    "closed": "已办结",
}


@dataclass(slots=True)
class BadRating:
    """One bad rating on its way."""

    rating: str
    ticket: str
    window: int
    clerk: str
    level: int
    day: str
    verdict: str = ""
    rectified: str | None = None
    heard: str = ""
    closed: str | None = None
    note: str = ""

    @property
    def state(self) -> BadState:
        """What is awaited next."""
        if self.closed is not None:
            return "closed"
        if not self.verdict:
            return "to_verify"
        return "to_rectify" if self.rectified is None else "to_call_back"


@dataclass(slots=True)
class Complaint:
    """One complaint of the register."""

    complaint: str
    seq: int
    """Where the log has its words, as long as they are kept."""
    channel: str
    day: str
    window: int | None
    clerk: str | None
    answered: str | None = None
    verdict: str = ""
    answer: str = ""


# --- 差评 ------------------------------------------------------------------------------------------------------------


def verify(one: BadRating, verdict: str, note: str, day: date, by: str, finding: str) -> list[e.Fact]:
    """Whether it is founded; founded is a finding (评价不满意, 经查实)."""
    _awaited(one, "verify", "to_verify")
    if verdict not in VERDICTS:
        raise BadValue("verdict", " | ".join(VERDICTS), verdict)
    _apart(one.clerk, by)
    fact = e.BadRatingVerified(one.rating, verdict, note, day.isoformat(), by)
    if verdict != "founded":
        return [fact]
    made = (one.window, one.clerk, "confirmed", "", note, None, None, None, one.day, by)
    return [fact, e.FindingRecorded(finding, "dissatisfied", *made)]


def rectify(one: BadRating, note: str, day: date, by: str) -> list[e.Fact]:
    """What was put right."""
    _awaited(one, "rectify", "to_rectify")
    return [e.BadRatingRectified(one.rating, note, day.isoformat(), by)]


def call_back(one: BadRating, heard: str, day: date, by: str, note: str | None = None) -> list[e.Fact]:
    """What the citizen says now; nobody reached leaves it open."""
    _awaited(one, "call-back", "to_call_back")
    if heard not in HEARD:
        raise BadValue("heard", " | ".join(HEARD), heard)
    _apart(one.clerk, by)
    return [e.BadRatingCalledBack(one.rating, heard, day.isoformat(), by, note)]


def fold_bad(known: dict[str, BadRating], fact: e.Fact, day: str) -> None:
    """Apply a fact of bad ratings; `day` is the fact's own."""
    if isinstance(fact, e.RatingRecorded):
        if fact.level <= LOW:
            made = BadRating(fact.rating, fact.ticket, fact.window, fact.clerk, fact.level, day)
            known[fact.rating] = made
        return
    one = known.get(getattr(fact, "rating", ""))
    if one is None:
        return
    match fact:
        case e.RatingCorrected(level=level) if level > LOW:
            one.closed, one.note = day, f"误评更正：{fact.register}"
        case e.BadRatingVerified():
            one.verdict, one.note = fact.verdict, fact.note
            one.closed = None if fact.verdict == "founded" else fact.day
        case e.BadRatingRectified():
            one.rectified = fact.day
        case e.BadRatingCalledBack():
            one.heard = fact.heard
            one.closed = None if fact.heard == "unreached" else fact.day


# --- 投诉 ------------------------------------------------------------------------------------------------------------


def answer(one: Complaint, verdict: str, text: str, day: date, by: str, finding: str) -> list[e.Fact]:
    """The written answer, and with it whether the complaint is founded: a finding either way."""
    if one.answered is not None:
        raise StateForbids("answer", "answered", f"已于 {one.answered} 答复 (answered already)")
    if verdict not in VERDICTS:
        raise BadValue("verdict", " | ".join(VERDICTS), verdict)
    _apart(one.clerk, by)
    facts: list[e.Fact] = [e.ComplaintAnswered(one.complaint, verdict, text, day.isoformat(), by)]
    if one.window is not None or one.clerk is not None:
        status = "confirmed" if verdict == "founded" else "dismissed"
        made = (one.window, one.clerk, status, "", f"投诉 {one.complaint}", None, None, None, one.day, by)
        facts.append(e.FindingRecorded(finding, "complaint", *made))
    return facts


def fold_complaint(known: dict[str, Complaint], fact: e.Fact, seq: int) -> None:
    """Apply a fact of the register."""
    match fact:
        case e.ComplaintReceived():
            known[fact.complaint] = Complaint(fact.complaint, seq, fact.channel, fact.day, fact.window, fact.clerk)
        case e.ComplaintAnswered() if fact.complaint in known:
            one = known[fact.complaint]
            one.answered, one.verdict, one.answer = fact.day, fact.verdict, fact.answer


# --- terms -----------------------------------------------------------------------------------------------------------


def due_day(day: str, term: int, calendar: WorkCalendar) -> date:
    """The last day of a term of working days."""
    return calendar.add_workdays(date.fromisoformat(day), term)


def overdue(due: date, done: str | None, today: date, calendar: WorkCalendar) -> int:
    """Working days past it, at its end or by today."""
    end = today if done is None else date.fromisoformat(done)
    return max(1, calendar.workdays_between(due, end)) if end > due else 0


def _awaited(one: BadRating, step: str, state: BadState) -> None:
    if one.state != state:
        raise StateForbids(step, one.state, f"这条差评现在是“{BAD_STATES[one.state]}” (it is {one.state})")


def _apart(clerk: str | None, by: str) -> None:
    if clerk is not None and by == clerk:
        raise StateForbids("judge", "own", "当事人不能处理自己的差评或投诉 (the clerk concerned can't take part)")
