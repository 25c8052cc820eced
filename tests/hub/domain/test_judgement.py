from collections.abc import Callable
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain import events as e
from hub.domain import judgement as j
from hub.domain.calendar import WorkCalendar
from hub.domain.state import Case, HallState
from hub.errors import BadValue, HallhubError, StateForbids

CALENDAR = WorkCalendar(known_years=frozenset({2026, 2027}))
RAISED = date(2026, 11, 2)  # a Monday
DAY_MS = 86_400_000


def flagged(tier: str = "A") -> HallState:
    state = HallState()
    fold(state, e.FlagRaised("f1", "1001", 3, "before", tier, 426, "2026Q4", "v", "h", ("p1", "p2"), "{}"))
    return state


def fold(state: HallState, *facts: e.Fact) -> Case:
    for fact in facts:
        state.apply(e.Recorded(state.seq + 1, e.Stamp(1_000 * state.seq, 0), fact))
    return state.cases["f1"]


def confirmed(state: HallState) -> Case:
    case = fold(state, *j.decide(state.cases["f1"], "confirmed", "回访四人否认", "李", "d1"))
    return fold(state, *j.second(case, "王", "d1"))


def test_the_whole_road_to_a_finding_that_stands() -> None:
    state = flagged()
    case = state.cases["f1"]
    case = fold(state, *j.assign(case, "李", "赵"))
    assert (case.state, case.assigned) == ("assigned", "李")
    case = fold(state, *j.call_back(case, "p1", "denied", "李"), *j.give_statement(case, "没有", "1001"))
    assert (case.calls, case.statements) == ({"p1": "denied"}, 1)
    case = confirmed(state)
    assert (case.state, case.first_by, case.second_by, case.finding) == ("confirmed", "李", "王", "d1")
    assert not j.stands(case, RAISED, date(2026, 11, 9), CALENDAR)  # the fifth working day
    assert j.stands(case, RAISED, date(2026, 11, 10), CALENDAR)


def test_findings_say_what_the_regulation_says() -> None:
    state = flagged()
    fold(state, *j.decide(state.cases["f1"], "confirmed", "因", "李", "d1"))
    finding = j.second(state.cases["f1"], "王", "d9")[1]
    assert finding == e.FindingRecorded("d9", "self_press", 3, "1001", "confirmed", "三(八)、四(四)", "因", "f1")


def test_confirming_takes_two_people() -> None:
    state = flagged()
    case = fold(state, *j.decide(state.cases["f1"], "confirmed", "因", "李", "d1"))
    assert not j.stands(case, None, date(2027, 3, 1), CALENDAR)
    with pytest.raises(StateForbids, match="另一人"):
        j.second(case, "李", "d1")


@pytest.mark.parametrize(("to", "state_after"), [(None, "open"), ("李", "assigned")])
def test_a_confirmation_can_be_sent_back_and_the_inquiry_goes_on(to: str | None, state_after: str) -> None:
    state = flagged()
    fold(state, *(j.assign(state.cases["f1"], to, "赵") if to else ()))
    with pytest.raises(StateForbids):
        j.send_back(state.cases["f1"], "因", "王")
    case = fold(state, *j.decide(state.cases["f1"], "confirmed", "因", "李", "d1"))
    with pytest.raises(StateForbids, match="当事人"):
        j.send_back(case, "因", "1001")
    case = fold(state, *j.send_back(case, "监控看不清", "王"))
    assert (case.state, case.first_by, case.reason) == (state_after, None, "")
    case = fold(state, *j.decide(case, "confirmed", "再访两人", "王", "d2"))  # whoever sent it back may be convinced
    case = fold(state, *j.second(case, "李", "d2"))
    assert (case.state, case.first_by, case.second_by) == ("confirmed", "王", "李")


def test_what_speaks_against_confirming_is_said() -> None:
    state = flagged()
    case = state.cases["f1"]
    assert j.cautions(case, 4) == ["还没有一位群众答复回访，也没有监控记录", "还没有当事人的陈述"]
    fold(state, *j.note(case, "看见了", "李"), *j.give_statement(case, "没有", "1001"))
    assert j.cautions(case, 4) == ["还没有一位群众答复回访"]
    fold(state, *j.call_back(case, "p1", "own", "李"))
    few, against = j.cautions(case, 4)
    assert few == "有效答复 1 个，少于判明所需的约 4 个"
    assert against == "群众答复与疑似不符：1 人说是本人所按，0 人否认"
    fold(state, *j.call_back(case, "p1", "denied", "李"))
    assert j.cautions(case, 1) == []


def test_the_clerk_concerned_takes_no_part() -> None:
    case = flagged().cases["f1"]
    for step in (
        lambda: j.assign(case, "1001", "赵"),
        lambda: j.decide(case, "dismissed", "因", "1001", "d1"),
        lambda: j.call_back(case, "p1", "own", "1001"),
        lambda: j.note(case, "监控", "1001"),
    ):
        with pytest.raises(StateForbids, match="当事人"):
            step()


