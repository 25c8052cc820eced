from hub.selfpress.order import in_order
from hub.selfpress.reading import Event


def events(*times: float) -> list[Event]:
    return [Event(t=t, ev="key.pressed", press=f"p{number}") for number, t in enumerate(times)]


def order(*times: float) -> list[object]:
    return [event.press for event in in_order(events(*times))]


def test_events_in_order_stay() -> None:
    assert order(1, 2, 2, 9) == ["p0", "p1", "p2", "p3"]


def test_late_event_moves_to_its_place() -> None:
    assert order(10_000, 20_000, 30_000, 12_000, 40_000, 50_000, *range(60_000, 160_000, 9_000))[:3] == [
        "p0",
        "p3",
        "p1",
    ]


def test_events_a_moment_apart_keep_the_order_of_arrival() -> None:
    assert order(10_000, 9_400, 11_000) == ["p0", "p1", "p2"]


def test_where_the_clock_was_set_back_the_order_of_arrival_stands() -> None:
    times = [*range(600_000, 700_000, 5_000), *range(400_000, 600_000, 5_000)]
    assert order(*times) == [f"p{number}" for number in range(len(times))]


def test_line_that_came_twice_counts_once() -> None:
    call = Event(t=5, ev="ticket.called", ticket="t1", win=1)
    press = Event(t=9, ev="key.pressed", press="p1", win=1)
    assert in_order([call, call, press, Event(t=700, ev="key.pressed", press="p1", win=1)]) == [call, press]


def test_nothing_is_in_order() -> None:
    assert in_order([]) == []
