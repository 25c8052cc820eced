"""The announced holidays, as the package chinese-calendar has them."""

from __future__ import annotations

from datetime import date

import chinese_calendar

from hub.domain.calendar import WorkCalendar


def announced() -> WorkCalendar:
    """Return the built-in calendar; a year is known once its National Day is."""
    holidays = frozenset(chinese_calendar.holidays)
    return WorkCalendar(
        holidays=holidays,
        workdays=frozenset(chinese_calendar.workdays),
        known_years=frozenset(day.year for day in holidays if day == date(day.year, 10, 1)),
    )
