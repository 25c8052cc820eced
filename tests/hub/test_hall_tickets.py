import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from hub.domain import events as e
from hub.domain.model import Service, Setup
from hub.domain.state import VERSION
from hub.errors import BadValue, Conflict, NotFound, StateForbids
from hub.hall import SNAPSHOT, Hall, Issued, Request
from tests.hub.ledger import SETUP
from tests.hub.running import Running, morning, running

BY = "test"
HOUR_S = 3600
DAY_S = 24 * HOUR_S
EVENING_S = 15 * HOUR_S - 1  # from 09:00 to the last second of the day


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(tmp_path) as it:
        yield it


async def issue(it: Running, service: object = "social", **more: object) -> Issued:
    return await it.hall.issue_ticket(service, by=BY, **more)  # type: ignore[arg-type]


async def test_ticket_carries_what_its_taker_asks_for(hall: Running) -> None:
    await issue(hall)
    issued = await issue(hall, priority="elderly", kiosk="K1", holder="张三")
    assert (issued.ticket, issued.number, issued.service) == ("20261001-A002", "A002", "social")
    assert (issued.ahead, issued.estimate_s) == (0, 0)
    ticket = hall.hall.ticket(issued.ticket)
    assert (ticket.state, ticket.priority, ticket.kiosk, ticket.day) == ("waiting", "elderly", "K1", "2026-10-01")
    (fact,) = [f for f in hall.facts() if isinstance(f, e.TicketIssued) and f.holder]
    assert (fact.holder, fact.by) == ("张三", BY)


async def test_codes_of_slips_differ(hall: Running) -> None:
    assert len({(await issue(hall)).code for _ in range(5)}) == 5


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"service": "fishing"}, NotFound),
        ({"kiosk": "K9"}, NotFound),
        ({"priority": "friend"}, BadValue),
    ],
)
async def test_ticket_for_what_is_not_there_is_refused(
    hall: Running, more: dict[str, object], error: type[Exception]
) -> None:
    before = hall.bus.last_seq
    with pytest.raises(error):
        await issue(hall, **{"service": "social", **more})
    assert hall.bus.last_seq == before


async def test_numbers_used_up_are_a_clear_error_and_no_fact(tmp_path: Path) -> None:
    setup = replace(SETUP, services={"social": Service("social", "社会保险", "A", quota=2)})
    async with running(tmp_path, setup=setup) as it:
        await issue(it)
        await issue(it)
        before = it.bus.last_seq
        with pytest.raises(StateForbids, match="今日号已发完"):
            await issue(it)
        assert it.bus.last_seq == before
        it.clock.advance(DAY_S)
        assert (await issue(it)).number == "A001"


async def test_range_that_is_changed_during_the_day_repeats_no_number(tmp_path: Path) -> None:
    clock = morning()

    def ranging(first: int, last: int) -> Setup:
        return replace(SETUP, services={"social": Service("social", "社会保险", "A", first, last)})

    async with running(tmp_path, clock) as it:
        assert [(await issue(it)).number for _ in range(3)] == ["A001", "A002", "A003"]
    async with running(tmp_path, clock, ranging(1, 2)) as it:
        with pytest.raises(StateForbids, match="今日号已发完"):
            await issue(it)
    async with running(tmp_path, clock, ranging(500, 600)) as it:
        assert (await issue(it)).number == "A500"
    async with running(tmp_path, clock, ranging(1, 499)) as it:
        assert [(await issue(it)).number for _ in range(2)] == ["A004", "A005"]


async def test_many_at_once_get_numbers_of_their_own_and_are_called_once(hall: Running) -> None:
    issued = await asyncio.gather(*(issue(hall, "social" if n % 3 else "tax") for n in range(300)))
    assert len({one.number for one in issued}) == len({one.ticket for one in issued}) == 300
    await hall.hall.sign_on(1, "1001", by=BY)
    await hall.hall.sign_on(2, "1002", by=BY)

    async def clerk(window: int) -> list[str]:
        called: list[str] = []
        while True:
            done = await hall.hall.call_next(window, by=BY)
            if done.ticket is None:
                return called
            called.append(done.ticket.id)
            await hall.hall.finish(window, by=BY)

    one, other = await asyncio.gather(clerk(1), clerk(2))
    assert one
    assert other
    assert sorted([*one, *other]) == sorted(ticket.ticket for ticket in issued)


