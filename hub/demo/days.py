"""Day after day: open the doors, let people in, skip what nobody would want to watch."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final

from hub.demo import habits
from hub.demo.agenda import Agenda
from hub.demo.citizens import Visitor
from hub.demo.clerks import ClerkAtWork
from hub.demo.floor import Floor
from hub.demo.plan import Citizen, DayPlan, plan_day
from hub.domain.calendar import WorkCalendar

FIRST_DAY: Final = date(2026, 10, 1)
"""The first working day from here on is the demo's first: fixed, so that the same seed is the same history."""
BEFORE_DOORS_S: Final = 5
_LOOK_S: Final = 0.1
"""Real seconds between two looks whether the hall is quiet."""
_QUIET_MS: Final = 60_000
"""Shorter times are not worth skipping."""
_DRAIN_LOOKS: Final = 30
"""So often for what is still on the wires at the end of a day."""


def working_days(calendar: WorkCalendar) -> Iterator[date]:
    """The demo's days."""
    day = FIRST_DAY
    while True:
        if calendar.is_workday(day):
            yield day
        day += timedelta(days=1)


def at_ms(day: date, zone: tzinfo, seconds: float = 0) -> int:
    """Wall milliseconds of a time of day."""
    return int(datetime.combine(day, time(), zone).timestamp() * 1000 + seconds * 1000)


def starts_ms(day: date, zone: tzinfo) -> int:
    """When the demo's day begins: shortly before the doors open."""
    return at_ms(day, zone, habits.OPENS - habits.DOORS_BEFORE - BEFORE_DOORS_S)


class Days:
    """Plays days one after the other. `over` is awaited after each, when all wires are quiet."""

    def __init__(self, floor: Floor, calendar: WorkCalendar, zone: tzinfo, seed: int) -> None:
        self._floor = floor
        self._agenda: Agenda = floor.agenda
        self._calendar = calendar
        self._zone = zone
        self._seed = seed
        self._midnight_ms = 0

    async def play(self, days: int | None, over: Callable[[int], Awaitable[None]]) -> None:
        """So many days; None: until cancelled."""
        for n, day in enumerate(working_days(self._calendar)):
            if n == days:
                return
            self._midnight_ms = at_ms(day, self._zone)
            self._agenda.jump_to(starts_ms(day, self._zone))
            plan = await asyncio.to_thread(plan_day, self._floor.town, self._seed, n)
            await self._play_day(plan)
            await self.drain()
            await over(n)

    async def _play_day(self, plan: DayPlan) -> None:
        async with asyncio.TaskGroup() as people:
            skipping = people.create_task(self._skip_quiet_times())
            for clerk in plan.clerks:
                window = self._floor.town.window(clerk.window)
                at_work = ClerkAtWork(clerk, self._floor, self._midnight_ms, by_page=window.by_page)
                people.create_task(at_work.work(), name=f"clerk-{clerk.clerk}")
            inside = people.create_task(self._let_in(plan.citizens))
            await self._agenda.until(self._midnight_ms + habits.HOUSE_CLOSED * 1000)
            inside.cancel()
            skipping.cancel()

    async def _let_in(self, citizens: tuple[Citizen, ...]) -> None:
        """Everybody comes in their own time; who is still inside when the house is closed is sent home."""
        async with asyncio.TaskGroup() as inside:
            for citizen in citizens:
                await self._agenda.until(self._midnight_ms + citizen.arrives * 1000)
                inside.create_task(Visitor(citizen, self._floor).live(), name=citizen.name)

    async def _skip_quiet_times(self) -> None:
        """Noon and evening: jump to whatever happens next."""
        while True:
            await asyncio.sleep(_LOOK_S)
            next_ms = self._agenda.next_ms
            if self._is_closed() and self._is_quiet() and next_ms - self._agenda.now_ms > _QUIET_MS:
                self._agenda.jump_to(next_ms)

    def _is_closed(self) -> bool:
        time_of_day = (self._agenda.now_ms - self._midnight_ms) / 1000
        at_noon = habits.NOON <= time_of_day < habits.REOPENS - habits.DOORS_BEFORE
        return at_noon or time_of_day >= habits.CLOSES

    def _is_quiet(self) -> bool:
        """Nobody is at a window or at the kiosk; what is to come stands on the agenda."""
        state, tools = self._floor.state, self._floor.tools
        busy = any(window.state in {"called", "serving", "rating"} for window in state.windows.values())
        return not (busy or tools.kiosk.pending or tools.page.pending or tools.phone.pending)

    async def drain(self) -> None:
        """Wait, but not for ever, until every press has its acknowledgement and every ticket its slip."""
        for _ in range(_DRAIN_LOOKS):
            if not self._floor.tools.hardware.busy and not self._without_slip():
                return
            await asyncio.sleep(_LOOK_S)

    def _without_slip(self) -> bool:
        return any(ticket.slip is None for ticket in self._floor.state.tickets.values() if ticket.kiosk)
