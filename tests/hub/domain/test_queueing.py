from dataclasses import replace
from itertools import cycle, islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain import events as e
from hub.domain import queueing, verbs
from hub.domain.model import PRIORITY_RANK, Service, WindowSetup
from hub.errors import StateForbids
from tests.hub.ledger import DAY, SETUP, Ledger


def test_first_come_is_first_served() -> None:
    hall = Ledger()
    hall.open(1)
    came = hall.issue_many("social", 5)
    assert [hall.next(1) for _ in range(6)] == [*came, None]


def test_priority_groups_go_first_in_their_order_and_by_arrival_within() -> None:
    hall = Ledger(replace(SETUP, max_overtakes=100))
    hall.open(1)
    groups = [None, "appointment", "elderly", "disabled", "green_channel", "serviceman", "appointment"]
    came = [hall.issue("social", group) for group in groups]
    assert [hall.next(1) for _ in groups] == [came[i] for i in (4, 2, 3, 5, 1, 6, 0)]


def test_service_that_stands_first_at_the_window_goes_first() -> None:
    hall = Ledger()
    hall.open(2)
    social, tax = hall.issue_many("social", 2), hall.issue_many("tax", 2)
    assert [hall.next(2) for _ in range(4)] == [*tax, *social]


def test_priority_weighs_more_than_the_order_of_services() -> None:
    hall = Ledger()
    hall.open(2)
    tax, old = hall.issue("tax"), hall.issue("social", "elderly")
    assert [hall.next(2), hall.next(2)] == [old, tax]


def test_window_never_calls_what_it_does_not_serve() -> None:
    hall = Ledger()
    hall.open(1)
    hall.issue("tax")
    hall.issue("land", "green_channel")
    assert hall.next(1) is None


def test_longest_waiting_is_called_after_so_many_overtakes() -> None:
    hall = Ledger()
    hall.open(1)
    ordinary = hall.issue("social")
    old = [hall.issue("social", "elderly") for _ in range(5)]
    assert [hall.next(1) for _ in range(6)] == [*old[:3], ordinary, *old[3:]]


def test_calls_that_pass_nobody_over_do_not_count_as_overtakes() -> None:
    hall = Ledger()
    hall.open(1)
    first = hall.issue_many("social", 3)
    assert [hall.next(1) for _ in range(3)] == first
    assert hall.state.window(1).overtakes == 0


def test_chosen_call_counts_as_an_overtake_where_it_is_one() -> None:
    hall = Ledger()
    hall.open(1)
    ordinary = hall.issue("social")
    for _ in range(3):
        late = hall.issue("social")
        hall.add(*verbs.call_chosen(hall.desk(1), hall.ticket(late)))
        hall.add(*verbs.miss(hall.desk(1)))
    hall.issue("social", "green_channel")
    assert hall.next(1) == ordinary


SERVED = st.sampled_from(["social", "tax"])


@given(
    st.integers(0, 4),
    st.lists(st.tuples(SERVED, st.sampled_from([None, *PRIORITY_RANK])), max_size=8),
    st.lists(st.lists(st.tuples(SERVED, st.sampled_from(list(PRIORITY_RANK))), max_size=3), min_size=1, max_size=9),
)
def test_nobody_starves_whatever_comes_after(
    max_overtakes: int, before: list[tuple[str, str | None]], after: list[list[tuple[str, str]]]
) -> None:
    hall = Ledger(replace(SETUP, max_overtakes=max_overtakes))
    hall.open(2)
    for service, priority in before:
        hall.issue(service, priority)
    unlucky = hall.issue("social")
    calls = 0
    for arrivals in islice(cycle(after), (len(before) + 1) * (max_overtakes + 1)):
        for service, priority in arrivals:
            hall.issue(service, priority)
        calls += 1
        if hall.next(2) == unlucky:
            break
    assert hall.ticket(unlucky).state == "missed", f"still waiting after {calls} calls"


@pytest.mark.parametrize(("others", "place"), [(0, 0), (2, 2), (3, 3), (8, 3)])
def test_missed_ticket_that_comes_back_waits_behind_the_next_few(others: int, place: int) -> None:
    hall = Ledger()
    hall.open(1)
    missed = hall.issue("social")
    rest = hall.issue_many("social", others)
    assert hall.next(1) == missed
    hall.give_back(missed)
    assert hall.queue("social") == [*rest[:place], missed, *rest[place:]]
    assert [hall.next(1) for _ in range(place + 1)] == [*rest[:place], missed]


