"""The detector, live."""

import asyncio
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from hub.bus import Bus
from hub.clock import ManualClock
from hub.domain import events as e
from hub.watch import Watch, quarter_of, two_quarters_back
from tests.hub.running import SHANGHAI, open_log
from tests.hub.selfpress.quarter import DAY_MS, Quarter, at_once, before_the_finish
from tests.hub.selfpress.quarter_facts import facts

BASE_MS = 1_791_734_400_000  # 2026-10-12 00:00 in Shanghai
LINES = Quarter(windows=5, days=14, cheats={"c1": at_once, "c2": before_the_finish}, starts=6).lines()


class Hall:
    """A log that fills, and whoever watches it."""

    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock(BASE_MS, 0)
        self.bus = Bus(open_log(folder), self.clock)
        self.raised: list[tuple[str, str]] = []
        self.told: list[tuple[str, str, str]] = []

    def store(self, statement: dict[str, Any], quarter: str) -> str | None:
        assert statement["scale"] == (1, 2, 3, 4, 5)
        self.told.append((str(statement["clerk"]), str(statement["pattern"]), quarter))
        flag = (str(statement["clerk"]), quarter)
        if flag in self.raised:
            return None
        self.raised.append(flag)
        return f"f{len(self.raised)}"

    async def lives(self, until_day: int) -> None:
        for wall_ms, fact in facts(LINES, BASE_MS):
            if self.clock.wall_ms() <= wall_ms < BASE_MS + until_day * DAY_MS:
                self.clock.advance((wall_ms - self.clock.wall_ms()) / 1000)
                self.bus.publish(fact)
        await self.bus.durable(self.bus.last_seq)

    def watch(self) -> Watch:
        return Watch(self.bus, SHANGHAI, range(1, 6), self.store)


async def watched(hall: Hall, watch: Watch, until: int) -> None:
    """Let the watch read up to this number."""
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(watch.run())
        while watch.seq < until:  # noqa: ASYNC110 - nobody else waits for it
            await asyncio.sleep(0.01)
        running.cancel()


@pytest.fixture
def hall(tmp_path: Path) -> Hall:
    return Hall(tmp_path)


async def test_cheats_are_flagged_as_the_days_end(hall: Hall) -> None:
    hall.bus.start()
    await hall.lives(14)
    watch = hall.watch()
    await watched(hall, watch, hall.bus.last_seq)
    await watch.close_day()
    assert sorted(hall.raised) == [("c1", "2026Q4"), ("c2", "2026Q4")]
    assert len(watch.scores) == 500
    assert all(0 <= score <= 1 for _, score in watch.scores)
    await hall.bus.close()


async def test_each_day_that_begins_is_told_once_and_history_is_not(hall: Hall) -> None:
    hall.bus.start()
    await hall.lives(5)
    days: list[int] = []
    watch = Watch(hall.bus, SHANGHAI, range(1, 6), hall.store, lambda: days.append(watch.seq))
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(watch.run())
        for until in (5, 6, 7):
            await hall.lives(until)
            while watch.seq < hall.bus.last_seq:  # noqa: ASYNC110 - nobody else waits for it
                await asyncio.sleep(0.01)
        running.cancel()
    assert len(days) == 3
    await hall.bus.close()


async def test_a_restart_raises_no_flag_twice(hall: Hall) -> None:
    hall.bus.start()
    await hall.lives(12)
    await watched(hall, hall.watch(), hall.bus.last_seq)
    before = list(hall.raised)
    assert before
    told = len(hall.told)
    await hall.lives(14)
    await watched(hall, hall.watch(), hall.bus.last_seq)
    assert len(hall.told) > told, "a restart finds them again, and asks"
    assert hall.raised == before, "what is known is not stored again"
    await hall.bus.close()


async def test_what_was_left_undone_is_stored_beside_the_flags(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(
        globals(), "LINES", [line for line in LINES if (line["ev"], line.get("win")) != ("rating.invited", 4)]
    )
    hall.bus.start()
    await hall.lives(13)
    watch = hall.watch()
    await watched(hall, watch, hall.bus.last_seq)
    await watch.close_day()
    assert [told[:2] for told in hall.told if told[0] == "c3"] == [("c3", "uninvited")]
    assert {told[:2] for told in hall.told if told[0] != "c3"} == {("c1", "fast"), ("c2", "before")}
    assert {told[2] for told in hall.told} == {"2026Q4"}
    await hall.bus.close()


async def test_a_dismissals_habit_is_heeded(hall: Hall) -> None:
    hall.bus.start()
    hall.bus.publish(e.FlagRaised("f1", "c2", 3, "before", "A", 400, "2026Q3", "v", "h", (), "{}"))
    hall.bus.publish(e.FlagDecided("f1", "dismissed", "习惯", "李", "late_finisher"))
    await hall.lives(9)
    watch = hall.watch()
    await watched(hall, watch, hall.bus.last_seq)
    await watch.close_day()
    assert watch.habits == {"c2": ("late_finisher",)}
    await hall.bus.close()


async def test_what_can_not_be_read_does_not_stop_the_hall(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    hall.bus.start()
    await hall.lives(2)
    watch = hall.watch()
    monkeypatch.setattr(watch, "_feed_one", lambda *_: 1 / 0)
    await watched(hall, watch, hall.bus.last_seq)
    assert hall.raised == []
    await hall.bus.close()


@pytest.mark.parametrize(
    ("day", "first"),
    [((2026, 11, 27), (2026, 4, 1)), ((2026, 5, 1), (2025, 10, 1)), ((2026, 1, 1), (2025, 7, 1))],
)
def test_a_start_reads_from_the_quarter_before_the_last(day: tuple[int, ...], first: tuple[int, ...]) -> None:
    assert two_quarters_back(date(*day)) == date(*first)


def test_quarters_by_their_names() -> None:
    assert [quarter_of(date(2026, month, 1)) for month in (1, 3, 4, 12)] == ["2026Q1", "2026Q1", "2026Q2", "2026Q4"]
