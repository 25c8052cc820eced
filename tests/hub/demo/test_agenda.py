"""The simulated hall's time, on a loop whose own time jumps."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from hub.clock import ScaledClock
from hub.demo.agenda import FOR_EVER_MS, Agenda, Bell
from tests.virtual_time import clock, run_virtually


class LoopClock:
    """The virtual loop's time as the machine's."""

    def wall_ms(self) -> int:
        return int(clock() * 1000)

    def mono_ns(self) -> int:
        return int(clock() * 1e9)

    def boot(self) -> str:
        return "loop"

    def real_s(self, seconds: float) -> float:
        return seconds

    def mono_ns_at(self, machine_s: float) -> int:
        return int(machine_s * 1e9)


def play(scene: Callable[[Agenda], Awaitable[None]], speed: float = 60) -> None:
    async def main() -> None:
        await scene(Agenda(ScaledClock(speed, start_ms=0, real=LoopClock())))

    run_virtually(main())


def test_what_is_due_happens_in_the_order_of_time() -> None:
    async def scene(agenda: Agenda) -> None:
        happened: list[tuple[str, int]] = []

        def note(name: str) -> Callable[[], None]:
            return lambda: happened.append((name, agenda.now_ms // 1000))

        for when, name in ((9000, "late"), (3000, "early"), (6000, "middle")):
            agenda.call_at(when, note(name))
        await agenda.until(10_000)
        assert happened == [("early", 3), ("middle", 6), ("late", 9)]

    play(scene)


def test_hall_time_passes_as_fast_as_the_speed_says() -> None:
    async def scene(agenda: Agenda) -> None:
        began = clock()
        await agenda.sleep(120)
        assert clock() - began == pytest.approx(2, abs=0.01)
        assert agenda.speed == 60

    play(scene)


def test_what_is_cancelled_does_not_happen_and_is_not_next() -> None:
    async def scene(agenda: Agenda) -> None:
        happened: list[int] = []
        entry = agenda.call_at(1000, lambda: happened.append(1))
        agenda.call_at(5000, lambda: happened.append(5))
        entry.cancel()
        assert agenda.next_ms == 5000
        await agenda.until(6000)
        assert happened == [5]
        assert agenda.next_ms == FOR_EVER_MS

    play(scene)


def test_jump_brings_forward_what_was_due_meanwhile() -> None:
    async def scene(agenda: Agenda) -> None:
        began = clock()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(agenda.until(3_600_000))
            await asyncio.sleep(0)
            agenda.jump_to(3_600_000)
        assert agenda.now_ms >= 3_600_000
        assert clock() - began < 0.1

    play(scene)


def test_nobody_jumps_into_the_past() -> None:
    async def scene(agenda: Agenda) -> None:
        await agenda.sleep(60)
        now = agenda.now_ms
        agenda.jump_to(1000)
        assert agenda.now_ms >= now

    play(scene)


def test_nobody_jumps_to_the_end_of_time_when_nothing_is_due() -> None:
    async def scene(agenda: Agenda) -> None:
        await agenda.sleep(60)
        now = agenda.now_ms
        assert agenda.next_ms == FOR_EVER_MS
        agenda.jump_to(agenda.next_ms)
        assert agenda.now_ms < now + 60_000

    play(scene)


def test_bell_wakes_who_waits_once_it_holds() -> None:
    async def scene(agenda: Agenda) -> None:
        bell, ready = Bell(agenda), [False]

        def get_ready() -> None:
            ready[0] = True
            bell.ring()

        agenda.call_at(2000, bell.ring)  # rung for somebody else
        agenda.call_at(5000, get_ready)
        assert await bell.until(lambda: ready[0], 60_000)
        assert agenda.now_ms // 1000 == 5

    play(scene)


def test_who_waits_for_a_bell_gives_up_when_time_is_up() -> None:
    async def scene(agenda: Agenda) -> None:
        bell = Bell(agenda)
        assert not await bell.until(lambda: False, 30_000)
        assert agenda.now_ms // 1000 == 30
        assert not await bell.until(lambda: False, 10_000), "a time that has passed"
        assert not await bell.until(lambda: False, 60_000), "the bell works on"

    play(scene)
