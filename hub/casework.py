"""办件: what people do with cases. Each step is checked (`hub.domain.casework`), published, answered when durable."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Final

from hub import caseimport
from hub.bus import Bus
from hub.caseimport import Taken
from hub.domain import casework
from hub.domain import events as e
from hub.domain.calendar import WorkCalendar
from hub.domain.callbacks import quarter_days
from hub.domain.casework import Board, Filing, Opening
from hub.errors import BadValue, NotFound, StorageFull
from hub.hall import Hall

AT_ONCE: Final = 50
"""Rows of a table that are taken before the hall's work has its turn."""


class Casework:
    """The cases of a hall and their clocks."""

    def __init__(self, hall: Hall, bus: Bus) -> None:
        self._hall = hall
        self._bus = bus

    # --- steps --------------------------------------------------------------------------------------------------------

    async def open(self, new: Opening, *, by: str) -> Filing | None:
        """Receive a case, its terms those of its service where it has none of its own; None for one done at once."""
        hall = self._hall
        hall.settle()
        whole = completed_by_setup(hall, new)
        if not whole.day <= hall.today():
            raise BadValue("day", f"不晚于今天 {hall.today()} (not in the future)", str(whole.day))
        facts = casework.opened(whole, hall.state.filings, hall.setup.calendar, by)
        await self._stored(facts)
        return hall.state.filings.get(whole.case)

    async def complete(self, case: str, day: date | None, *, by: str) -> Filing:
        """补办件: the materials are complete."""
        return await self._step(case, lambda one, today, cal: casework.completed(one, day or today, today, cal, by))

    async def stop(self, case: str, procedure: str, day: date | None, *, by: str) -> Filing:
        """A special procedure begins."""
        return await self._step(
            case, lambda one, today, cal: casework.stopped(one, procedure, day or today, today, cal, by)
        )

    async def resume(self, case: str, day: date | None, *, by: str) -> Filing:
        """It is over."""
        return await self._step(case, lambda one, today, cal: casework.resumed(one, day or today, today, cal, by))

    async def close(self, case: str, outcome: str, note: str, day: date | None, *, by: str) -> Filing:
        """It is done, refused or withdrawn."""
        return await self._step(
            case, lambda one, today, _: casework.closed(one, outcome, note, day or today, today, by)
        )

    async def ask_review(self, case: str, reason: str, *, by: str) -> Filing:
        """驳回件: 复核 is asked for."""
        return await self._step(case, lambda one, _today, _: casework.review_asked(one, reason, by))

    async def review(self, case: str, outcome: str, reason: str, *, by: str) -> Filing:
        """复核裁定."""
        return await self._step(case, lambda one, _today, _: casework.reviewed(one, outcome, reason, by))

    def recompute(self) -> None:
        """Tell due days anew that the calendar puts elsewhere by now; asked as the hub starts and each morning."""
        facts = casework.recomputed(self._hall.state.filings.values(), self._hall.setup.calendar)
        if facts:
            self._bus.publish(*facts)

    async def take(self, data: bytes, *, by: str) -> Taken:
        """Take a CSV table (`hub.caseimport`): what became of each row. BadValue where it is none."""
        rows = await asyncio.to_thread(lambda: list(caseimport.rows(data)))
        known = await asyncio.to_thread(caseimport.known_filings, self._bus.log)
        self._hall.settle()
        known |= {case: casework.copied(one) for case, one in self._hall.state.filings.items()}
        taken = Taken()
        seq = 0
        made = caseimport.take(rows, known, self._hall.setup, self._hall.today(), by, taken)
        for done, facts in enumerate(made, 1):
            seq = self._bus.publish(*facts)
            if done % AT_ONCE == 0:
                await asyncio.sleep(0)  # the hall's work goes on meanwhile
        if seq and not await self._bus.stored(seq):
            raise StorageFull(self._bus.trouble or "")
        return taken

    # --- reading ------------------------------------------------------------------------------------------------------

    def filings(self) -> list[Filing]:
        """Open cases and those closed lately, the most urgent first."""
        return sorted(self._hall.state.filings.values(), key=_urgency)

    def boards(self, speed_up_of: str = "statutory_days") -> list[Board]:
        """The deadline board, by department."""
        today = self._hall.today()
        begin, _ = quarter_days(f"{today.year}Q{(today.month + 2) // 3}")
        return casework.boards(self.filings(), begin, today, self._hall.setup.calendar, speed_up_of)

    def standing(self, one: Filing) -> casework.Standing:
        """How a case stands today."""
        return casework.standing(one, self._hall.today(), self._hall.setup.calendar)

    def overdue(self, one: Filing) -> int:
        """Working days past its due day."""
        return casework.overdue(one, self._hall.today(), self._hall.setup.calendar)

    def used_days(self, one: Filing) -> int | None:
        """Working days that a closed case took."""
        return casework.used_days(one, self._hall.setup.calendar)

    # --- inside -------------------------------------------------------------------------------------------------------

    async def _step(self, case: str, facts: Callable[[Filing, date, WorkCalendar], list[e.Fact]]) -> Filing:
        self._hall.settle()
        one = self._hall.state.filings.get(case)
        if one is None:
            raise NotFound("case", case)
        await self._stored(facts(one, self._hall.today(), self._hall.setup.calendar))
        return self._hall.state.filings[case]

    async def _stored(self, facts: list[e.Fact]) -> None:
        if not await self._bus.stored(self._bus.publish(*facts)):
            raise StorageFull(self._bus.trouble or "")


def completed_by_setup(hall: Hall, new: Opening) -> Opening:
    """With the terms of its service and the department of its window, where it names none; NotFound, BadValue."""
    service = hall.setup.services.get(new.service)
    if service is None:
        raise NotFound("service", new.service)
    if new.window is not None and new.window not in hall.setup.windows:
        raise NotFound("window", str(new.window))
    department = new.department
    if not department and new.window is not None:
        department = hall.setup.windows[new.window].department
    if not department:
        raise BadValue("department", "部门或窗口至少填一个 (a department or a window)", None)
    return replace(
        new,
        department=department,
        promised=service.promised_days if new.promised is None else new.promised,
        statutory=service.statutory_days if new.statutory is None else new.statutory,
    )


def _urgency(one: Filing) -> tuple[bool, bool, str, str]:
    """Open before closed, due before not due, the earliest first."""
    return one.closed is not None, one.due is None, one.due or one.day, one.case