# --- repeated requests -----------------------------------------------------------------------------------------------

REQUEST = Request("kiosk-1", "key-1", b'{"service":"social"}')


async def test_repeated_request_gets_the_same_ticket_and_is_no_fact(hall: Running) -> None:
    first = await issue(hall, request=REQUEST)
    await issue(hall)
    before = hall.bus.last_seq
    assert await issue(hall, request=REQUEST) == first
    assert hall.bus.last_seq == before


async def test_two_equal_requests_at_once_are_one_ticket(hall: Running) -> None:
    one, other = await asyncio.gather(issue(hall, request=REQUEST), issue(hall, request=REQUEST))
    assert one == other


async def test_another_body_under_the_key_conflicts(hall: Running) -> None:
    await issue(hall, request=REQUEST)
    before = hall.bus.last_seq
    with pytest.raises(Conflict):
        await issue(hall, request=replace(REQUEST, content=b'{"service":"tax"}'))
    assert hall.bus.last_seq == before


async def test_key_of_another_sender_is_another_key(hall: Running) -> None:
    first = await issue(hall, request=REQUEST)
    assert (await issue(hall, request=replace(REQUEST, sender="kiosk-2"))).number != first.number


async def test_sender_and_key_do_not_run_into_each_other(hall: Running) -> None:
    first = await issue(hall, request=Request("a", "bc", b""))
    assert (await issue(hall, request=Request("ab", "c", b""))).number != first.number


async def test_key_is_not_stored_as_it_was_sent(hall: Running) -> None:
    await issue(hall, request=Request("kiosk-1", "secret-key", b"body"))
    assert "secret-key" not in repr(hall.facts())


async def test_what_is_stored_of_a_request_tells_nobody_whose_ticket_it_was(hall: Running) -> None:
    content = b'{"holder":"\xe5\xbc\xa0\xe4\xb8\x89","service":"social"}'
    await issue(hall, request=Request("kiosk-1", "key-1", content), holder="张三")
    await issue(hall, request=Request("kiosk-1", "key-2", content), holder="张三")
    bodies = [fact.body for fact in hall.facts() if isinstance(fact, e.TicketIssued)]
    assert len({sha256(content).hexdigest(), *bodies}) == 3


async def test_request_repeated_over_an_update_from_an_unsalted_hub_is_the_same_one(hall: Running) -> None:
    first = await issue(hall, request=REQUEST)
    (reply,) = hall.hall.state.replies.values()
    reply.body = sha256(REQUEST.content).hexdigest()
    assert await issue(hall, request=REQUEST) == first


@pytest.mark.parametrize("hours", [1, 15, 24, 47, 48])
async def test_repeated_request_is_honoured_for_48_hours_over_restart_and_midnight(tmp_path: Path, hours: int) -> None:
    clock = morning()
    async with running(tmp_path, clock) as it:
        first = await issue(it, request=REQUEST, priority="elderly")
        it.hall.save()
    clock.advance(hours * HOUR_S)
    async with running(tmp_path, clock) as it:
        assert await issue(it, request=REQUEST) == first
        with pytest.raises(Conflict):
            await issue(it, request=replace(REQUEST, content=b"other"))


async def test_old_keys_are_forgotten(hall: Running) -> None:
    await issue(hall, request=REQUEST)
    hall.clock.advance(3 * DAY_S)
    hall.hall.settle()
    assert hall.hall.state.replies == {}
    assert (await issue(hall, request=REQUEST)).ticket == "20261004-A001"


# --- the day ---------------------------------------------------------------------------------------------------------


async def test_day_is_the_halls_own(hall: Running) -> None:
    hall.clock.advance(EVENING_S)
    assert (await issue(hall)).ticket == "20261001-A001"
    hall.clock.advance(1)
    assert (await issue(hall)).ticket == "20261002-A001"


async def test_new_day_empties_the_queue_and_signs_the_idle_off(hall: Running) -> None:
    waiting = await issue(hall)
    await hall.hall.sign_on(1, "1001", by=BY)
    await hall.hall.sign_on(2, "1002", by=BY)
    await hall.hall.pause(2, "开会", by=BY)
    before = hall.bus.last_seq
    hall.clock.advance(DAY_S)
    hall.hall.settle()
    assert [fact.kind for fact in await later(hall, before)] == [
        "window.signed_off",
        "window.signed_off",
        "day.started",
    ]
    assert hall.hall.state.windows[1].state == "closed"
    with pytest.raises(NotFound):
        hall.hall.ticket(waiting.ticket)
    hall.hall.settle()
    assert hall.bus.last_seq == before + 3


