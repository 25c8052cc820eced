from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.calendar import WorkCalendar

# 国务院办公厅关于2026年部分节假日安排的通知: 春节 2月15日至23日放假，2月14日、2月28日上班.
SPRING_2026 = frozenset(date(2026, 2, 15) + timedelta(days=n) for n in range(9))
CALENDAR = WorkCalendar(SPRING_2026, frozenset({date(2026, 2, 14), date(2026, 2, 28)}), frozenset({2026}))

days = st.dates(date(2025, 1, 1), date(2028, 12, 31))


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 2, 13), True),
        (date(2026, 2, 14), True),  # a Saturday worked instead
        (date(2026, 2, 16), False),  # a Monday off
        (date(2026, 2, 24), True),
        (date(2026, 2, 28), True),
        (date(2026, 3, 1), False),  # a Sunday like any other
    ],
)
def test_announced_days_win_over_the_week(day: date, works: bool) -> None:
    assert CALENDAR.is_workday(day) is works


def test_a_term_does_not_count_its_first_day_and_steps_over_holidays() -> None:
    assert CALENDAR.add_workdays(date(2026, 2, 13), 1) == date(2026, 2, 14)
    assert CALENDAR.add_workdays(date(2026, 2, 13), 2) == date(2026, 2, 24)
    assert CALENDAR.add_workdays(date(2026, 2, 18), 5) == date(2026, 2, 28)


def test_a_term_of_no_days_ends_the_same_day_even_on_a_holiday() -> None:
    assert CALENDAR.add_workdays(date(2026, 2, 18), 0) == date(2026, 2, 18)


def test_a_term_of_less_than_no_days_is_refused() -> None:
    with pytest.raises(ValueError, match="got -1"):
        CALENDAR.add_workdays(date(2026, 2, 18), -1)


@given(days, st.integers(1, 30))
def test_counting_a_term_gives_its_length_back(begin: date, count: int) -> None:
    end = CALENDAR.add_workdays(begin, count)
    assert CALENDAR.is_workday(end)
    assert CALENDAR.workdays_between(begin, end) == count
    assert CALENDAR.workdays_between(end, begin) == 0


@pytest.mark.parametrize("month_and_day", [(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)])
def test_unknown_years_still_keep_the_holidays_with_a_fixed_date(month_and_day: tuple[int, int]) -> None:
    assert not CALENDAR.is_workday(date(2027, *month_and_day))


def test_unknown_years_are_said_to_be_estimated() -> None:
    assert CALENDAR.is_workday(date(2027, 2, 8))
    assert CALENDAR.estimated(date(2026, 12, 30), date(2027, 1, 4))
    assert CALENDAR.estimated(date(2025, 12, 30), date(2027, 1, 4))
    assert not CALENDAR.estimated(date(2026, 1, 1), date(2026, 12, 31))


def test_the_halls_own_days_win_over_the_announced_ones() -> None:
    own = CALENDAR.with_overrides(holidays=[date(2026, 2, 14), date(2026, 3, 3)], workdays=[date(2026, 2, 16)])
    assert not own.is_workday(date(2026, 2, 14))
    assert not own.is_workday(date(2026, 3, 3))
    assert own.is_workday(date(2026, 2, 16))
    assert own.is_workday(date(2026, 2, 28))


def test_a_hall_may_work_on_a_fixed_holiday_of_an_unknown_year() -> None:
    assert CALENDAR.with_overrides([], [date(2027, 5, 1)]).is_workday(date(2027, 5, 1))


def test_a_day_can_not_be_both() -> None:
    with pytest.raises(ValueError, match="2026-03-03"):
        CALENDAR.with_overrides([date(2026, 3, 3)], [date(2026, 3, 3)])
