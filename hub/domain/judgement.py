"""From suspicion to decision, as pure functions from a case to facts: the machine flags, people find.

```
open ─ assign ─ assigned ─ decide(confirmed) ─ once_confirmed ─ second ─ confirmed ─┬─ appeal ─ appealed ─┬─ upheld
  ├────────────────┼───────────┼─ send back ─ assigned             (5 working days)  └─ lapses             └─ overturned
  ├────────────────┼────── decide(dismissed) ─ dismissed
  └────────────────┴────── decide(referred) ─ referred   (tier B alone)
```

Confirming takes two different people, neither the clerk concerned. Tier B asks for call-backs and can't be confirmed:
where people found it true it is referred, and only what they found by themselves may then be recorded. Watches on what
was left undone are of tier B and stand beside what is said of presses: neither keeps the other from being raised, and
their end is no finding about presses. A step that the state forbids raises StateForbids and yields no fact.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from hub.domain import events as e
from hub.domain.calendar import WorkCalendar
from hub.domain.model import CaseState
from hub.domain.state import Case
from hub.errors import BadValue, StateForbids

REVIEW_DAYS: Final = 10  # working days from a flag to its decision
APPEAL_DAYS: Final = 5  # working days to appeal: domain.md, `self_press_disqualifies`
ANSWER_DAYS: Final = 5  # working days from an appeal to its decision
OUTCOMES: Final = ("own", "denied", "unsure", "unreached")
"""What a called citizen says of a press: it was mine, it was not, I don't know; nobody answered."""
DECISIONS: Final = ("confirmed", "dismissed", "referred")
APPEAL_OUTCOMES: Final = ("upheld", "overturned")
WATCHES: Final = frozenset({"uninvited", "miscoded", "unplugged", "declared"})
"""Patterns of what a clerk left undone; `hub.selfpress` names the same."""
ARTICLES: Final = "三(八)、四(四)"  # 考核办法: 弄虚作假、擅自按键进行服务质量评价的
STATES: Final[dict[CaseState, str]] = {
    "open": "待分派",
    "assigned": "核查中",
    "once_confirmed": "一人已确认，待另一人复核",
    "confirmed": "已确认，申诉期内",
    "dismissed": "已排除",
    "referred": "查有实据，已转办",
    "appealed": "申诉中",
    "upheld": "申诉未成立，维持确认",
    "overturned": "申诉成立，已撤销",
}
Decision = Literal["confirmed", "dismissed", "referred"]


@dataclass(frozen=True, slots=True)
class CaseDays:
    """A case's times as hall-local days."""

    raised: date
    decided: date | None
    appealed: date | None


def assign(case: Case, to: str, by: str) -> list[e.Fact]:
    """Give the case to somebody who is not the clerk concerned."""
    _need(case, "assign", "open", "assigned", "once_confirmed")
    _apart(case, to)
    return [e.FlagAssigned(case.flag, to, by)]


def call_back(case: Case, press: str, outcome: str, by: str, note: str | None = None) -> list[e.Fact]:
    """What a citizen said about one of the presses concerned; of a watch `press` is the visit's ticket."""
    _need(case, "call-back", "open", "assigned", "once_confirmed", "appealed")
    if press not in (case.visits if case.pattern in WATCHES else case.presses):
        raise BadValue("press", "这条疑似所涉的按键或号票 (a press or ticket of this flag)", press)
    if outcome not in OUTCOMES:
        raise BadValue("outcome", " | ".join(OUTCOMES), outcome)
    _apart(case, by)
    return [e.FlagCalledBack(case.flag, press, outcome, by, note)]


def give_statement(case: Case, text: str, by: str) -> list[e.Fact]:
    """The clerk's own words; also those that were taken down for them."""
    _need(case, "statement", "open", "assigned", "once_confirmed", "confirmed", "appealed", "referred")
    return [e.FlagStated(case.flag, by, text)]


