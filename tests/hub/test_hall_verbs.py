"""States × verbs: the table of interfaces.md."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from hub.domain.events import Fact, Matter
from hub.domain.model import MAX_RECALLS
from hub.errors import BadValue, NotFound, StateForbids
from hub.hall import Done
from tests.hub.running import Running, running

Verb = Callable[[Running], Awaitable[Done]]
BY = "test"

STATES: dict[str, list[Verb]] = {
    "closed": [lambda r: r.hall.sign_off(1, by=BY)],
    "idle": [],
    "called": [lambda r: r.hall.call_next(1, by=BY)],
    "serving": [lambda r: r.hall.call_next(1, by=BY), lambda r: r.hall.start_service(1, by=BY)],
    "rating": [lambda r: r.hall.call_next(1, by=BY), lambda r: r.hall.finish(1, by=BY)],
    "paused": [lambda r: r.hall.pause(1, "吃饭", by=BY)],
}
VERBS: dict[str, Verb] = {
    "next": lambda r: r.hall.call_next(1, by=BY),
    "call": lambda r: r.hall.call(1, "20261001-A003", by=BY),
    "start": lambda r: r.hall.start_service(1, by=BY),
    "finish": lambda r: r.hall.finish(1, by=BY),
    "recall": lambda r: r.hall.recall(1, by=BY),
    "miss": lambda r: r.hall.miss(1, by=BY),
    "hold": lambda r: r.hall.hold(1, by=BY),
    "take-back": lambda r: r.hall.take_back(1, by=BY),
    "transfer": lambda r: r.hall.transfer(1, service="tax", by=BY),
    "invite": lambda r: r.hall.invite(1, by=BY),
    "pause": lambda r: r.hall.pause(1, "开会", by=BY),
    "resume": lambda r: r.hall.resume(1, by=BY),
    "sign-on": lambda r: r.hall.sign_on(1, "1002", by=BY),
    "sign-off": lambda r: r.hall.sign_off(1, by=BY),
    "assist": lambda r: r.hall.assist(1, by=BY),
}
# From interfaces.md: state and verb → the window's state, the ticket's state, the kinds of the facts.
ALLOWED: dict[tuple[str, str], tuple[str, str | None, list[str]]] = {
    ("idle", "next"): ("called", "called", ["ticket.called"]),
    ("rating", "next"): ("called", "called", ["ticket.called"]),
    ("idle", "call"): ("called", "called", ["ticket.called"]),
    ("rating", "call"): ("called", "called", ["ticket.called"]),
    ("called", "start"): ("serving", "serving", ["ticket.arrived"]),
    ("called", "finish"): ("rating", "finished", ["ticket.finished", "rating.invited"]),
    ("serving", "finish"): ("rating", "finished", ["ticket.finished", "rating.invited"]),
    ("called", "recall"): ("called", "called", ["ticket.recalled"]),
    ("called", "miss"): ("idle", "missed", ["ticket.missed"]),
    ("called", "hold"): ("idle", "held", ["ticket.held"]),
    ("serving", "hold"): ("idle", "held", ["ticket.held"]),
    ("idle", "take-back"): ("serving", "serving", ["ticket.taken_back"]),
    ("rating", "take-back"): ("serving", "serving", ["ticket.taken_back"]),
    ("called", "transfer"): ("idle", "waiting", ["ticket.transferred"]),
    ("serving", "transfer"): ("idle", "waiting", ["ticket.transferred"]),
    ("rating", "invite"): ("rating", "finished", ["rating.invited"]),
    ("idle", "pause"): ("paused", None, ["window.paused"]),
    ("rating", "pause"): ("paused", None, ["window.paused"]),
    ("paused", "resume"): ("idle", None, ["window.resumed"]),
    ("closed", "sign-on"): ("idle", None, ["window.signed_on"]),
    ("idle", "sign-off"): ("closed", None, ["window.signed_off"]),
    ("rating", "sign-off"): ("closed", None, ["window.signed_off"]),
    ("paused", "sign-off"): ("closed", None, ["window.signed_off"]),
    ("called", "assist"): ("called", "called", ["press.assist_declared"]),
    ("serving", "assist"): ("serving", "serving", ["press.assist_declared"]),
    ("rating", "assist"): ("rating", "finished", ["press.assist_declared"]),
}
PAIRS = [(state, verb) for state in STATES for verb in VERBS]


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Running]:
    """Window 1 is idle and holds A001; A002 to A004 wait."""
    async with running(tmp_path) as it:
        for _ in range(4):
            await it.hall.issue_ticket("social", by=BY)
        await it.hall.sign_on(1, "1001", by=BY)
        await it.hall.call_next(1, by=BY)
        await it.hall.hold(1, by=BY)
        yield it


async def brought_to(state: str, it: Running) -> int:
    """Bring window 1 to a state; return the number of the last fact."""
    for verb in STATES[state]:
        await verb(it)
    assert it.hall.state.window(1).state == state
    return it.bus.last_seq


@pytest.mark.parametrize(("state", "verb"), [pair for pair in PAIRS if pair in ALLOWED])
async def test_verb_does_what_the_table_says(hall: Running, state: str, verb: str) -> None:
    before = await brought_to(state, hall)
    to, ticket_state, kinds = ALLOWED[state, verb]
    done = await VERBS[verb](hall)
    assert done.stored
    assert hall.hall.state.window(1).state == to
    assert (done.ticket.state if done.ticket else None) == ticket_state
    assert [fact.kind for fact in hall.facts(before)] == kinds


@pytest.mark.parametrize(("state", "verb"), [pair for pair in PAIRS if pair not in ALLOWED])
async def test_forbidden_verb_raises_and_is_no_fact(hall: Running, state: str, verb: str) -> None:
    before = await brought_to(state, hall)
    window = hall.hall.state.window(1)
    stood = (window.state, window.ticket, list(window.held), window.clerk)
    with pytest.raises(StateForbids) as caught:
        await VERBS[verb](hall)
    await hall.settled()
    assert (caught.value.verb, caught.value.state) == (verb, state)
    assert caught.value.detail
    assert hall.bus.last_seq == before
    assert hall.facts(before) == []
    assert (window.state, window.ticket, list(window.held), window.clerk) == stood


def test_table_covers_every_pair() -> None:
    assert len(PAIRS) == len(STATES) * len(VERBS)
    assert set(ALLOWED) <= set(PAIRS)


@pytest.mark.parametrize("state", ["idle", "rating"])
async def test_next_where_nobody_waits_is_no_fact_and_no_error(tmp_path: Path, state: str) -> None:
    async with running(tmp_path) as it:
        await it.hall.sign_on(1, "1001", by=BY)
        if state == "rating":
            await it.hall.issue_ticket("social", by=BY)
            await it.hall.call_next(1, by=BY)
            await it.hall.finish(1, by=BY)
        before = it.bus.last_seq
        assert await it.hall.call_next(1, by=BY) == Done(None, stored=True)
        assert it.bus.last_seq == before
        assert it.hall.state.window(1).state == state


async def test_call_is_repeated_five_times_at_most(hall: Running) -> None:
    await hall.hall.call_next(1, by=BY)
    for n in range(1, MAX_RECALLS + 1):
        done = await hall.hall.recall(1, by=BY)
        assert done.ticket is not None
        assert done.ticket.recalls == n
    before = hall.bus.last_seq
    with pytest.raises(StateForbids, match="5"):
        await hall.hall.recall(1, by=BY)
    assert hall.bus.last_seq == before


async def test_recalls_count_anew_for_a_returned_ticket(hall: Running) -> None:
    called = (await hall.hall.call_next(1, by=BY)).ticket
    assert called is not None
    await hall.hall.recall(1, by=BY)
    await hall.hall.miss(1, by=BY)
    await hall.hall.give_back(called.id, by=BY)
    await hall.hall.call(1, called.id, by=BY)
    done = await hall.hall.recall(1, by=BY)
    assert done.ticket is not None
    assert done.ticket.recalls == 1


async def test_called_ticket_shows_as_called_though_the_next_verb_comes_at_once(hall: Running) -> None:
    done = await hall.hall.call_next(1, by=BY)
    await hall.hall.start_service(1, by=BY)
    assert done.ticket is not None
    assert done.ticket.state == "called"


@pytest.mark.parametrize("ticket", ["20261001-A001", "20261001-A002", "20261001-A003", "20261001-A004"])
async def test_only_a_waiting_ticket_can_be_called(hall: Running, ticket: str) -> None:
    it = hall.hall
    await it.sign_on(2, "1002", by=BY)
    await it.call(2, "20261001-A002", by=BY)
    await it.miss(2, by=BY)
    await it.call(2, "20261001-A003", by=BY)
    await it.finish(2, by=BY)
    await it.cancel("20261001-A004", by=BY)
    before = hall.bus.last_seq
    with pytest.raises(StateForbids) as caught:
        await it.call(1, ticket, by=BY)
    states = {"20261001-A001": "held", "20261001-A002": "missed", "20261001-A003": "finished"}
    assert caught.value.state == states.get(ticket, "cancelled")
    assert hall.bus.last_seq == before


async def test_window_does_not_call_a_ticket_of_a_service_it_does_not_have(hall: Running) -> None:
    issued = await hall.hall.issue_ticket("land", by=BY)
    with pytest.raises(StateForbids, match="不办理"):
        await hall.hall.call(1, issued.ticket, by=BY)


async def test_oldest_held_ticket_is_taken_back_first_unless_one_is_named(hall: Running) -> None:
    it = hall.hall
    for _ in range(2):
        await it.call_next(1, by=BY)
        await it.hold(1, by=BY)
    named = await it.take_back(1, "20261001-A003", by=BY)
    await it.hold(1, by=BY)
    oldest = await it.take_back(1, by=BY)
    assert [done.ticket.number for done in (named, oldest) if done.ticket] == ["A003", "A001"]


async def test_ticket_held_elsewhere_is_not_taken_back(hall: Running) -> None:
    await hall.hall.sign_on(2, "1002", by=BY)
    with pytest.raises(StateForbids):
        await hall.hall.take_back(2, by=BY)
    with pytest.raises(StateForbids):
        await hall.hall.take_back(1, "20261001-A002", by=BY)


async def test_invite_is_refused_once_rated_or_called_since(hall: Running) -> None:
    it = hall.hall
    await it.call_next(1, by=BY)
    await it.finish(1, by=BY)
    assert hall.press() == "rating"
    with pytest.raises(StateForbids):
        await it.invite(1, by=BY)
    await it.call_next(1, by=BY)
    await it.finish(1, by=BY)
    await it.call_next(1, by=BY)
    await it.miss(1, by=BY)
    with pytest.raises(StateForbids):
        await it.invite(1, by=BY)


async def test_invite_after_its_end_asks_once_more(hall: Running) -> None:
    it = hall.hall
    await it.call_next(1, by=BY)
    await it.finish(1, by=BY)
    hall.clock.advance(61)
    done = await it.invite(1, by=BY)
    assert done.ticket is not None
    assert (done.ticket.state, it.state.window(1).state) == ("finished", "rating")
    assert hall.press(after_s=59) == "rating"


async def test_transfer_to_a_window_takes_a_service_that_it_has(hall: Running) -> None:
    await hall.hall.call_next(1, by=BY)
    done = await hall.hall.transfer(1, to_window=3, by=BY)
    assert done.ticket is not None
    assert (done.ticket.service, done.ticket.reserved, done.ticket.number) == ("land", 3, "A002")


async def test_transfer_to_the_same_window_is_forbidden(hall: Running) -> None:
    await hall.hall.call_next(1, by=BY)
    with pytest.raises(StateForbids):
        await hall.hall.transfer(1, to_window=1, by=BY)


async def test_visit_may_carry_several_matters(hall: Running) -> None:
    matters = (Matter("social", "即办", "2026-1"), Matter("social", "承诺", "2026-2"))
    await hall.hall.call_next(1, by=BY)
    before = hall.bus.last_seq
    await hall.hall.finish(1, matters, by=BY)
    assert getattr(hall.facts(before)[0], "matters", None) == matters


NOBODY: list[Verb] = [
    lambda r: r.hall.call_next(99, by=BY),
    lambda r: r.hall.sign_on(99, "1001", by=BY),
    lambda r: r.hall.sign_on(3, "9999", by=BY),
    lambda r: r.hall.call(1, "20261001-A999", by=BY),
    lambda r: r.hall.cancel("20261001-A999", by=BY),
    lambda r: r.hall.give_back("20261001-A999", by=BY),
    lambda r: r.hall.take_back(1, "20261001-A999", by=BY),
    lambda r: r.hall.transfer(1, service="fishing", by=BY),
]


@pytest.mark.parametrize("verb", NOBODY)
async def test_unknown_window_clerk_ticket_or_service_is_not_found(hall: Running, verb: Verb) -> None:
    before = hall.bus.last_seq
    with pytest.raises(NotFound):
        await verb(hall)
    assert hall.bus.last_seq == before


async def test_transfer_to_an_unknown_window_is_not_found(hall: Running) -> None:
    await hall.hall.call_next(1, by=BY)
    with pytest.raises(NotFound):
        await hall.hall.transfer(1, to_window=99, by=BY)


async def test_transfer_needs_one_aim(hall: Running) -> None:
    await hall.hall.call_next(1, by=BY)
    before = hall.bus.last_seq
    with pytest.raises(BadValue):
        await hall.hall.transfer(1, by=BY)
    with pytest.raises(BadValue):
        await hall.hall.transfer(1, service="tax", to_window=2, by=BY)
    assert hall.bus.last_seq == before


@pytest.mark.parametrize("pin", [None, "", "1357"])
async def test_sign_on_with_a_wrong_pin_is_refused_and_not_repeated_to_anybody(hall: Running, pin: str | None) -> None:
    before = hall.bus.last_seq
    with pytest.raises(BadValue) as caught:
        await hall.hall.sign_on(3, "1003", pin=pin, by=BY)
    assert "2468" not in str(caught.value)
    assert "1357" not in str(caught.value)
    assert hall.bus.last_seq == before


async def test_sign_on_with_the_right_pin_keeps_who_signed_on_whom(hall: Running) -> None:
    before = hall.bus.last_seq
    await hall.hall.sign_on(3, "1003", pin="2468", by="token-7")
    fact: Fact = hall.facts(before)[0]
    assert (getattr(fact, "clerk", ""), getattr(fact, "by", "")) == ("1003", "token-7")


@pytest.mark.parametrize("from_state", ["waiting", "called", "serving", "held", "finished", "cancelled"])
async def test_only_a_missed_ticket_comes_back(hall: Running, from_state: str) -> None:
    it, ticket = hall.hall, "20261001-A002"
    if from_state == "held":
        ticket = "20261001-A001"
    elif from_state == "cancelled":
        await it.cancel(ticket, by=BY)
    elif from_state != "waiting":
        await it.call(1, ticket, by=BY)
        if from_state == "serving":
            await it.start_service(1, by=BY)
        elif from_state == "finished":
            await it.finish(1, by=BY)
    assert it.ticket(ticket).state == from_state
    with pytest.raises(StateForbids):
        await it.give_back(ticket, by=BY)
    if from_state != "waiting":
        with pytest.raises(StateForbids):
            await it.cancel(ticket, by=BY)