async def later(it: Running, after: int) -> list[e.Fact]:
    await it.settled()
    return it.facts(after)


async def test_visit_over_midnight_is_finished_and_rated_in_the_new_day(hall: Running) -> None:
    await issue(hall)
    await issue(hall)
    await hall.hall.sign_on(1, "1001", by=BY)
    await hall.hall.sign_on(2, "1002", by=BY)
    await hall.hall.call_next(1, by=BY)
    await hall.hall.start_service(1, by=BY)
    await hall.hall.call_next(2, by=BY)
    hall.clock.advance(DAY_S)
    hall.hall.settle()
    assert [hall.hall.state.window(n).state for n in (1, 2)] == ["serving", "called"]
    assert (await issue(hall)).ticket == "20261002-A001"
    done = await hall.hall.finish(1, by=BY)
    assert done.ticket is not None
    assert done.ticket.id == "20261001-A001"
    assert hall.press(1) == "rating"
    missed = await hall.hall.miss(2, by=BY)
    assert missed.ticket is not None
    assert (await hall.hall.give_back(missed.ticket.id, by=BY)).ticket is not None


async def test_invite_open_at_midnight_is_still_rated(hall: Running) -> None:
    await issue(hall)
    await hall.hall.sign_on(1, "1001", by=BY)
    hall.clock.advance(EVENING_S)
    await hall.hall.call_next(1, by=BY)
    await hall.hall.finish(1, by=BY)
    assert hall.press(1, after_s=30) == "rating"
    assert hall.hall.state.day == "2026-10-02"
    assert hall.hall.state.window(1).state == "closed"


async def test_restart_over_midnight_begins_the_new_day(tmp_path: Path) -> None:
    clock = morning()
    async with running(tmp_path, clock) as it:
        await issue(it)
        await it.hall.sign_on(1, "1001", by=BY)
    clock.advance(DAY_S)
    async with running(tmp_path, clock) as it:
        assert it.hall.state.window(1).state == "closed"
        assert it.hall.state.queues == {}
        assert (await issue(it)).ticket == "20261002-A001"


async def test_restart_within_the_day_finds_the_same_queue(tmp_path: Path) -> None:
    clock = morning()
    async with running(tmp_path, clock) as it:
        for n in range(200):
            await issue(it, "social" if n % 3 else "tax", priority="elderly" if n % 7 == 0 else None)
        await it.hall.sign_on(1, "1001", by=BY)
        await it.hall.call_next(1, by=BY)
        before = {service: list(queue) for service, queue in it.hall.state.queues.items()}
    async with running(tmp_path, clock) as it:
        assert it.hall.state.queues == before
        assert it.hall.state.window(1).state == "called"
        assert (await it.hall.start_service(1, by=BY)).stored


async def test_clock_set_back_by_a_day_leaves_the_queue_and_its_numbers_alone(hall: Running) -> None:
    first = await issue(hall)
    second = await issue(hall)
    await hall.hall.sign_on(1, "1001", by=BY)
    hall.clock.step_wall(-DAY_S)
    assert (await issue(hall)).ticket == "20261001-A003"
    called = await hall.hall.call_next(1, by=BY)
    assert called.ticket is not None
    assert called.ticket.id == first.ticket
    assert hall.hall.ticket(second.ticket).state == "waiting"


async def test_clock_set_back_signs_nobody_off_and_repeats_no_number_once_it_is_right_again(hall: Running) -> None:
    await issue(hall)
    await hall.hall.sign_on(1, "1001", by=BY)
    await hall.hall.call_next(1, by=BY)
    await hall.hall.finish(1, by=BY)
    hall.press(1)
    hall.clock.step_wall(-DAY_S)
    assert (await issue(hall)).ticket == "20260930-A001"
    assert hall.hall.state.window(1).state == "idle"
    await hall.hall.call_next(1, by=BY)
    await hall.hall.finish(1, by=BY)
    hall.clock.step_wall(DAY_S)
    assert (await issue(hall)).ticket == "20261001-A002"