@pytest.mark.parametrize("return_after", [0, 3])
def test_those_who_never_come_do_not_keep_the_rest_waiting(return_after: int) -> None:
    hall = Ledger(replace(SETUP, return_after=return_after))
    hall.open(1)
    absent = hall.issue_many("social", 4)
    rest = hall.issue_many("social", 8)
    called: list[str] = []
    while not set(rest) <= set(called) and len(called) < 100:
        number = hall.next(1)
        assert number is not None
        called.append(number)
        if number in absent:
            hall.give_back(number)
    assert [number for number in called if number in rest] == rest


def test_returned_ticket_keeps_its_place_also_where_fewer_overtakes_are_allowed() -> None:
    hall = Ledger(replace(SETUP, return_after=5, max_overtakes=1))
    hall.open(1)
    missed = hall.issue("social")
    rest = hall.issue_many("social", 8)
    hall.next(1)
    hall.give_back(missed)
    assert [hall.next(1) for _ in range(6)] == [*rest[:5], missed]


def test_transfer_to_a_service_keeps_the_wait() -> None:
    hall = Ledger()
    hall.open(1, 3)
    first = hall.issue("social")
    earlier = hall.issue("land")
    moved = hall.issue("social")
    later = hall.issue("land")
    hall.next(1)
    assert hall.call(1) == moved
    hall.add(*verbs.transfer(hall.desk(1), service="land"))
    assert hall.queue("land") == [earlier, moved, later]
    assert (hall.ticket(first).state, hall.ticket(moved).service) == ("missed", "land")


def test_ticket_transferred_to_a_window_is_called_there_before_equals() -> None:
    hall = Ledger()
    hall.open(1, 3)
    land = hall.issue("land")
    moved = hall.issue("social")
    hall.call(1)
    hall.add(*verbs.transfer(hall.desk(1), window=3))
    assert hall.ticket(moved).reserved == 3
    assert [hall.next(3), hall.next(3)] == [moved, land]


def test_reserved_ticket_is_left_to_its_window_while_that_one_is_signed_on() -> None:
    hall = Ledger()
    hall.open(1, 2)
    moved = hall.issue("social")
    hall.call(1)
    hall.add(*verbs.transfer(hall.desk(1), window=2))
    assert hall.call(1) is None
    with pytest.raises(StateForbids, match="已指定其他窗口"):
        verbs.call_chosen(hall.desk(1), hall.ticket(moved))
    assert hall.call(2) == moved


def test_reserved_ticket_is_anybodys_once_its_window_is_signed_off() -> None:
    hall = Ledger()
    hall.open(1, 2)
    moved = hall.issue("social")
    hall.call(1)
    hall.add(*verbs.transfer(hall.desk(1), window=2))
    hall.add(*verbs.sign_off(hall.desk(2)))
    assert hall.call(1) == moved


def test_reservation_outlives_a_miss() -> None:
    hall = Ledger()
    hall.open(1, 2)
    moved = hall.issue("social")
    hall.call(1)
    hall.add(*verbs.transfer(hall.desk(1), window=2))
    assert hall.next(2) == moved
    hall.give_back(moved)
    assert hall.call(1) is None
    assert hall.call(2) == moved


def test_cancelled_ticket_leaves_the_queue() -> None:
    hall = Ledger()
    hall.open(1)
    first, second = hall.issue_many("social", 2)
    hall.add(*verbs.cancel(hall.ticket(first), "test"))
    assert hall.queue("social") == [second]
    assert hall.next(1) == second


def test_ahead_counts_those_who_are_called_before() -> None:
    hall = Ledger()
    ordinary = hall.issue_many("social", 2)
    old = hall.issue("social", "elderly")
    last = hall.issue("social")
    assert [queueing.ahead_of(hall.state, hall.ticket(n)) for n in (*ordinary, old, last)] == [1, 2, 0, 3]
    assert queueing.ahead_of_new(hall.state, "social", None) == 4
    assert queueing.ahead_of_new(hall.state, "social", "elderly") == 1
    assert queueing.ahead_of_new(hall.state, "social", "green_channel") == 0


def serve(hall: Ledger, window: int, seconds: float) -> None:
    hall.call(window)
    hall.add(*verbs.start(hall.desk(window)))
    hall.wait(seconds)
    hall.add(*verbs.finish(hall.desk(window)))


def estimate(hall: Ledger, service: str, ahead: int) -> int:
    return queueing.estimate_s(hall.state, hall.setup, hall.setup.services[service], ahead)


def test_estimate_stands_on_the_configured_time_until_there_are_recent_ones() -> None:
    hall = Ledger()
    hall.open(3)
    assert estimate(hall, "land", 2) == 2 * 600
    hall.issue("land")
    serve(hall, 3, 100)
    assert estimate(hall, "land", 2) == 2 * 100