def note(case: Case, text: str, by: str) -> list[e.Fact]:
    """What the camera showed."""
    _need(case, "note", "open", "assigned", "once_confirmed", "appealed")
    _apart(case, by)
    return [e.FlagNoted(case.flag, by, text)]


def decide(
    case: Case,
    decision: str,
    reason: str,
    by: str,
    finding: str,
    habit: str | None = None,
    presses: Sequence[str] | None = None,
) -> list[e.Fact]:
    """One person's decision; `finding` is the id that a dismissal's record gets, `presses` what is confirmed.

    Referring a tier B flag ends it without a finding: the reason says what was found and where it was taken up.
    """
    _need(case, "decision", "open", "assigned")
    _apart(case, by)
    if decision not in DECISIONS:
        raise BadValue("decision", " | ".join(DECISIONS), decision)
    if decision == "confirmed":
        if case.tier != "A":
            why = "乙类线索只用于安排回访，不能认定；查有实据的，请转办 (tier B can't be confirmed; refer it)"
            raise StateForbids("decision", case.state, why)
        for press in presses or ():
            if press not in case.presses:
                raise BadValue("presses", "这条疑似所涉的按键 (presses of this flag)", press)
        return [e.FlagDecided(case.flag, decision, reason, by, None, None if presses is None else tuple(presses))]
    if decision == "referred":
        if case.tier != "B":
            why = "甲类疑似须确认或排除，不能转办 (tier A is confirmed or dismissed)"
            raise StateForbids("decision", case.state, why)
        if not case.notes and "denied" not in case.calls.values():
            why = "还没有查到实据：先登记回访或监控记录 (nothing was found yet: record a call-back or a camera note)"
            raise StateForbids("decision", case.state, why)
        return [e.FlagDecided(case.flag, decision, reason, by)]
    decided = e.FlagDecided(case.flag, decision, reason, by, habit)
    return [decided] if case.pattern in WATCHES else [decided, _finding(case, finding, "dismissed", reason)]


def second(case: Case, by: str, finding: str) -> list[e.Fact]:
    """Another person confirms, and so it is found."""
    _need(case, "second", "once_confirmed")
    _apart(case, by)
    if by == case.first_by:
        raise StateForbids("second", case.state, "复核须由另一人作出 (a different person)")
    return [e.FlagSeconded(case.flag, by), _finding(case, finding, "confirmed", case.reason)]


def send_back(case: Case, reason: str, by: str) -> list[e.Fact]:
    """Whoever confirmed withdraws it, or another person doesn't agree: the inquiry goes on."""
    _need(case, "return", "once_confirmed")
    _apart(case, by)
    return [e.FlagReturned(case.flag, reason, by)]


def cautions(case: Case, needed: int) -> list[str]:
    """What speaks against confirming now, in Chinese; `needed` answered call-backs would settle it.

    They forbid nothing: a camera may show what no citizen remembers. Who confirms has seen them.
    """
    if not case.presses or case.tier != "A":
        return []
    said = Counter(case.calls.values())
    answered = said["own"] + said["denied"] + said["unsure"]
    told = []
    if not answered:
        told.append("还没有一位群众答复回访" + ("" if case.notes else "，也没有监控记录"))
    elif answered < needed:
        told.append(f"有效答复 {answered} 个，少于判明所需的约 {needed} 个")
    if said["own"] and said["own"] >= said["denied"]:
        told.append(f"群众答复与疑似不符：{said['own']} 人说是本人所按，{said['denied']} 人否认")
    if not case.statements:
        told.append("还没有当事人的陈述")
    return told


def appeal(case: Case, reason: str, by: str, today: date, decided: date, calendar: WorkCalendar) -> list[e.Fact]:
    """The clerk concerned appeals, within five working days after the finding."""
    _need(case, "appeal", "confirmed")
    last = calendar.add_workdays(decided, APPEAL_DAYS)
    if today > last:
        raise StateForbids("appeal", case.state, f"申诉期已于 {last} 届满 (the term is over)")
    assert case.finding is not None
    return [e.FindingAppealed(case.finding, by, reason)]


