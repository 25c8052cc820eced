"""The six kinds of cases and their clocks, worked out by hand from the calendar of autumn 2026."""

from datetime import date
from fractions import Fraction

import pytest

from hub.config.holidays import announced
from hub.domain import casework as c
from hub.domain import events as e
from hub.domain.casework import Filing, Opening
from hub.errors import BadValue, StateForbids

CALENDAR = announced()
TODAY = date(2026, 11, 30)
MONDAY = date(2026, 11, 2)


class Desk:
    """Cases and what was done with them."""

    def __init__(self) -> None:
        self.filings: dict[str, Filing] = {}
        self.facts: list[e.Fact] = []

    def do(self, facts: list[e.Fact]) -> None:
        self.facts += facts
        for fact in facts:
            c.fold(self.filings, fact)

    def open(self, kind: str = "promised", day: date = MONDAY, **more: object) -> Filing:
        fields: dict[str, object] = {"promised": 5, "statutory": 20} | more
        new = Opening(f"n{len(self.filings)}", kind, "social", "人社局", day, 3, "1001", **fields)  # type: ignore[arg-type]
        self.do(c.opened(new, self.filings, CALENDAR, "王"))
        return self.filings[new.case]


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.mark.parametrize(
    ("kind", "more", "due"),
    [
        ("promised", {}, "2026-11-09"),  # five working days after Monday the 2nd
        ("joint", {}, "2026-11-09"),
        ("reported", {"promised": None}, "2026-11-30"),  # by statute: twenty
        ("rejected", {}, "2026-11-05"),  # 最迟不超过三个工作日
        ("immediate", {}, "2026-11-02"),
        ("supplement", {}, None),  # materials are missing
        ("promised", {"is_green": True}, "2026-11-09"),  # half of twenty is more than was promised
        ("promised", {"is_green": True, "promised": 15}, "2026-11-16"),
        ("promised", {"is_green": True, "promised": None, "statutory": 7}, "2026-11-05"),  # half, rounded down
        ("promised", {"promised": None, "statutory": None}, None),
    ],
)
def test_each_kind_has_its_clock(desk: Desk, kind: str, more: dict[str, object], due: str | None) -> None:
    one = desk.open(kind, **more)
    assert (one.due, one.is_estimated) == (due, False)


def test_holidays_are_no_working_days_and_what_is_not_announced_is_an_estimate(desk: Desk) -> None:
    assert desk.open(day=date(2026, 9, 29)).due == "2026-10-12"  # 国庆 to 7 October, 10 October is worked
    one = desk.open(day=date(2026, 12, 30))
    assert (one.due, one.is_estimated) == ("2027-01-07", True)


def test_supplement_runs_from_the_complete_materials(desk: Desk) -> None:
    one = desk.open("supplement")
    assert c.standing(one, TODAY, CALENDAR) == "waiting"
    with pytest.raises(StateForbids, match="补齐"):
        c.closed(one, "done", "", TODAY, TODAY, "王")
    desk.do(c.completed(one, date(2026, 11, 11), TODAY, CALENDAR, "王"))
    assert one.due == "2026-11-18"
    with pytest.raises(StateForbids, match="已于"):
        c.completed(one, date(2026, 11, 12), TODAY, CALENDAR, "王")


def test_a_special_procedure_stops_the_clock(desk: Desk) -> None:
    one = desk.open()
    desk.do(c.stopped(one, "hearing", date(2026, 11, 4), TODAY, CALENDAR, "王"))
    assert (one.due, c.standing(one, TODAY, CALENDAR), c.overdue(one, TODAY, CALENDAR)) == (None, "stopped", 0)
    with pytest.raises(StateForbids, match="听证"):
        c.stopped(one, "tender", TODAY, TODAY, CALENDAR, "王")
    with pytest.raises(StateForbids, match="停钟"):
        c.closed(one, "done", "", TODAY, TODAY, "王")
    with pytest.raises(BadValue):
        c.resumed(one, date(2026, 11, 3), TODAY, CALENDAR, "王")
    desk.do(c.resumed(one, date(2026, 11, 18), TODAY, CALENDAR, "王"))
    assert one.due == "2026-11-23"  # ten working days later than the 9th
    desk.do(c.closed(one, "done", "", date(2026, 11, 20), TODAY, "王"))
    assert c.used_days(one, CALENDAR) == 4  # fourteen from the 2nd to the 20th, ten of them stood