def test_a_watch_can_not_be_confirmed_and_never_stands() -> None:
    state = flagged("B")
    with pytest.raises(StateForbids, match="乙类"):
        j.decide(state.cases["f1"], "confirmed", "因", "李", "d1")
    case = state.cases["f1"]
    case.state = "confirmed"  # even where another version let it happen
    assert not j.stands(case, RAISED, date(2027, 3, 1), CALENDAR)


def test_tier_a_is_not_referred() -> None:
    with pytest.raises(StateForbids, match="甲类"):
        j.decide(flagged("A").cases["f1"], "referred", "因", "李", "d1")


def test_a_dismissal_tells_the_detector_a_habit() -> None:
    state = flagged()
    case = fold(state, *j.decide(state.cases["f1"], "dismissed", "习惯后办结", "李", "d1", "late_finisher"))
    assert (case.state, case.finding, state.habits) == ("dismissed", "d1", {"1001": ["late_finisher"]})


def test_an_appeal_in_time_holds_everything_up() -> None:
    state = flagged()
    case = confirmed(state)
    with pytest.raises(StateForbids, match="届满"):
        j.appeal(case, "不是我", "1001", date(2026, 11, 10), RAISED, CALENDAR)
    case = fold(state, *j.appeal(case, "不是我", "1001", date(2026, 11, 9), RAISED, CALENDAR))
    assert not j.stands(case, RAISED, date(2027, 1, 1), CALENDAR)
    for name in ("李", "王"):
        with pytest.raises(StateForbids, match="未参与"):
            j.decide_appeal(case, "upheld", "因", name)
    upheld = fold(state, *j.decide_appeal(case, "upheld", "因", "钱"))
    assert j.stands(upheld, RAISED, date(2026, 11, 9), CALENDAR)


def test_a_confirmation_may_name_the_presses_that_it_is_about() -> None:
    state = flagged()
    with pytest.raises(BadValue, match="presses"):
        j.decide(state.cases["f1"], "confirmed", "因", "李", "d1", presses=["p9"])
    case = fold(state, *j.decide(state.cases["f1"], "confirmed", "因", "李", "d1", presses=["p2"]))
    assert j.struck([case]) == {"p2"}
    case = fold(state, *j.send_back(case, "因", "王"))
    assert j.struck([case]) == {"p1", "p2"}


def test_an_overturned_finding_never_was() -> None:
    state = flagged()
    case = confirmed(state)
    fold(state, *j.appeal(case, "不是我", "1001", RAISED, RAISED, CALENDAR))
    case = fold(state, *j.decide_appeal(case, "overturned", "监控可见群众本人按键", "钱"))
    assert not j.stands(case, RAISED, date(2027, 3, 1), CALENDAR)


def test_ratings_leave_the_rates_but_for_those_that_citizens_own() -> None:
    state = flagged()
    case = fold(state, *j.call_back(state.cases["f1"], "p2", "own", "李"))
    assert j.struck([case]) == {"p1"}


@pytest.mark.parametrize(
    ("field", "call"),
    [
        ("press", lambda case: j.call_back(case, "p9", "own", "李")),
        ("outcome", lambda case: j.call_back(case, "p1", "maybe", "李")),
        ("decision", lambda case: j.decide(case, "guilty", "因", "李", "d1")),
    ],
)
def test_unknown_words_are_refused(field: str, call: Callable[[Case], object]) -> None:
    with pytest.raises(BadValue) as caught:
        call(flagged().cases["f1"])
    assert caught.value.field == field


def test_deadlines_are_working_days() -> None:
    state = flagged()
    days = j.CaseDays(RAISED, date(2026, 11, 6), date(2026, 11, 11))
    assert j.deadline(state.cases["f1"], CALENDAR, days) == date(2026, 11, 16)
    case = confirmed(state)
    assert j.deadline(case, CALENDAR, days) == date(2026, 11, 13)
    case = fold(state, *j.appeal(case, "不", "1001", RAISED, RAISED, CALENDAR))
    assert j.deadline(case, CALENDAR, days) == date(2026, 11, 18)
    case = fold(state, *j.decide_appeal(case, "upheld", "因", "钱"))
    assert j.deadline(case, CALENDAR, days) is None