def decide_appeal(case: Case, outcome: str, reason: str, by: str) -> list[e.Fact]:
    """Somebody who did not confirm decides the appeal."""
    _need(case, "appeal-decision", "appealed")
    _apart(case, by)
    if outcome not in APPEAL_OUTCOMES:
        raise BadValue("outcome", " | ".join(APPEAL_OUTCOMES), outcome)
    if by in {case.first_by, case.second_by}:
        raise StateForbids("appeal-decision", case.state, "申诉须由未参与确认的人员作出决定 (nobody who confirmed)")
    assert case.finding is not None
    return [e.AppealDecided(case.finding, outcome, reason, by)]


def is_said_already(cases: Iterable[Case], clerk: str, quarter: str, pattern: str, tier: str) -> bool:
    """Whether a new flag would say nothing new.

    One a clerk and quarter, and a tier A flag beside an earlier one of tier B, since it says more; of watches one a
    pattern.
    """
    of_it = [case for case in cases if (case.clerk, case.quarter) == (clerk, quarter)]
    if pattern in WATCHES:
        return any(case.pattern == pattern for case in of_it)
    return any(case.pattern not in WATCHES and (case.tier == "A" or tier == "B") for case in of_it)


def stands(case: Case, decided: date | None, today: date, calendar: WorkCalendar) -> bool:
    """Whether the award rules may know of it: confirmed, and the appeal lapsed or failed. A watch never is."""
    if case.tier != "A" or decided is None:
        return False
    lapsed = case.state == "confirmed" and today > calendar.add_workdays(decided, APPEAL_DAYS)
    return lapsed or case.state == "upheld"


def struck(cases: Iterable[Case]) -> frozenset[str]:
    """Presses that leave both rates; give it the cases that stand.

    Those that the confirmation names, or all of the flag; those whose citizen said that it was their own stay.
    """
    return frozenset(
        press
        for case in cases
        for press in (case.presses if case.found is None else case.found)
        if case.calls.get(press) != "own"
    )


def deadline(case: Case, calendar: WorkCalendar, days: CaseDays) -> date | None:
    """The last day for the next step; None where none is awaited."""
    match case.state:
        case "open" | "assigned" | "once_confirmed":
            return calendar.add_workdays(days.raised, REVIEW_DAYS)
        case "confirmed" if days.decided is not None:
            return calendar.add_workdays(days.decided, APPEAL_DAYS)
        case "appealed" if days.appealed is not None:
            return calendar.add_workdays(days.appealed, ANSWER_DAYS)
    return None


def overdue(case: Case, calendar: WorkCalendar, days: CaseDays, today: date) -> int:
    """Working days since the last day for a step that people owe; 0 where none is late.

    Being late decides nothing. An appeal's term that ends is nobody's step: it has lapsed, which `stands` tells.
    """
    last = deadline(case, calendar, days)
    if last is None or case.state == "confirmed" or today <= last:
        return 0
    return max(1, calendar.workdays_between(last, today))


def _finding(case: Case, finding: str, status: str, why: str) -> e.FindingRecorded:
    article = ARTICLES if status == "confirmed" else ""
    return e.FindingRecorded(finding, "self_press", case.window, case.clerk, status, article, why, case.flag)


def _need(case: Case, step: str, *states: CaseState) -> None:
    if case.state not in states:
        raise StateForbids(step, case.state, f"这条疑似现在是“{STATES[case.state]}” (it is {case.state})")


def _apart(case: Case, name: str) -> None:
    """Nobody judges their own case."""
    if name == case.clerk:
        raise StateForbids("judge", case.state, "当事人不能参与核查 (the clerk concerned can't take part)")