def test_how_a_case_stands(desk: Desk) -> None:
    one = desk.open()
    days = {4: "soon", 3: "running", 9: "today", 10: "overdue", 14: "overdue"}
    assert {day: c.standing(one, date(2026, 11, day), CALENDAR) for day in days} == days
    assert [c.overdue(one, date(2026, 11, day), CALENDAR) for day in (9, 10, 14, 16)] == [0, 1, 4, 5]
    desk.do(c.closed(one, "done", "", date(2026, 11, 11), TODAY, "王"))
    assert (c.standing(one, TODAY, CALENDAR), c.overdue(one, TODAY, CALENDAR)) == ("closed", 2)
    with pytest.raises(StateForbids, match="2026-11-11 办结"):
        c.closed(one, "done", "", TODAY, TODAY, "王")


def test_a_rejection_may_be_reviewed_once_and_not_by_its_clerk(desk: Desk) -> None:
    one, other = desk.open("rejected"), desk.open()
    with pytest.raises(StateForbids, match="驳回件"):
        c.review_asked(other, "不服", "李")
    with pytest.raises(StateForbids, match="没有"):
        c.reviewed(one, "upheld", "因", "李")
    desk.do(c.review_asked(one, "材料是齐的", "李"))
    with pytest.raises(StateForbids, match="经办人"):
        c.reviewed(one, "upheld", "因", "1001")
    desk.do(c.reviewed(one, "overturned", "材料齐全", "李"))
    assert one.review == "overturned"
    with pytest.raises(StateForbids, match="重新受理"):
        c.review_asked(one, "再", "李")


def test_what_can_not_be_is_refused(desk: Desk) -> None:
    one = desk.open()
    for call in (
        lambda: c.opened(Opening("x", "answer", "s", "d", MONDAY), {}, CALENDAR, "王"),
        lambda: c.opened(Opening("x", "promised", "s", "d", MONDAY, is_green=True), {}, CALENDAR, "王"),
        lambda: c.stopped(one, "lunch", TODAY, TODAY, CALENDAR, "王"),
        lambda: c.closed(one, "lost", "", TODAY, TODAY, "王"),
        lambda: c.closed(one, "done", "", date(2026, 11, 1), TODAY, "王"),
        lambda: c.closed(one, "done", "", date(2026, 12, 1), TODAY, "王"),
    ):
        with pytest.raises(BadValue):
            call()
    with pytest.raises(StateForbids, match="已登记"):
        c.opened(Opening(one.case, "promised", "s", "d", MONDAY), desk.filings, CALENDAR, "王")
    with pytest.raises(StateForbids, match="补办件"):
        c.completed(one, TODAY, TODAY, CALENDAR, "王")


def test_a_calendar_that_comes_later_moves_what_was_estimated(desk: Desk) -> None:
    guessed = desk.open(day=date(2026, 12, 30))
    sure = desk.open()
    known = CALENDAR.with_overrides([date(2027, 1, 1), date(2027, 1, 4)], [])
    known = type(known)(known.holidays, known.workdays, known.known_years | {2027})
    (told,) = c.recomputed(desk.filings.values(), known)
    assert told == e.CaseDue(guessed.case, "2027-01-08", estimated=False)
    desk.do([told])
    assert c.recomputed(desk.filings.values(), known) == []
    assert sure.due == "2026-11-09"


def test_a_quarters_pace_is_exact(desk: Desk) -> None:
    quick, late, open_, unknown = desk.open(), desk.open(), desk.open(), desk.open(statutory=None)
    withdrawn = desk.open()
    desk.do(c.closed(quick, "done", "", date(2026, 11, 4), TODAY, "王"))  # 2 of 20
    desk.do(c.closed(late, "done", "", date(2026, 11, 11), TODAY, "王"))  # 7 of 20, two days late
    desk.do(c.closed(unknown, "done", "", date(2026, 11, 3), TODAY, "王"))
    desk.do(c.closed(withdrawn, "withdrawn", "", date(2026, 11, 3), TODAY, "王"))
    desk.open("immediate")
    pace = c.pace(desk.filings.values(), date(2026, 10, 1), date(2026, 12, 31), CALENDAR)
    assert (pace.due, pace.in_time, pace.unknown) == (5, 3, 1)  # the open one is due and late, the immediate one done
    assert pace.speed_up == (Fraction(18, 20) + Fraction(13, 20) + 0) / 3
    assert pace.completed_share == Fraction(3, 5)
    promised = c.pace(desk.filings.values(), date(2026, 10, 1), date(2026, 12, 31), CALENDAR, "promised_days")
    assert (promised.speed_up, promised.unknown) == ((Fraction(3, 5) - Fraction(2, 5) + Fraction(4, 5)) / 3, 0)
    assert c.pace([], MONDAY, TODAY, CALENDAR).speed_up is None
    assert open_.closed is None


def test_boards_by_department(desk: Desk) -> None:
    desk.open()
    desk.open("supplement")
    (board,) = c.boards(list(desk.filings.values()), date(2026, 10, 1), date(2026, 11, 9), CALENDAR)
    assert (board.department, dict(board.standings)) == ("人社局", {"today": 1, "waiting": 1})
