"""A full disk stops acknowledgements, not the hall."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from hub.domain import events as e
from hub.domain.events import Fact, Recorded
from hub.domain.state import HallState
from hub.errors import StorageFull
from hub.eventlog import Database, verify, writer
from hub.hall import Press, Request
from hub.shown import Shown
from tests.disks import Disk, small_files, small_filesystem
from tests.hub.running import Running, open_log, running

BY = "test"


@pytest.fixture(params=[small_filesystem, small_files])
def disk(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    monkeypatch.setattr(writer, "RETRY_S", 0.02)
    with request.param(tmp_path / "disk") as it:
        yield it


async def opened(it: Running) -> None:
    """Two windows, tickets waiting, a visit that may be rated."""
    for _ in range(6):
        await it.hall.issue_ticket("social", by=BY)
    await it.hall.sign_on(1, "1001", by=BY)
    await it.hall.sign_on(2, "1002", by=BY)
    await it.hall.call_next(1, by=BY)
    await it.hall.finish(1, by=BY)


def press(it: Running, key: int) -> int:
    it.clock.advance(2)
    return it.hall.record_press(Press("line-1", 1, 1, key, 4, bytes([key]), it.clock.mono_ns()))


def refold(recorded: list[Recorded]) -> HallState:
    state = HallState()
    for one in recorded:
        state.apply(one)
    return state


async def test_press_is_acknowledged_only_when_there_is_room_again(disk: Disk) -> None:
    async with running(disk.folder) as it, asyncio.TaskGroup() as tasks:
        await opened(it)
        before = it.bus.durable_seq
        disk.fill()
        seq = press(it, 1)
        acknowledged = tasks.create_task(it.bus.durable(seq))
        assert not await it.bus.stored(seq)
        assert it.bus.trouble
        assert not acknowledged.done()
        assert it.bus.log.head().last_seq == before
        disk.free()
        await acknowledged
        assert it.bus.trouble is None
        kinds = [type(fact) for fact in it.facts(before)]
        assert kinds == [e.KeyPressed, e.RatingRecorded]


async def test_calling_goes_on_from_memory_and_is_stored_in_order_later(disk: Disk) -> None:
    async with running(disk.folder) as it:
        await opened(it)
        before = it.bus.durable_seq
        disk.fill()
        done = [
            await it.hall.call_next(1, by=BY),
            await it.hall.start_service(1, by=BY),
            await it.hall.finish(1, by=BY),
            await it.hall.call_next(1, by=BY),
            await it.hall.call_next(2, by=BY),
            await it.hall.recall(2, by=BY),
        ]
        assert [one.stored for one in done] == [False] * 6
        assert [one.ticket.number for one in done if one.ticket] == ["A002", "A002", "A002", "A003", "A004", "A004"]
        assert it.hall.state.window(2).state == "called"
        disk.free()
        await it.settled()
        assert [fact.kind for fact in it.facts(before)] == [
            "ticket.called",
            "ticket.arrived",
            "ticket.finished",
            "rating.invited",
            "ticket.called",
            "ticket.called",
            "ticket.recalled",
        ]
        assert refold(it.log()) == it.hall.state


async def test_new_ticket_is_refused_and_its_number_not_lost(disk: Disk) -> None:
    async with running(disk.folder) as it:
        await opened(it)
        disk.fill()
        request = Request("kiosk-1", "key-1", b"social")
        with pytest.raises(StorageFull):  # the first that meets the full disk was decided before anybody knew
            await it.hall.issue_ticket("social", by=BY, request=request)
        last = it.bus.last_seq
        with pytest.raises(StorageFull):
            await it.hall.issue_ticket("social", by=BY, request=Request("kiosk-1", "key-2", b"social"))
        with pytest.raises(StorageFull):  # its reply is known but not durable
            await it.hall.issue_ticket("social", by=BY, request=request)
        assert it.bus.last_seq == last
        disk.free()
        await it.settled()
        issued = await it.hall.issue_ticket("social", by=BY, request=request)
        assert issued.number == "A007"
        assert (await it.hall.issue_ticket("social", by=BY)).number == "A008"


async def test_screens_go_on_from_memory_and_say_why(disk: Disk) -> None:
    async with running(disk.folder) as it, asyncio.TaskGroup() as tasks:
        await opened(it)
        shown = Shown(refold(it.log()), it.bus)
        called = asyncio.Event()
        facts: list[Fact] = []

        def watch(batch: object) -> None:
            facts.extend(recorded.fact for recorded in batch)  # type: ignore[attr-defined]
            if any(isinstance(fact, e.TicketCalled) for fact in facts):
                called.set()

        shown.watch(watch)
        task = tasks.create_task(shown.run())
        disk.fill()
        await it.hall.call_next(2, by=BY)
        await called.wait()
        assert shown.trouble
        assert shown.state.window(2).ticket == it.hall.state.window(2).ticket
        disk.free()
        await it.settled()
        assert shown.trouble is None
        assert shown.state == it.hall.state
        assert len(facts) == len({id(fact) for fact in facts})
        task.cancel()


async def test_chain_holds_after_disk_was_full_and_hall_restarts_as_it_was(disk: Disk) -> None:
    async with running(disk.folder) as it:
        await opened(it)
        for key in range(3):
            disk.fill()
            assert not await it.bus.stored(press(it, key))
            disk.free()
            await it.settled()
        state = it.hall.state
        clock = it.clock
    with closing(Database.in_folder(disk.folder)) as database:
        assert verify(database).bad_seq is None
    async with running(disk.folder, clock) as again:
        state.seq = again.hall.state.seq
        assert again.hall.state == state


async def test_hub_that_ends_while_the_disk_is_full_gives_up_only_what_was_never_promised(disk: Disk) -> None:
    async with running(disk.folder) as it:
        await opened(it)
        promised = it.bus.durable_seq
        disk.fill()
        assert not await it.bus.stored(press(it, 1))
    disk.free()
    with closing(open_log(disk.folder)) as log:
        assert log.head().last_seq == promised
        assert verify(log.database).bad_seq is None
