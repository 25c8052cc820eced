"""The fold: total, and plain data."""

from dataclasses import fields
from typing import Any, get_args, get_type_hints

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain import events as e
from hub.domain import verbs
from hub.domain.state import RECENT_CALLS, HallState
from tests.hub.ledger import MORNING_MS, Ledger

# Few names, so that facts often speak of the same ticket, window and device, and often of ones that never were.
WORDS = ["t1", "t2", "A001", "social", "2026-10-01", "line-1", "boot-1", ""]


def values(hint: Any) -> st.SearchStrategy[Any]:
    simple: dict[Any, st.SearchStrategy[Any]] = {
        str: st.sampled_from(WORDS),
        int: st.integers(0, 3),
        bool: st.booleans(),
        type(None): st.none(),
        e.Matter: st.just(e.Matter()),
    }
    if hint in simple:
        return simple[hint]
    if getattr(hint, "__origin__", None) is tuple:
        return st.lists(values(get_args(hint)[0]), max_size=2).map(tuple)
    return st.one_of([values(arm) for arm in get_args(hint)])


def built(kind: type[e.Fact]) -> st.SearchStrategy[e.Fact]:
    hints = get_type_hints(kind)
    return st.builds(kind, **{f.name: values(hints[f.name]) for f in fields(kind)})


facts = st.one_of([built(kind) for kind in e.KINDS.values()])


@given(st.lists(facts, max_size=40))
def test_fold_passes_over_what_makes_no_sense(history: list[e.Fact]) -> None:
    """Facts of other versions, of another configuration, of an imported log: none of them may stop the hub."""
    state = HallState()
    for seq, fact in enumerate(history, 1):
        state.apply(e.Recorded(seq, e.Stamp(MORNING_MS + seq, seq), fact))
    assert state.seq == len(history)
    assert msgspec.json.decode(msgspec.json.encode(state), type=HallState) == state


def test_unknown_fact_only_moves_the_number() -> None:
    hall = Ledger()
    before = msgspec.json.encode(hall.state)
    hall.add(e.Unknown("appeal.decided", {"outcome": "upheld"}))
    hall.state.seq -= 1
    assert msgspec.json.encode(hall.state) == before


def test_reading_a_window_leaves_no_trace() -> None:
    hall = Ledger()
    assert hall.state.window(7).state == "closed"
    assert hall.state.windows == {}


def test_few_calls_are_kept_latest_first() -> None:
    hall = Ledger()
    hall.open(1)
    came = hall.issue_many("social", RECENT_CALLS + 3)
    for _ in came:
        hall.next(1)
    assert [call.number for call in hall.state.calls] == came[: -RECENT_CALLS - 1 : -1]


def test_repeated_call_comes_first_again_and_counts() -> None:
    hall = Ledger()
    hall.open(1, 2)
    first, _ = hall.issue_many("social", 2)
    hall.call(1)
    hall.call(2)
    hall.wait(5)
    hall.add(*verbs.recall(hall.desk(1)))
    latest = hall.state.calls[0]
    assert (latest.number, latest.window, latest.recalls, latest.at_ms) == (first, 1, 1, hall.wall_ms)
    assert len(hall.state.calls) == 2


def test_recall_of_a_call_that_is_no_longer_kept_pushes_out_the_oldest() -> None:
    hall = Ledger()
    hall.open(1, 2)
    kept = hall.issue_many("social", RECENT_CALLS + 1)
    hall.call(2)
    for _ in kept[1:]:
        hall.next(1)
    hall.add(*verbs.recall(hall.desk(2)))
    assert [call.number for call in hall.state.calls][:2] == [kept[0], kept[-1]]
    assert len(hall.state.calls) == RECENT_CALLS


@pytest.mark.parametrize(
    ("fact", "slip"),
    [
        (e.SlipPrinted("A001", "K1", "printer-1", proof=True), "printed"),
        (e.SlipFailed("A001", "K1", "printer-1", "no paper"), "failed"),
        (e.SlipFailed("A001", "K1", "printer-1", "silent", unknown=True), "unknown"),
    ],
)
def test_ticket_tells_what_came_of_its_paper(fact: e.Fact, slip: str) -> None:
    hall = Ledger()
    number = hall.issue("social")
    assert hall.ticket(number).slip is None
    hall.add(fact)
    assert hall.ticket(number).slip == slip


def test_device_is_known_by_its_last_word() -> None:
    hall = Ledger()
    hall.add(e.DeviceOnline("line-1", "keypad.ff68", (1,)))
    hall.wait(3)
    hall.add(e.DeviceOffline("line-1", "keypad.ff68", (1,), "silent"))
    device = hall.state.devices["line-1"]
    assert (device.online, device.detail, device.since_ms) == (False, "silent", hall.wall_ms)


def test_service_time_runs_from_the_first_start_over_a_hold() -> None:
    hall = Ledger()
    hall.open(1)
    hall.issue("social")
    hall.call(1)
    hall.add(*verbs.start(hall.desk(1)))
    hall.wait(60)
    hall.add(*verbs.hold(hall.desk(1)))
    hall.wait(100)
    hall.add(*verbs.take_back(hall.desk(1), None))
    hall.wait(40)
    hall.add(*verbs.finish(hall.desk(1)))
    assert hall.state.durations_s == {"social": [200]}


def test_visit_without_a_start_tells_how_long_it_stayed_since_the_call() -> None:
    hall = Ledger()
    hall.open(1)
    hall.issue("social")
    hall.call(1)
    hall.wait(500)
    hall.add(*verbs.finish(hall.desk(1)))
    assert hall.state.durations_s == {}
    assert hall.state.stays_s == {"social": [500]}


def test_phones_are_forgotten_after_their_time() -> None:
    hall = Ledger()
    hall.open(1)
    hall.issue("social")
    hall.call(1)
    hall.add(*verbs.finish(hall.desk(1)))
    hall.wait(15 * 86400)
    hall.add(e.DayStarted("2026-10-16"))
    assert len(hall.state.phone) == 1
    hall.wait(2 * 86400)
    hall.add(e.DayStarted("2026-10-18"))
    assert hall.state.phone == {}
