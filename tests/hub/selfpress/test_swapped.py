from typing import Any

from hub.selfpress import Reader
from hub.selfpress.binding import Binder
from hub.selfpress.swapped import swapped
from tests.hub.selfpress.quarter import DAY_MS, Quarter, at_once
from tests.hub.selfpress.test_detector import encoded, run, told


def with_swapped(lines: list[dict[str, Any]], first: int, second: int, since_day: int) -> list[dict[str, Any]]:
    other = {first: second, second: first}
    return [
        {**line, "win": other.get(line["win"], line["win"])}
        if line["ev"] == "key.pressed" and line["t"] >= since_day * DAY_MS
        else line
        for line in lines
    ]


def day_of(lines: list[dict[str, Any]], day: int) -> Binder:
    binder = Binder()
    binder.feed_all(event for event in Reader().events(encoded(lines)) if event.t // DAY_MS == day)
    binder.end_day()
    return binder


def test_swapped_keypads_are_told_by_whom_their_presses_follow() -> None:
    binder = day_of(with_swapped(Quarter(days=2).lines(), 3, 6, 0), 1)
    assert swapped(binder.visits, binder.presses) == {3: 6, 6: 3}


def test_keypads_in_their_places_stay() -> None:
    binder = day_of(Quarter(days=2, cheats={"c1": at_once}, starts=0).lines(), 1)
    assert swapped(binder.visits, binder.presses) == {}


def test_honest_clerks_with_swapped_keypads_are_not_flagged() -> None:
    assert told(run(with_swapped(Quarter(days=16).lines(), 2, 5, 6))) == {}


def test_cheat_behind_a_swapped_keypad_is_found_by_name() -> None:
    lines = Quarter(days=16, cheats={"c1": at_once}, starts=8).lines()
    assert set(told(run(with_swapped(lines, 2, 5, 6)))) == {"c1"}
