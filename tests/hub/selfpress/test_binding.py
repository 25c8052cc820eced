from typing import Any

import pytest

from hub.selfpress.binding import Binder, Place, Press
from hub.selfpress.reading import Event

S = 1000


def play(*steps: tuple[float, str, dict[str, Any]]) -> Binder:
    """Events at seconds, at window 1."""
    binder = Binder()
    for number, (second, ev, more) in enumerate(steps):
        fields: dict[str, Any] = {"win": 1, **more}
        if ev == "key.pressed":
            fields.setdefault("press", f"p{number}")
            fields.setdefault("level", 5)
        binder.feed(Event(t=second * S, ev=ev, **fields))
    binder.end_day()
    return binder


def press(binder: Binder, at: int = 0) -> Press:
    return binder.presses[at]


OPEN = (0.0, "window.open", {"clerk": "a"})


def visit(ticket: str, called: float, finished: float, until: float | None = None, **more: Any) -> list[Any]:
    about = {"ticket": ticket, "service": "s", "clerk": "a"} | more
    steps: list[Any] = [
        (called, "ticket.called", about),
        (called + 10, "ticket.arrived", about),
        (finished, "ticket.finished", about),
    ]
    if until is not None:
        steps.append((finished, "rating.invited", {"ticket": ticket, "until": until * S}))
    return steps


def test_press_after_the_finish_is_the_visits() -> None:
    binder = play(OPEN, *visit("t1", 60, 300, 330), (305, "key.pressed", {}))
    assert press(binder).place is Place.AFTER
    assert press(binder).visit is not None
    assert press(binder).visit.ticket == "t1"  # type: ignore[union-attr]
    assert press(binder).clerk == "a"


def test_press_as_the_next_citizen_arrives_is_still_the_last_ones() -> None:
    binder = play(OPEN, *visit("t1", 60, 300, 330), *visit("t2", 304, 600, 630)[:2], (315, "key.pressed", {}))
    assert press(binder).visit.ticket == "t1"  # type: ignore[union-attr]


def test_press_before_the_finish() -> None:
    binder = play(OPEN, *visit("t1", 60, 300)[:2], (280, "key.pressed", {}), *visit("t1", 60, 300)[2:])
    assert press(binder).place is Place.BEFORE


def test_press_before_a_visit_that_was_rated_after_it_is_no_rating() -> None:
    steps = visit("t1", 60, 300, 330)
    binder = play(OPEN, *steps[:2], (200, "key.pressed", {"level": 2}), *steps[2:], (305, "key.pressed", {}))
    assert [one.place for one in binder.presses] == [Place.DURING, Place.AFTER]


@pytest.mark.parametrize(("second", "place"), [(400, Place.LATE), (900, Place.NOBODY)])
def test_press_long_after_an_unrated_visit(second: float, place: Place) -> None:
    binder = play(OPEN, *visit("t1", 60, 300, 330), (second, "key.pressed", {}))
    assert press(binder).place is place


def test_press_with_nobody_there() -> None:
    assert press(play(OPEN, (50, "key.pressed", {}))).place is Place.NOBODY


def test_press_at_a_closed_window_still_tells_its_clerk() -> None:
    binder = play(OPEN, (100, "window.close", {"clerk": "a"}), (500, "key.pressed", {}))
    assert (press(binder).place, press(binder).clerk) == (Place.CLOSED, "a")


def test_last_citizens_slow_press_after_closing_is_no_press_at_a_closed_window() -> None:
    binder = play(OPEN, *visit("t1", 60, 300, 330), (310, "window.close", {"clerk": "a"}), (345, "key.pressed", {}))
    assert press(binder).place is Place.LATE


def test_lost_finish_is_told_by_the_invite() -> None:
    steps = visit("t1", 60, 300, 330)
    binder = play(OPEN, *steps[:2], steps[3], (305, "key.pressed", {}))
    assert press(binder).place is Place.AFTER


def test_presses_of_a_visit_whose_end_was_lost_say_nothing() -> None:
    steps = visit("t1", 60, 300)
    binder = play(OPEN, *steps[:2], (280, "key.pressed", {}), *visit("t2", 400, 600))
    assert press(binder).place is Place.UNKNOWN


def test_clerk_who_takes_over_in_mid_day_gets_the_presses() -> None:
    binder = play(OPEN, *visit("t1", 60, 300, 330), *visit("t2", 400, 600, 630, clerk="b"), (604, "key.pressed", {}))
    assert press(binder).clerk == "b"


def test_presses_under_maintenance_and_from_a_devices_memory_say_nothing() -> None:
    binder = play(
        OPEN,
        (10, "device.maintenance", {"state": "start"}),
        (20, "key.pressed", {}),
        (30, "device.maintenance", {"state": "end"}),
        (40, "device.offline", {"device": "k"}),
        (50, "device.online", {"device": "k"}),
        (51, "key.pressed", {}),
        (90, "key.pressed", {}),
    )
    assert [one.place for one in binder.presses] == [Place.UNKNOWN, Place.UNKNOWN, Place.NOBODY]


def maintenance(second: float, state: str, what: str = "maintenance") -> tuple[float, str, dict[str, Any]]:
    return (second, "device.maintenance", {"device": "k", "state": state, "what": what})


def test_maintenance_told_twice_or_ended_unbegun_is_not_turned_round() -> None:
    binder = play(
        OPEN,
        maintenance(5, "end"),
        (8, "key.pressed", {}),
        maintenance(10, "start"),
        maintenance(11, "start"),
        (20, "key.pressed", {}),
    )
    assert [one.place for one in binder.presses] == [Place.NOBODY, Place.UNKNOWN]


