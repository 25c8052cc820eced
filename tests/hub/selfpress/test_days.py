import random
from collections import Counter
from datetime import date

import pytest

from hub.selfpress.days import ASKED, MOST_HELD, Days
from hub.selfpress.reading import DAY_MS, Event
from tests.hub.selfpress.quarter import Quarter, at_once
from tests.hub.selfpress.test_detector import run, told

MANY = 12


def events(*days: int) -> list[Event]:
    return [Event(t=day * DAY_MS + 36_000_000 + number, ev="what.ever") for number, day in enumerate(days)]


def given(*days: int, flush: bool = True) -> tuple[list[int], int]:
    """The days to which events stamped on these days are counted, and how many were left out."""
    by = Days()
    out = [day for event in events(*days) for day, _ in by.take(event)]
    if flush:
        out += [day for day, _ in by.flush()]
    return out, by.left_out


def days(*counts: tuple[int, int]) -> list[int]:
    return [day for day, count in counts for _ in range(count)]


def test_days_follow_each_other() -> None:
    assert given(*days((0, MANY), (1, MANY), (4, 2), (5, MANY))) == (days((0, MANY), (1, MANY), (4, 2), (5, MANY)), 0)


def test_an_event_of_the_day_is_given_at_once() -> None:
    by = Days()
    first = events(*days((0, ASKED)))
    assert [len(list(by.take(event))) for event in first] == [0] * (ASKED - 1) + [ASKED]
    assert len(list(by.take(events(0)[0]))) == 1


def test_a_day_ends_once_most_of_the_next_events_say_so() -> None:
    by = Days()
    for event in events(*days((0, MANY))):
        list(by.take(event))
    assert [len(list(by.take(event))) for event in events(*days((1, ASKED)))] == [0] * (ASKED - 1) + [ASKED]


def test_late_events_of_yesterday_count_to_the_day_on_which_they_came() -> None:
    out, left_out = given(*days((0, MANY), (1, MANY), (0, 1), (1, 3)))
    assert (Counter(out), left_out) == (Counter({0: MANY, 1: MANY + 4}), 0)


@pytest.mark.parametrize("wrong", [1, 3, 20, 400, 40_000, -400, -20_000])
@pytest.mark.parametrize("many", [1, 3])
def test_events_of_a_clock_that_was_wrong_for_a_moment_are_left_out(wrong: int, many: int) -> None:
    stamped = [*days((0, MANY)), *[wrong] * many, *days((0, MANY), (1, MANY), (2, MANY))]
    out, left_out = given(*stamped)
    assert (Counter(out), left_out) == (Counter({0: 2 * MANY, 1: MANY, 2: MANY}), many)


@pytest.mark.parametrize("wrong", [400, -400])
def test_a_clock_that_was_far_off_for_hours_leaves_the_days_as_they_are(wrong: int) -> None:
    out, left_out = given(*days((0, MANY), (wrong, 500), (0, MANY), (1, MANY)))
    assert (Counter(out), left_out) == (Counter({0: 2 * MANY, 1: MANY}), 500)


def test_a_hall_that_was_closed_for_long_opens_again() -> None:
    again = days((90, MANY), (91, MANY), (92, 3))
    assert given(*days((0, MANY)), *again) == ([*days((0, MANY)), *again], 0)


def test_a_clock_that_is_set_right_after_days_is_believed_again() -> None:
    """A box whose clock began at an old date, until somebody set it."""
    old = days((-9000, MANY), (-8999, MANY), (-8998, MANY))
    right = days((1, MANY), (2, MANY), (3, MANY))
    assert given(*days((0, MANY)), *old, *right) == ([*days((0, MANY)), *old, *right], 0)


def test_first_day_is_the_one_of_most_of_the_first_events() -> None:
    assert given(500, *days((3, MANY), (4, MANY))) == (days((3, MANY), (4, MANY)), 1)


def test_few_events_are_a_day_once_nothing_follows() -> None:
    assert given(5, 5) == ([5, 5], 0)
    assert given(5, 5, flush=False) == ([], 0)


def test_a_far_day_that_nothing_follows_is_none() -> None:
    assert given(*days((0, MANY), (300, MANY)))[0] == days((0, MANY))


def test_no_more_is_held_than_there_is_room_for() -> None:
    by = Days()
    one = events(0)[0]
    for event in [*events(*days((0, MANY))), *events(900) * (MOST_HELD + 5)]:
        list(by.take(event))
    assert by.left_out == 5
    assert [day for day, _ in by.take(one)] == []


def test_far_stamps_change_no_flag() -> None:
    lines = Quarter(days=20, cheats={"c1": at_once}, seed=3, first_day="2026-10-05").lines()
    found = told(run(lines))
    assert set(found) == {"c1"}
    rng = random.Random(1)
    for wrong in (37, 300, 3_000_000, -9_000):
        at = rng.randrange(len(lines) // 3, 2 * len(lines) // 3)
        lines.insert(at, {**lines[at], "t": lines[at]["t"] + wrong * DAY_MS, "ticket": "strange", "press": "odd"})
    detector = run(lines)
    assert told(detector) == found
    assert detector.left_out == 4


def test_a_first_day_that_is_none_and_one_at_the_end_of_time() -> None:
    lines = Quarter(days=3, windows=2).lines()
    for first in ("noon", "2026-13-01", "", date.max.isoformat(), date.min.isoformat()):
        lines[0]["first_day"] = first
        assert told(run(lines)) == {}


def test_answers_tell_of_every_quarter_and_flag_a_clerk_once() -> None:
    lines = Quarter(days=40, cheats={"c1": at_once}, starts=5, seed=2, first_day="2026-09-15", windows=6).lines()
    answers = list(run(lines).answers())
    told = [(answer["clerk"], answer["flag"], answer.get("again")) for answer in answers if "clerk" in answer]
    assert told == [("c1", True, None), ("c1", False, True)]
    presses = [line["press"] for line in lines if line["ev"] == "key.pressed" and line["t"] < 10 * DAY_MS]
    scored = {answer["press"] for answer in answers if "press" in answer}
    assert len(scored & set(presses)) > len(presses) / 2
    assert len(scored) == sum("press" in answer for answer in answers)