async def test_clock_set_back_while_a_visit_is_held_keeps_it(hall: Running) -> None:
    await issue(hall)
    await hall.hall.sign_on(1, "1001", by=BY)
    await hall.hall.call_next(1, by=BY)
    await hall.hall.hold(1, by=BY)
    hall.clock.step_wall(-DAY_S)
    assert (await hall.hall.take_back(1, by=BY)).ticket is not None


async def test_next_settling_is_due_at_midnight_at_the_invites_end_or_in_a_minute(hall: Running) -> None:
    assert hall.hall.next_settle_s() == 60
    hall.clock.advance(EVENING_S - 9)
    assert hall.hall.next_settle_s() == 10
    await issue(hall)
    await hall.hall.sign_on(1, "1001", by=BY)
    await hall.hall.call_next(1, by=BY)
    await hall.hall.finish(1, by=BY)
    hall.clock.advance(30)
    hall.hall.settle()
    wait_s = hall.hall.next_settle_s()
    assert 30 < wait_s < 30.1
    hall.clock.advance(wait_s)
    before = hall.bus.last_seq
    hall.hall.settle()
    assert [fact.kind for fact in await later(hall, before)] == ["rating.invite_expired"]


async def test_invite_is_written_off_once(hall: Running) -> None:
    await issue(hall)
    await hall.hall.sign_on(1, "1001", by=BY)
    await hall.hall.call_next(1, by=BY)
    await hall.hall.finish(1, by=BY)
    hall.clock.advance(61)
    hall.hall.settle()
    before = hall.bus.last_seq
    hall.clock.advance(61)
    hall.hall.settle()
    assert hall.bus.last_seq == before
    assert hall.hall.state.window(1).state == "idle"


# --- snapshots -------------------------------------------------------------------------------------------------------


async def test_snapshot_and_the_facts_after_it_are_the_state(tmp_path: Path) -> None:
    clock = morning()
    async with running(tmp_path, clock) as it:
        await issue(it, request=REQUEST)
        await it.hall.sign_on(1, "1001", by=BY)
        await it.hall.call_next(1, by=BY)
        await it.hall.finish(1, by=BY)
        it.hall.save()
        it.press(1)
        await issue(it)
        state = it.hall.state
    async with running(tmp_path, clock) as it:
        state.seq = it.hall.state.seq  # the hub's own start came after
        assert it.hall.state == state


async def test_unreadable_snapshot_costs_only_time(tmp_path: Path) -> None:
    clock = morning()
    async with running(tmp_path, clock) as it:
        await issue(it)
        it.bus.log.save_snapshot(SNAPSHOT, it.bus.last_seq, VERSION, b"{broken")
    async with running(tmp_path, clock) as it:
        assert (await issue(it)).number == "A002"


async def test_snapshots_come_by_themselves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.hall.SNAPSHOT_EVERY", 10)
    async with running(tmp_path) as it:
        for _ in range(25):
            await issue(it)
    async with running(tmp_path) as it:
        found = it.bus.log.latest_snapshot(SNAPSHOT, VERSION)
        assert found is not None
        assert found[0] >= 20


async def test_start_returns_a_copy_of_its_own(tmp_path: Path) -> None:
    async with running(tmp_path) as it:
        await issue(it)
        other = Hall(SETUP, it.bus, it.hall.zone, lambda: "code")
        await it.settled()
        copy = other.start()
        assert copy is not other.state
        assert copy.queues == {"social": ["20261001-A001"]}
        await issue(it)
        assert copy.queues == {"social": ["20261001-A001"]}


async def test_state_does_not_grow_with_history(hall: Running) -> None:
    await hall.hall.sign_on(1, "1001", by=BY)
    sizes: list[int] = []
    for _ in range(60):
        for _ in range(3):
            await issue(hall, request=Request("k", f"{hall.bus.last_seq}", b""))
            await hall.hall.call_next(1, by=BY)
            await hall.hall.finish(1, by=BY)
            hall.press(1)
        hall.clock.advance(DAY_S)
        hall.hall.settle()
        await hall.hall.sign_on(1, "1001", by=BY)
        state = hall.hall.state
        sizes.append(
            len(state.tickets) + len(state.phone) + len(state.replies) + len(state.counters) + len(state.issued)
        )
    assert max(sizes[:20]) == max(sizes[20:])