def test_end_of_a_drill_is_not_that_of_maintenance() -> None:
    binder = play(
        OPEN,
        maintenance(1, "start"),
        maintenance(2, "start", "drill"),
        maintenance(3, "end", "drill"),
        (9, "key.pressed", {}),
    )
    assert press(binder).place is Place.UNKNOWN


def test_maintenance_whose_end_was_lost_ends_by_its_time() -> None:
    start = (10, "device.maintenance", {"state": "start", "until": 600 * S})
    binder = play(OPEN, start, (599, "key.pressed", {}), (601, "key.pressed", {}))
    assert [one.place for one in binder.presses] == [Place.UNKNOWN, Place.NOBODY]


def test_press_marked_as_a_test_is_nobodys_whatever_else_was_lost() -> None:
    binder = play(
        OPEN, *visit("t1", 60, 300, 330), (302, "key.pressed", {"maintenance": True}), (305, "key.pressed", {})
    )
    assert [one.place for one in binder.presses] == [Place.UNKNOWN, Place.AFTER]
    assert [one.again for one in binder.presses] == [False, False]
    assert binder.visits[0].presses == binder.presses[1:]


@pytest.mark.parametrize(("second", "touched"), [(30, True), (200, True), (304, True), (500, False)])
def test_visit_that_could_not_be_rated_for_maintenance_says_so(second: float, touched: bool) -> None:
    steps = sorted([*visit("t1", 60, 300, 330), *visit("t2", 400, 900, 930), maintenance(second, "start")])
    binder = play(OPEN, *steps)
    assert (binder.visits[0].maintenance, binder.visits[1].maintenance) == (touched, True)


def test_night_keeps_maintenance() -> None:
    binder = play(OPEN, maintenance(10, "start"))
    begun = binder.new_day()
    for _ in range(2):  # a day may be read once more
        binder.new_day(begun)
        binder.feed(Event(t=30 * S, ev="key.pressed", win=1, press="p", level=5))
        assert press(binder).place is Place.UNKNOWN
        binder.feed(Event(t=40 * S, ev="device.maintenance", win=1, device="k", state="end", what="maintenance"))


def test_declared_assistance_covers_one_press() -> None:
    binder = play(
        OPEN,
        *visit("t1", 60, 300, 330),
        (301, "press.assist_declared", {"clerk": "a"}),
        (306, "key.pressed", {}),
        *visit("t2", 340, 390, 420),
        (395, "key.pressed", {}),
    )
    assert [one.declared for one in binder.presses] == [True, False]


def test_assistance_declared_in_mid_visit_covers_it_however_long_it_lasts() -> None:
    declared = (80, "press.assist_declared", {"clerk": "a"})
    steps = sorted([*visit("t1", 60, 900, 930), declared, *visit("t2", 950, 1200, 1230)])
    binder = play(OPEN, *steps, (1205, "key.pressed", {}))
    assert [one.declared for one in binder.visits] == [True, False]


def test_same_key_at_once_again_is_one_press() -> None:
    binder = play(OPEN, *visit("t1", 60, 300, 330), (305, "key.pressed", {}), (305.6, "key.pressed", {}))
    assert [one.again for one in binder.presses] == [False, True]


@pytest.mark.parametrize(
    ("opener", "left", "pressed", "whose"),
    [("b", 100, 4000, None), ("b", 100, 500, "a"), ("a", 100, 4000, "a"), (None, 100, 500, "a")],
)
def test_press_at_a_closed_window_is_nobodys_long_after_one_clerk_and_before_another(
    opener: str | None, left: float, pressed: float, whose: str | None
) -> None:
    steps: list[Any] = [OPEN, (left, "window.close", {"clerk": "a"}), (pressed, "key.pressed", {})]
    if opener is not None:
        steps.append((pressed + 300, "window.open", {"clerk": opener}))
    assert press(play(*steps)).clerk == whose


@pytest.mark.parametrize(("opener", "whose"), [("b", None), ("a", "a"), (None, None)])
def test_press_of_the_morning_is_not_that_of_who_sat_there_yesterday(opener: str | None, whose: str | None) -> None:
    binder = play(OPEN, (100, "window.close", {"clerk": "a"}))
    binder.new_day()
    day = 86_400_000
    binder.feed(Event(t=day + 1000, ev="key.pressed", win=1, press="p", level=5))
    if opener is not None:
        binder.feed(Event(t=day + 300_000, ev="window.open", win=1, clerk=opener))
    binder.end_day()
    assert press(binder).clerk == whose


def test_assistance_declared_after_the_press_covers_nothing() -> None:
    steps = visit("t1", 60, 300, 330)
    late = (295.0, "press.assist_declared", {"clerk": "a"})
    binder = play(OPEN, *steps[:2], (260, "key.pressed", {}), late, *steps[2:])
    assert (press(binder).place, binder.visits[0].declared) == (Place.BEFORE, False)
    after = play(OPEN, *steps, (305, "key.pressed", {}), (306, "press.assist_declared", {"clerk": "a"}))
    assert (after.visits[0].declared, press(after).declared) == (False, False)


def test_each_keypad_of_a_window_comes_back_by_itself_and_a_press_proves_it() -> None:
    away = [(20.0, "device.offline", {"device": name}) for name in ("pad", "tablet")]
    back = (30.0, "device.online", {"device": "tablet"})
    one, other = visit("t1", 60, 300, 330), visit("t2", 400, 600, 630)
    binder = play(OPEN, *away, back, *one, (305, "key.pressed", {}), *other)
    assert [one.outage for one in binder.visits] == [True, False]
    assert press(binder).place is Place.UNKNOWN
