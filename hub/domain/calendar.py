"""Working days as the State Council announces them each year; the dates come in as data (`hub.config` reads them)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

_ONE_DAY = timedelta(days=1)
_SATURDAY = 5
_FIXED_HOLIDAYS = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})
"""Month and day of the holidays that every year has: 全国年节及纪念日放假办法 (国务院令第795号) 第二条."""


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """Which days the hall works.

    `holidays` are days off beside the weekends, `workdays` the weekend days worked instead (调休). A year outside
    `known_years` has not been announced yet: there only the holidays with a fixed date are kept, and `estimated` tells.
    """

    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()
    known_years: frozenset[int] = frozenset()

    def with_overrides(self, holidays: Iterable[date], workdays: Iterable[date]) -> WorkCalendar:
        """Return a calendar in which the hall's own days win over the announced ones."""
        closed, open_ = frozenset(holidays), frozenset(workdays)
        if both := closed & open_:
            raise ValueError(f"a day is either a holiday or a working day: {min(both).isoformat()}")
        return WorkCalendar((self.holidays - open_) | closed, (self.workdays - closed) | open_, self.known_years)

    def is_workday(self, day: date) -> bool:
        """Whether the hall works on `day`."""
        if day in self.workdays:
            return True
        if day in self.holidays or day.weekday() >= _SATURDAY:
            return False
        return day.year in self.known_years or (day.month, day.day) not in _FIXED_HOLIDAYS

    def add_workdays(self, day: date, count: int) -> date:
        """Return the last day of a term of `count` working days that begins on `day`.

        The day itself is not counted (民法典 第二百零一条), so 1 is the next working day; 0 is `day`.
        """
        if count < 0:
            raise ValueError(f"a term has 0 working days or more, got {count}")
        while count:
            day += _ONE_DAY
            count -= self.is_workday(day)
        return day

    def workdays_between(self, begin: date, end: date) -> int:
        """Count the working days after `begin` up to and including `end`; 0 where `end` is not later."""
        return sum(self.is_workday(begin + timedelta(days=n)) for n in range(1, (end - begin).days + 1))

    def estimated(self, begin: date, end: date) -> bool:
        """Whether any day from `begin` to `end` lies in a year whose holidays are not known yet."""
        return any(year not in self.known_years for year in range(begin.year, end.year + 1))
