from __future__ import annotations

import csv
from itertools import count
from pathlib import Path

import pytest

from hub.demo.books import Books, percent, write_csv
from hub.demo.town import make_town
from hub.domain import events as e


def books(*facts: e.Fact) -> Books:
    found, seq = Books(), count(1)
    found.add_all(e.Recorded(n, e.Stamp(n * 60_000, 0), fact) for n, fact in zip(seq, facts, strict=False))
    return found


def issued(number: str, day: str = "2026-10-08") -> e.TicketIssued:
    return e.TicketIssued(f"{day}-{number}", number, "social", day, 1, None, None, "code", 0, 0, "kiosk")


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [(0, 0, ""), (0, 7, "0.00"), (2, 3, "66.66"), (999_999, 1_000_000, "99.99"), (5, 5, "100.00")],
)
def test_shares_are_truncated(part: int, whole: int, said: str) -> None:
    assert percent(part, whole) == said


def test_number_given_twice_on_a_day_is_noticed() -> None:
    assert books(issued("A001"), issued("A002"), issued("A001", "2026-10-09")).repeated_numbers == []
    assert books(issued("A001"), issued("A001")).repeated_numbers == ["2026-10-08 A001"]


def test_wait_counts_until_the_first_call() -> None:
    called = e.TicketCalled("2026-10-08-A001", "social", 1, "1001", "pad")
    found = books(issued("A001"), e.SignedOn(1, "1001", "pad"), e.SignedOn(2, "1002", "pad"), called, called)
    assert (found.called, found.wait_min) == (1, 3)


def test_table_has_a_line_for_each_clerk_and_window(tmp_path: Path) -> None:
    found = books(
        e.SignedOn(1, "1001", "pad"),
        e.TicketFinished("t1", "social", 1, "1001", "pad"),
        e.RatingRecorded("r1", "p1", "t1", 1, "1001", 5, "keypad"),
        e.TicketFinished("t2", "social", 1, "1001", "pad"),
        e.RatingRecorded("r2", "p2", "t2", 1, "1001", 4, "phone"),
        e.TicketFinished("t3", "social", 1, "1001", "pad"),
        e.PressUnmatched("p3", 1, "repeated", "t1"),
        e.SignedOff(1, "1001", "pad"),
        e.PressUnmatched("p4", 1, "closed", None),
        e.PressUnmatched("p5", None, "unmapped", None),
    )
    path = tmp_path / "report" / "summary.csv"
    write_csv(found, make_town(2, 1), path)
    assert path.read_bytes().startswith(b"\xef\xbb\xbfwindow,")
    with path.open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["window"], row["clerk"], row["finished"], row["rated"], row["rated_share"]) == (
        "1",
        "1001",
        "3",
        "2",
        "66.66",
    )
    assert (row["level_5"], row["level_4"]) == ("1", "1")
    assert (row["rating"], row["repeated"], row["closed"]) == ("1", "1", "1"), "the phone's rating is no press"
