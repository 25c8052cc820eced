"""A year from its quarters: means, red banners, ladders, and who is barred from 优秀."""

from datetime import date
from fractions import Fraction

import pytest

from hub.domain import events as e
from hub.domain.assessment import assess
from hub.domain.year import NO_BANNER, OfQuarter, Year, summary
from hub.report import Basis, gather
from tests.hub.domain.test_rates import SEED
from tests.hub.report.test_report import SETUP, SHANGHAI, Log

NEXT_YEAR = date(2027, 2, 1)
QUARTERS = [f"2026Q{n}" for n in range(1, 5)]


def served(log: Log) -> None:
    """Window 1 rated by all, window 2 by too few to stand: only window 1 gets the banner."""
    for month in (2, 5, 8, 11):
        log.visits(date(2026, month, 9), 1, [5] * 100)
        log.visits(date(2026, month, 10), 2, [5] * 90 + [None] * 10)


def found(number: int, kind: str, clerk: str, day: date, what: str | None = None) -> e.FindingRecorded:
    return e.FindingRecorded(
        f"d{number}", kind, None, clerk, "confirmed", "", "", None, what, None, day.isoformat(), "王"
    )


def year(log: Log) -> Year:
    made = []
    for name in QUARTERS:
        quarter = gather(log.records, Basis(name, SETUP, SHANGHAI, SEED, NEXT_YEAR))
        made.append(OfQuarter(name, quarter, assess(quarter)))
    return summary("2026", made, SEED)


@pytest.fixture
def log() -> Log:
    log = Log()
    served(log)
    return log


def test_means_ranks_and_awards_stand_side_by_side(log: Log) -> None:
    log.add(date(2026, 2, 10), e.PointsEntered("window", "2026Q1", 1, None, "一(八)", "3", "", "王"))
    made = year(log)
    first, second = made.windows
    assert (first.subject.key, first.awards, second.awards) == ("1", 4, 0)
    assert first.mean == sum(total for total in first.totals if total is not None) / Fraction(4)
    assert first.totals[1] - first.totals[0] == 4  # type: ignore[operator]
    assert (first.ranks, second.ranks) == ((1, 1, 1, 1), (None, None, None, None))
    assert {one.subject.key: one.mean for one in made.departments} == {"人社局": first.mean, "=税务局": second.mean}


def test_clerks_of_windows_without_a_banner_are_barred(log: Log) -> None:
    barred = {one.subject.key: one.barred for one in year(log).clerks}
    assert barred == {"1001": (), "1002": (("一", NO_BANNER),)}


def test_a_clerk_who_sat_at_a_bannered_window_is_not(log: Log) -> None:
    log.add(date(2026, 11, 12), e.TicketFinished("x", "A", 1, "1002", "1002"))
    assert {one.subject.key: one.barred for one in year(log).clerks}["1002"] == ()


def test_ladders_count_over_the_year_and_may_fail_it(log: Log) -> None:
    for number, (kind, what, month) in enumerate(
        [
            ("overdue_case", None, 2), ("overdue_case", None, 5), ("overdue_case", None, 11),
            ("complaint", "told_once", 5), ("complaint", "first_asked", 5), ("complaint", None, 8),
        ]
    ):  # fmt: skip
        log.add(date(2026, month, 20), found(number, kind, "1001", date(2026, month, 20), what))
    log.add(date(2026, 8, 21), found(9, "complaint", "1001", date(2026, 8, 21), "first_asked"))
    (clerk,) = [one for one in year(log).clerks if one.subject.key == "1001"]
    told = [(step.ladder.code, step.times, step.sanction, step.fails_year) for step in clerk.steps]
    assert told == [
        ("time_limit", 1, "批评教育", False),
        ("time_limit", 2, "通报批评，追究有关领导的行政责任", False),
        ("told_once", 1, "批评教育", False),
        ("first_asked", 1, "批评教育", False),
        ("first_asked", 2, "通报批评，年度考核不合格", True),
        ("time_limit", 3, "年度考核不合格", True),
    ]
    assert [article for article, _ in clerk.barred] == ["一(三)1", "一(三)2"]


def test_a_serious_bribe_bars_and_an_appeal_that_won_is_no_step(log: Log) -> None:
    log.add(date(2026, 5, 9), found(1, "bribery", "1001", date(2026, 5, 9), "severe"))
    log.add(date(2026, 5, 9), found(2, "bribery", "1002", date(2026, 5, 9)))
    log.add(date(2026, 5, 10), found(3, "overdue_case", "1002", date(2026, 5, 10)))
    log.add(date(2026, 5, 12), e.FindingAppealed("d3", "1002", "不是我"))
    log.add(date(2026, 5, 13), e.AppealDecided("d3", "overturned", "属实", "钱"))
    barred = {one.subject.key: [article for article, _ in one.barred] for one in year(log).clerks}
    assert barred == {"1001": ["二(一)8"], "1002": ["一"]}
    assert all(not one.steps for one in year(log).clerks)