NAMES = st.sampled_from(["1001", "李", "王", "钱"])
STEPS: list[Callable[[Case, str, date], list[e.Fact]]] = [
    lambda case, by, _: j.assign(case, "李", by),
    lambda case, by, _: j.call_back(case, "p1", "denied", by),
    lambda case, by, _: j.decide(case, "confirmed", "因", by, "d1"),
    lambda case, by, _: j.decide(case, "dismissed", "因", by, "d1"),
    lambda case, by, _: j.second(case, by, "d1"),
    lambda case, by, today: j.appeal(case, "不", by, today, RAISED, CALENDAR),
    lambda case, by, _: j.decide_appeal(case, "upheld", "因", by),
    lambda case, by, _: j.decide_appeal(case, "overturned", "因", by),
]


@given(st.lists(st.tuples(st.sampled_from(STEPS), NAMES, st.integers(0, 20)), max_size=14), st.sampled_from("AB"))
def test_whatever_is_tried_only_two_people_make_a_finding_that_stands(
    tries: list[tuple[Callable[[Case, str, date], list[e.Fact]], str, int]], tier: str
) -> None:
    state = flagged(tier)
    for step, by, later in tries:
        try:
            fold(state, *step(state.cases["f1"], by, RAISED + timedelta(days=later)))
        except HallhubError:
            continue
    case = state.cases["f1"]
    if j.stands(case, RAISED, date(2027, 6, 1), CALENDAR):
        assert tier == "A"
        assert case.finding is not None
        assert case.first_by is not None
        assert case.second_by is not None
        assert len({case.first_by, case.second_by, "1001"}) == 3


def watched() -> HallState:
    state = HallState()
    tickets = ("t1", "t2")
    fold(state, e.FlagRaised("f1", "1001", 3, "uninvited", "B", 510, "2026Q4", "v", "h", (), "{}", tickets))
    return state


def test_call_backs_of_a_watch_name_its_tickets() -> None:
    case = watched().cases["f1"]
    assert j.call_back(case, "t1", "denied", "李") == [e.FlagCalledBack("f1", "t1", "denied", "李", None)]
    with pytest.raises(BadValue):
        j.call_back(case, "p1", "denied", "李")


def test_a_watch_can_not_be_confirmed_and_its_dismissal_is_no_finding() -> None:
    case = watched().cases["f1"]
    with pytest.raises(StateForbids):
        j.decide(case, "confirmed", "因", "李", "d1")
    state = watched()
    ended = j.decide(state.cases["f1"], "dismissed", "线路故障", "李", "d1", "device")
    assert ended == [e.FlagDecided("f1", "dismissed", "线路故障", "李", "device")]
    assert fold(state, *ended).state == "dismissed"
    assert state.habits == {"1001": ["device"]}
    assert not j.stands(state.cases["f1"], RAISED, date(2027, 3, 1), CALENDAR)
    assert j.struck(state.cases.values()) == frozenset()


@pytest.mark.parametrize("of", [lambda: flagged("B"), watched], ids=["tier B", "watch"])
def test_what_proves_true_of_tier_b_is_referred_without_a_finding(of: Callable[[], HallState]) -> None:
    state = of()
    with pytest.raises(StateForbids, match="实据"):
        j.decide(state.cases["f1"], "referred", "因", "李", "d1")
    fold(state, e.FlagCalledBack("f1", "p1", "denied", "李"))
    referred = j.decide(state.cases["f1"], "referred", "回访 6 人 5 人否认，转监督科", "李", "d1")
    assert referred == [e.FlagDecided("f1", "referred", "回访 6 人 5 人否认，转监督科", "李")]
    case = fold(state, *referred)
    assert (case.state, case.finding, case.decided_ms is not None) == ("referred", None, True)
    assert not j.stands(case, RAISED, date(2027, 3, 1), CALENDAR)
    with pytest.raises(StateForbids, match="转办"):
        j.decide(case, "dismissed", "因", "李", "d1")
    assert j.give_statement(case, "是群众托我按的", "1001")


@pytest.mark.parametrize(
    ("pattern", "tier", "said"),
    [
        ("uninvited", "B", True),
        ("unplugged", "B", False),
        ("rate", "B", False),
        ("before", "A", False),
    ],
)
def test_a_watch_keeps_only_itself_from_being_raised_again(pattern: str, tier: str, said: bool) -> None:
    assert j.is_said_already(watched().cases.values(), "1001", "2026Q4", pattern, tier) == said
    assert not j.is_said_already(watched().cases.values(), "1001", "2027Q1", pattern, tier)
    assert not j.is_said_already(flagged().cases.values(), "1001", "2026Q4", "uninvited", "B")


def test_overdue_counts_working_days_and_a_weekend_is_late_too() -> None:
    case = flagged().cases["f1"]
    days = j.CaseDays(date(2026, 10, 30), None, None)  # a Friday; ten working days later is Friday 13 November
    assert j.deadline(case, CALENDAR, days) == date(2026, 11, 13)
    for today, late in ((13, 0), (14, 1), (16, 1), (17, 2), (23, 6)):
        assert j.overdue(case, CALENDAR, days, date(2026, 11, today)) == late
