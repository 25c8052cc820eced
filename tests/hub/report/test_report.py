"""A quarter's report from the log's facts."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from hub.domain import events as e
from hub.domain.assessment import Quarter, assess
from hub.domain.casework import Opening, opened
from hub.domain.model import Clerk, Setup, WindowSetup
from hub.report import FORMATS, Basis, Paper, gather, write
from tests.hub.domain.test_rates import SEED

SHANGHAI = ZoneInfo("Asia/Shanghai")
SETUP = Setup(
    "示范县政务服务中心",
    {},
    {n: WindowSetup(n, f"{n}号", ["人社局", "=税务局"][n - 1], ()) for n in (1, 2)},
    {n: Clerk(n, name) for n, name in (("1001", "张"), ("1002", "李"))},
)


class Log:
    """Facts at their days."""

    def __init__(self) -> None:
        self.records: list[e.Recorded] = []

    def add(self, day: date, *facts: e.Fact) -> None:
        at = datetime(day.year, day.month, day.day, 10, tzinfo=SHANGHAI)
        for fact in facts:
            self.records.append(e.Recorded(len(self.records) + 1, e.Stamp(round(at.timestamp() * 1000), 0), fact))

    def visits(self, day: date, window: int, levels: list[int | None]) -> None:
        clerk = f"100{window}"
        for at, level in enumerate(levels):
            ticket = f"{day}-{window}-{at}"
            self.add(day, e.TicketFinished(ticket, "A", window, clerk, clerk))
            if level is not None:
                self.add(day, e.RatingRecorded(f"r{ticket}", f"p{ticket}", ticket, window, clerk, level, "keypad"))

    def flagged(self, raised: date, confirmed: date, quarter: str = "2026Q4") -> None:
        self.add(raised, e.FlagRaised("f1", "1002", 2, "fast", "A", 400, quarter, "v", "h", ("p2026-10-09-2-0",), "{}"))
        self.add(
            confirmed,
            e.FlagDecided("f1", "confirmed", "监控", "王"),
            e.FlagSeconded("f1", "赵"),
            e.FindingRecorded("d1", "self_press", 2, "1002", "confirmed", "三(八)、四(四)", "监控", "f1"),
        )

    def quarter(self, name: str = "2026Q4", today: date = date(2027, 1, 4)) -> Quarter:
        return gather(self.records, Basis(name, SETUP, SHANGHAI, SEED, today))


def paper(quarter: Quarter) -> Paper:
    return Paper("示范县政务服务中心", "2026Q4", quarter, assess(quarter))


@pytest.fixture
def log() -> Log:
    log = Log()
    log.visits(date(2026, 9, 30), 1, [1, 1])
    log.visits(date(2026, 10, 9), 1, [5] * 93 + [2] * 3 + [None] * 4)
    log.visits(date(2026, 10, 9), 2, [5] * 100)
    return log


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    text = (folder / name).read_bytes()
    assert text.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(text.decode("utf-8-sig").splitlines()))


def test_windows_and_clerks_as_tables(log: Log, tmp_path: Path) -> None:
    log.flagged(date(2026, 11, 2), date(2026, 11, 20))
    log.add(date(2026, 12, 30), e.PointsEntered("window", "2026Q4", 1, None, "一(二)", "8.5", "台账不全", "王"))
    quarter = log.quarter()
    write(tmp_path, paper(quarter), ["csv"])
    one, two = rows(tmp_path, "windows.csv")
    assert one == {
        "window": "1", "department": "人社局", "finished": "100", "rated": "96", "satisfied": "93",
        "dissatisfied_confirmed": "0", "rated_share": "96.00", "satisfied_share": "96.87", "rated_points": "5",
        "satisfied_points": "5", "total_points": "92.5", "disqualified": "no", "reasons": "", "rank": "1",
        "award": "红旗窗口",
    }  # fmt: skip
    assert (two["department"], two["disqualified"], two["reasons"], two["rank"], two["award"]) == (
        "'=税务局", "yes", "三(八)", "", "",
    )  # fmt: skip
    assert (two["rated"], two["rated_share"]) == ("99", "99.00"), "the press found to be the clerk's is no rating"
    clerks = {row["clerk"]: row for row in rows(tmp_path, "clerks.csv")}
    assert (clerks["1001"]["name"], clerks["1001"]["total_points"], clerks["1001"]["award"]) == (
        "张",
        "100",
        "服务标兵",
    )
    assert clerks["1002"]["reasons"] == "四(四)"
    (found, *_) = rows(tmp_path, "evidence.csv")
    assert (found["subject"], found["article"], found["note"]) == ("2", "三(八)", "监控")
    assert {row["decision"]: row["value"] for row in rows(tmp_path, "decisions.csv")}["satisfied_levels"] == "5、4、3"


def test_the_same_log_gives_the_same_bytes(log: Log, tmp_path: Path) -> None:
    log.flagged(date(2026, 11, 2), date(2026, 11, 20))
    made: list[list[bytes]] = []
    for name in ("once", "again"):
        (tmp_path / name).mkdir()
        written = write(tmp_path / name, paper(log.quarter()), FORMATS)
        made.append([path.read_bytes() for path in written])
    assert made[0] == made[1]
    assert len(made[0]) == 7


def found_in(log: Log) -> Iterator[str]:
    yield from (quarter for quarter in ("2026Q4", "2027Q1") if log.quarter(quarter).findings)


def test_a_flags_finding_belongs_to_the_flags_quarter(log: Log) -> None:
    log.flagged(date(2026, 12, 20), date(2027, 1, 10))
    assert list(found_in(log)) == ["2026Q4"]


def test_other_findings_belong_to_the_day_that_they_are_about(log: Log) -> None:
    late = e.FindingRecorded("d7", "attendance", None, "1001", "confirmed", "", "", None, "late", None, "2026-12-31")
    log.add(date(2027, 1, 5), late)
    assert list(found_in(log)) == ["2026Q4"]


def test_appeals_and_dismissals_are_heeded(log: Log) -> None:
    log.flagged(date(2026, 11, 2), date(2026, 11, 20))
    log.add(date(2026, 11, 23), e.FindingAppealed("d1", "1002", "不是我"))
    assert assess(log.quarter()).windows[-1].reasons == ()
    log.add(date(2026, 11, 25), e.AppealDecided("d1", "upheld", "属实", "钱"))
    assert assess(log.quarter()).windows[-1].reasons == ("三(八)",)
    log.add(date(2026, 11, 26), e.FindingRecorded("d2", "complaint", 1, "1001", "dismissed", "", "不实"))
    assert [finding.id for finding in log.quarter().findings] == ["d1"]


def test_a_running_quarter_is_judged_as_of_today(log: Log) -> None:
    """2026-11-20 is a Friday: the fifth working day to appeal is the 27th."""
    log.flagged(date(2026, 11, 2), date(2026, 11, 20))
    for today, reasons, struck in (
        (date(2026, 11, 27), (), frozenset()),
        (date(2026, 11, 28), ("三(八)",), frozenset({"p2026-10-09-2-0"})),
    ):
        quarter = log.quarter(today=today)
        (window,) = [one for one in assess(quarter).windows if one.subject.key == "2"]
        assert (quarter.as_of, quarter.is_over) == (today, False)
        assert (window.reasons, quarter.struck) == (reasons, struck)
        told = [(it.article, it.note) for it in window.evidence]
        assert told == [("三(八)", "监控")] if reasons else [("", "申诉期至 2026-11-27，尚未生效，未计入：监控")]
    assert (log.quarter().as_of, log.quarter().is_over) == (date(2026, 12, 31), True)


def test_late_ratings_and_corrections_count_for_the_visits_quarter(log: Log) -> None:
    log.visits(date(2026, 12, 31), 1, [None])
    late = e.RatingRecorded("rl", "pl", "2026-12-31-1-0", 1, "1001", 1, "phone")
    log.add(date(2027, 1, 4), late, e.RatingCorrected("rl", 1, 5, "误评 1 号", "按错", "王"))
    one = next(one for one in assess(log.quarter()).windows if one.subject.key == "1")
    assert (one.counts.finished, one.counts.rated, one.counts.corrected) == (101, 97, 1)
    assert one.satisfied_share == Fraction(94, 97)


def test_who_left_the_configuration_is_judged_still(log: Log) -> None:
    log.visits(date(2026, 10, 10), 7, [5])
    result = assess(log.quarter())
    assert {one.subject.key for one in result.windows} == {"1", "2", "7"}
    assert {one.subject.key: one.subject.name for one in result.clerks}["1007"] == "1007"


def case_facts(number: str, day: str, closed: str | None, statutory: int | None, window: int = 1) -> list[e.Fact]:
    """A 承诺件 of ten working days."""
    new = Opening(
        number, "promised", "A", "人社局", date.fromisoformat(day), window, f"100{window}", None, 10, statutory
    )
    facts = opened(new, {}, SETUP.calendar, "王")
    return [*facts, e.CaseClosed(number, closed, "done", "", "王")] if closed else facts


def test_cases_make_the_speed_up_and_the_share_done_in_time(log: Log) -> None:
    """Of 20 days 2 and 4 were used: 85 %, 8 points; of three that were due two were done in time: 33 points lost."""
    for facts in (
        case_facts("a", "2026-11-02", "2026-11-04", 20),
        case_facts("b", "2026-11-02", "2026-11-06", 20),
        case_facts("c", "2026-11-02", None, 20),
        case_facts("d", "2026-07-01", "2026-07-02", 20),
    ):
        log.add(date(2026, 11, 2), *facts)
    (one,) = [one for one in assess(log.quarter()).windows if one.subject.key == "1"]
    items = {item.code: item for item in one.items}
    assert (items["一(五)2"].points, items["一(五)2"].source, items["一(五)2"].mark) == (8, "computed", "")
    assert items["一(六)1"].points == 0
    (clerk,) = [one for one in assess(log.quarter()).clerks if one.subject.key == "1001"]
    assert {item.code: item.points for item in clerk.items}["二(四)2"] == 0
    (idle,) = [one for one in assess(log.quarter()).windows if one.subject.key == "2"]
    assert {item.code: item.mark for item in idle.items}["一(五)2"] == "未考核"


def test_cases_without_statutory_days_are_marked(log: Log) -> None:
    for number, statutory in (("a", 20), ("b", None)):
        log.add(date(2026, 11, 2), *case_facts(number, "2026-11-02", "2026-11-02", statutory))
    (one,) = [one for one in assess(log.quarter()).windows if one.subject.key == "1"]
    item = {item.code: item for item in one.items}["一(五)2"]
    assert (item.points, item.mark) == (0, "2 件承诺件中 1 件未录法定时限，提速按 0 计")  # the mean is 50 %


def test_entries_of_another_quarter_are_not_taken(log: Log) -> None:
    log.add(date(2026, 10, 9), e.PointsEntered("clerk", "2026Q3", None, "1001", "二(一)", "3", "", "王"))
    assert log.quarter().entries == []


def test_who_had_nothing_to_be_judged_by_is_not_ranked(log: Log) -> None:
    """Full points for what nobody assessed are no reason for a banner."""
    setup = replace(SETUP, windows={**SETUP.windows, 3: WindowSetup(3, "3号", "人社局", ())})
    basis = Basis("2026Q4", setup, SHANGHAI, SEED, date(2027, 1, 4))
    (idle,) = [one for one in assess(gather(log.records, basis)).windows if one.subject.key == "3"]
    assert (idle.is_idle, idle.rank, idle.award, idle.reasons) == (True, None, "", ())
    log.add(date(2026, 12, 1), e.PointsEntered("window", "2026Q4", 3, None, "一(八)", "7", "", "王"))
    (judged,) = [one for one in assess(gather(log.records, basis)).windows if one.subject.key == "3"]
    assert (judged.is_idle, judged.rank is not None) == (False, True)