def test_estimate_is_the_median_of_recent_services() -> None:
    hall = Ledger()
    hall.open(3)
    for seconds in (100, 5000, 120, 110, 90):
        hall.issue("land")
        serve(hall, 3, seconds)
    assert estimate(hall, "land", 1) == 110


def test_estimate_where_nobody_says_when_a_visit_starts_is_from_the_calls() -> None:
    hall = Ledger()
    hall.open(3)
    hall.issue_many("land", 3)
    for seconds in (80, 40):
        hall.call(3)
        hall.wait(seconds)
        hall.add(*verbs.recall(hall.desk(3)))
        hall.wait(seconds)
        hall.add(*verbs.finish(hall.desk(3)))
    assert estimate(hall, "land", 1) == 160
    serve(hall, 3, 50)
    assert estimate(hall, "land", 1) == 50


def test_estimate_forgets_old_services() -> None:
    hall = Ledger()
    hall.open(3)
    for seconds in [1000] * 20 + [60] * 20:
        hall.issue("land")
        serve(hall, 3, seconds)
    assert estimate(hall, "land", 1) == 60


def test_estimate_is_shared_by_the_windows_that_are_open_for_the_service() -> None:
    hall = Ledger()
    assert estimate(hall, "social", 4) == 4 * 300  # nobody is open yet: as if one were
    hall.open(1, 2, 3)
    assert estimate(hall, "social", 4) == 4 * 300 // 2
    hall.add(*verbs.pause(hall.desk(2), "吃饭"))
    assert estimate(hall, "social", 4) == 4 * 300


def test_nobody_ahead_is_no_wait() -> None:
    hall = Ledger()
    assert estimate(hall, "social", 0) == 0


def numbers(hall: Ledger, service: Service, count: int) -> list[str | None]:
    setup = replace(hall.setup, services={**hall.setup.services, service.code: service})
    hall.setup = setup
    found: list[str | None] = []
    for _ in range(count):
        number = queueing.next_number(hall.state, service, hall.state.day)
        found.append(number.text if number else None)
        if number:
            hall.issue(service.code)
    return found


def test_numbers_have_three_digits_and_grow_to_four() -> None:
    hall = Ledger()
    assert numbers(hall, Service("social", "社保", "A"), 2) == ["A001", "A002"]
    assert numbers(hall, Service("car", "车管", "F", first=998), 4) == ["F998", "F999", "F1000", "F1001"]


def test_numbers_end_with_their_range_and_never_wrap() -> None:
    assert numbers(Ledger(), Service("social", "社保", "A", first=8, last=9), 4) == ["A008", "A009", None, None]


def test_quota_ends_the_days_numbers() -> None:
    assert numbers(Ledger(), Service("social", "社保", "A", quota=2), 3) == ["A001", "A002", None]


def test_services_that_share_a_prefix_count_in_their_own_ranges() -> None:
    hall = Ledger()
    one, other = Service("social", "社保", "A", last=3), Service("car", "车管", "A", first=500)
    assert numbers(hall, one, 1) == ["A001"]
    assert numbers(hall, other, 2) == ["A500", "A501"]
    assert numbers(hall, one, 3) == ["A002", "A003", None]
    assert numbers(hall, other, 1) == ["A502"]


def test_service_renamed_during_the_day_does_not_begin_its_numbers_anew() -> None:
    hall = Ledger()
    assert numbers(hall, Service("social", "社保", "A"), 2) == ["A001", "A002"]
    assert numbers(hall, Service("social-2", "社保", "A"), 1) == ["A003"]


def test_numbers_and_quota_begin_anew_each_day() -> None:
    hall = Ledger()
    service = Service("social", "社保", "A", quota=2)
    assert numbers(hall, service, 3) == ["A001", "A002", None]
    hall.add(e.DayStarted("2026-10-02"))
    assert numbers(hall, service, 3) == ["A001", "A002", None]


def test_day_that_comes_again_goes_on_with_its_numbers_and_quota() -> None:
    hall = Ledger()
    service = Service("social", "社保", "A", quota=3)
    assert numbers(hall, service, 2) == ["A001", "A002"]
    hall.add(e.DayStarted("2026-09-30"))
    assert numbers(hall, service, 1) == ["A001"]
    hall.add(e.DayStarted(DAY))
    assert numbers(hall, service, 2) == ["A003", None]


def test_windows_of_a_service_ascend() -> None:
    setup = replace(SETUP, windows={9: WindowSetup(9, "", "", ("tax",)), **SETUP.windows})
    assert setup.windows_of("tax") == (2, 9)
