import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub import bus as bus_module
from hub.bus import Bus
from hub.clock import ManualClock
from hub.domain.events import Fact, HubStarted, Paused, Recorded
from hub.errors import StorageFull
from hub.eventlog import database, writer
from hub.eventlog.database import FILE_NAME
from tests.hub.running import open_log


def pause(n: int) -> Fact:
    return Paused(n, "1001", "吃饭", "test")


@asynccontextmanager
async def started(folder: Path, clock: ManualClock | None = None, **options: int) -> AsyncIterator[Bus]:
    bus = Bus(open_log(folder), clock or ManualClock(), **options)  # type: ignore[arg-type]
    bus.start()
    try:
        yield bus
    finally:
        await bus.close()


@pytest.fixture
async def bus(tmp_path: Path) -> AsyncIterator[Bus]:
    async with started(tmp_path) as it:
        yield it


@contextmanager
def refused(folder: Path) -> Iterator[None]:
    """Another program writes and does not end: the disk takes nothing."""
    with closing(sqlite3.connect(folder / FILE_NAME)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refusals come at once and are tried again at once."""
    monkeypatch.setattr(database, "BUSY_TIMEOUT_S", 0.01)
    monkeypatch.setattr(writer, "RETRY_S", 0.01)


async def heard(bus: Bus, after: int, until: int, *, pending: bool = False) -> list[Recorded]:
    """What a reader of the log hears until a number."""
    found: list[Recorded] = []
    async for batch in bus.follow(after, pending=pending):
        found += batch
        if found[-1].seq >= until:
            return found
    raise AssertionError("following never ends")


async def in_trouble(bus: Bus) -> str:
    """Wait until the disk has refused a fact."""
    assert not await bus.stored(bus.publish(pause(0)))
    assert bus.trouble is not None
    return bus.trouble


async def test_numbers_count_up_and_the_last_of_several_is_returned(bus: Bus) -> None:
    assert bus.publish(pause(1)) == 1
    assert bus.publish(pause(2), pause(3)) == 3
    assert bus.last_seq == 3


async def test_fold_sees_a_fact_before_publish_returns(bus: Bus) -> None:
    seen: list[Recorded] = []
    bus.fold(seen.append)
    bus.publish(pause(1), pause(2))
    assert [(r.seq, r.fact) for r in seen] == [(1, pause(1)), (2, pause(2))]


async def test_facts_of_one_publish_carry_one_time(tmp_path: Path) -> None:
    clock = ManualClock(wall_ms=5000, mono_ns=77)
    async with started(tmp_path, clock) as bus:
        bus.publish(pause(1), pause(2))
        clock.advance(1)
        bus.publish(pause(3))
        times = [(r.stamp.wall_ms, r.stamp.mono_ns) for r in await heard(bus, 0, 3)]
        assert times == [(5000, 77), (5000, 77), (6000, 1_000_000_077)]


async def test_stored_answers_once_the_fact_is_on_disk(bus: Bus) -> None:
    seq = bus.publish(pause(1))
    assert bus.durable_seq == 0
    assert await bus.stored(seq)
    assert bus.durable_seq == seq
    assert [r.fact for r in bus.log.read(0)] == [pause(1)]


async def test_many_may_wait_for_one_fact(bus: Bus) -> None:
    seq = bus.publish(pause(1))
    assert await asyncio.gather(*(bus.stored(seq) for _ in range(50))) == [True] * 50


async def test_waiter_that_gave_up_disturbs_nobody(bus: Bus) -> None:
    seq = bus.publish(pause(1))
    impatient = asyncio.ensure_future(bus.stored(seq))  # noqa: TID251 - cancelled in the next line but one
    await asyncio.sleep(0)
    impatient.cancel()
    assert await bus.stored(seq)
    assert impatient.cancelled()


async def test_reader_gets_all_in_order_whether_it_came_before_or_after(bus: Bus) -> None:
    async with asyncio.TaskGroup() as tasks:
        readers = [tasks.create_task(heard(bus, 0, 300)) for _ in range(20)]
        for n in range(1, 301):
            bus.publish(pause(n))
            if n % 50 == 0:
                await asyncio.sleep(0)
        late = tasks.create_task(heard(bus, 150, 300))
    for reader in readers:
        assert [(r.seq, r.fact) for r in reader.result()] == [(n, pause(n)) for n in range(1, 301)]
    assert [r.seq for r in late.result()] == list(range(151, 301))


async def test_reader_hears_nothing_that_is_not_on_disk(bus: Bus) -> None:
    bus.publish(pause(1))
    async for batch in bus.follow(0):
        assert batch[-1].seq <= bus.log.head().last_seq
        break


async def test_reader_waits_for_what_is_still_to_come(bus: Bus) -> None:
    async with asyncio.TaskGroup() as tasks:
        reader = tasks.create_task(heard(bus, 0, 1))
        await asyncio.sleep(0)
        assert not reader.done()
        bus.publish(pause(1))
    assert [r.seq for r in reader.result()] == [1]


async def test_reader_far_behind_reads_from_disk_and_goes_on_from_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bus_module, "RECENT", 10)
    async with started(tmp_path) as bus:
        for n in range(1, 101):
            await bus.durable(bus.publish(pause(n)))
        assert len(bus._recent) <= 2 * 10 + 1
        async with asyncio.TaskGroup() as tasks:
            reader = tasks.create_task(heard(bus, 0, 120))
            for n in range(101, 121):
                await bus.durable(bus.publish(pause(n)))
        assert [(r.seq, r.fact) for r in reader.result()] == [(n, pause(n)) for n in range(1, 121)]


async def test_bus_goes_on_where_the_last_one_ended(tmp_path: Path) -> None:
    async with started(tmp_path) as bus:
        bus.publish(pause(1), pause(2))
    async with started(tmp_path) as bus:
        assert (bus.last_seq, bus.durable_seq) == (2, 2)
        assert bus.publish(pause(3)) == 3
        assert [r.fact for r in await heard(bus, 0, 3)] == [pause(1), pause(2), pause(3)]
        assert [r.fact for r in await heard(bus, 2, 3)] == [pause(3)]


async def test_close_writes_what_waits_and_answers_who_waits(tmp_path: Path) -> None:
    async with started(tmp_path) as bus:
        waiting = asyncio.gather(*(bus.stored(bus.publish(pause(n))) for n in range(1, 101)))
        await asyncio.sleep(0)
    assert await waiting == [True] * 100
    with closing(open_log(tmp_path)) as log:
        assert log.head().count == 100


async def test_fact_that_can_not_be_written_uses_no_number_and_changes_nothing(bus: Bus) -> None:
    seen: list[Recorded] = []
    bus.fold(seen.append)
    with pytest.raises(UnicodeEncodeError):
        bus.publish(pause(1), HubStarted("\ud800", "half a character"))
    assert (bus.last_seq, seen) == (0, [])
    assert await bus.stored(bus.publish(pause(1)))
    assert [(r.seq, r.fact) for r in bus.log.read(0)] == [(1, pause(1))]


@pytest.mark.usefixtures("quick")
async def test_while_the_disk_refuses_nothing_is_stored_and_the_reason_is_told(bus: Bus, tmp_path: Path) -> None:
    with refused(tmp_path):
        assert "locked" in await in_trouble(bus)
        assert not await bus.stored(bus.publish(pause(2)))
        assert bus.durable_seq == 0
    await bus.durable(2)
    assert bus.trouble is None
    assert [(r.seq, r.fact) for r in bus.log.read(0)] == [(1, pause(0)), (2, pause(2))]


@pytest.mark.usefixtures("quick")
async def test_waiting_for_durability_outlives_the_refusal(bus: Bus, tmp_path: Path) -> None:
    async with asyncio.TaskGroup() as tasks:
        with refused(tmp_path):
            await in_trouble(bus)
            patient = [tasks.create_task(bus.durable(bus.publish(pause(n)))) for n in (2, 3)]
            assert not await bus.stored(bus.publish(pause(4)))
            assert [task.done() for task in patient] == [False, False]
    assert bus.durable_seq >= 3


@pytest.mark.usefixtures("quick")
async def test_only_readers_that_ask_hear_what_is_pending(bus: Bus, tmp_path: Path) -> None:
    await bus.durable(bus.publish(pause(1)))
    async with asyncio.TaskGroup() as tasks:
        with refused(tmp_path):
            await in_trouble(bus)
            strict = tasks.create_task(heard(bus, 0, 3))
            shown = tasks.create_task(heard(bus, 0, 3, pending=True))
            bus.publish(pause(3))
            assert [r.seq for r in await shown] == [1, 2, 3]
            assert bus.durable_seq == 1
            assert not strict.done()
    assert [r.seq for r in strict.result()] == [1, 2, 3]


@pytest.mark.usefixtures("quick")
async def test_reader_of_pending_facts_hears_each_once_though_the_disk_recovers(bus: Bus, tmp_path: Path) -> None:
    async with asyncio.TaskGroup() as tasks:
        shown = tasks.create_task(heard(bus, 0, 5, pending=True))
        bus.publish(pause(1))
        with refused(tmp_path):
            await in_trouble(bus)
            bus.publish(pause(3))
            await asyncio.sleep(0)
        await bus.durable(3)
        bus.publish(pause(4), pause(5))
    seqs = [r.seq for r in shown.result()]
    assert all(later == earlier + 1 for earlier, later in pairwise(seqs))
    assert (seqs[0], seqs[-1]) == (1, 5)


@pytest.mark.usefixtures("quick")
async def test_too_much_for_memory_is_refused_and_not_lost_halfway(tmp_path: Path) -> None:
    async with started(tmp_path, pending_most=3) as bus:
        with refused(tmp_path):
            await in_trouble(bus)
            bus.publish(pause(2))
            with pytest.raises(StorageFull, match="locked"):
                bus.publish(pause(3), pause(4))
            assert bus.publish(pause(3)) == 3
            with pytest.raises(StorageFull):
                bus.publish(pause(4))
        await bus.durable(3)
        assert bus.publish(pause(4)) == 4
        assert [r.seq for r in await heard(bus, 0, 4)] == [1, 2, 3, 4]


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    groups=st.lists(st.integers(1, 7), min_size=1, max_size=30),
    starts=st.lists(st.integers(0, 40), min_size=1, max_size=4),
    recent=st.integers(1, 8),
)
def test_every_reader_hears_every_fact_once(
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    groups: list[int],
    starts: list[int],
    recent: int,
) -> None:
    monkeypatch.setattr(bus_module, "RECENT", recent)
    total = sum(groups)

    async def day() -> None:
        async with started(tmp_path_factory.mktemp("log")) as bus, asyncio.TaskGroup() as tasks:
            readers = {
                after: tasks.create_task(heard(bus, after, total), name=str(after))
                for after in {min(one, total - 1) for one in starts}
            }
            for count in groups:
                seq = bus.publish(*(pause(n) for n in range(count)))
                if count % 2:
                    await bus.durable(seq)
            await bus.durable(total)
        for after, reader in readers.items():
            assert [r.seq for r in reader.result()] == list(range(after + 1, total + 1))

    asyncio.run(day())
