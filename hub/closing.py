"""季度考核定稿: close a quarter as a fact with the hash of its tables; what comes later makes a new edition."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from hub.bus import Bus
from hub.domain import events as e
from hub.domain import judgement
from hub.domain.callbacks import quarter_days
from hub.domain.rules import RuleSet
from hub.errors import BadValue, StateForbids, StorageFull
from hub.hall import Hall
from hub.report import Basis, Change, Made, Paper, changes, edition, editions, latest, made, rules_of


class Closing:
    """Makes a quarter's assessment, now or as it was closed, one at a time; and closes it."""

    def __init__(self, hall: Hall, bus: Bus, rule_sets: Sequence[RuleSet]) -> None:
        self._hall = hall
        self._bus = bus
        self._rule_sets = rule_sets
        self._busy = asyncio.Lock()
        self._published: Made | None = None

    async def now(self, quarter: str, upto: int) -> Made:
        """The quarter by the facts up to `upto`."""
        return await self._made(quarter, upto=upto)

    async def edition(self, quarter: str, number: int) -> Made:
        """The quarter as an edition has it, made from the log again; NotFound, StateForbids where its hash differs."""
        found = await asyncio.to_thread(editions, self._bus.log, quarter)
        return await self._verified(edition(found, quarter, number))

    async def editions(self, quarter: str) -> list[tuple[e.QuarterClosed, bool, list[Change]]]:
        """Each edition, whether the log still makes the same tables, and what it changed against the one before."""
        told: list[tuple[e.QuarterClosed, bool, list[Change]]] = []
        before: Made | None = None
        for fact in await asyncio.to_thread(editions, self._bus.log, quarter):
            one = await self._made(quarter, closed=fact)
            same = self._paper(one).sha256 == fact.sha256
            told.append((fact, same, [] if before is None else changes(before.result, one.result)))
            before = one
        return told

    async def published(self) -> Made | None:
        """The last closed quarter's last edition; None where no quarter was closed. Kept until there is another.

        StateForbids where the log and the configuration don't make it again: nothing else may be published for it.
        """
        found = await asyncio.to_thread(latest, self._bus.log)
        if found is None:
            return None
        if self._published is None or self._published.closed != found:
            self._published = await self._verified(found)
        return self._published

    def pending(self, quarter: str) -> list[str]:
        """What is not decided yet and may change the quarter, in Chinese."""
        hall = self._hall
        told = []
        for case in hall.state.cases.values():
            if case.quarter != quarter or case.tier != "A" or case.state in {"dismissed", "upheld", "overturned"}:
                continue
            decided = None if case.decided_ms is None else hall.day_of(case.decided_ms)
            if not judgement.stands(case, decided, hall.today(), hall.setup.calendar):
                told.append(f"疑似 {case.flag}（{case.clerk}）：{judgement.STATES[case.state]}")
        return told

    async def close(self, quarter: str, reason: str, *, despite: bool, by: str) -> e.QuarterClosed:
        """Close it.

        StateForbids while it runs, while something is pending unless `despite`, or where nothing changed.
        """
        hall, bus = self._hall, self._bus
        hall.settle()
        today = hall.today()
        if today <= quarter_days(quarter)[1]:
            raise StateForbids("close", quarter, f"{quarter} 尚未结束，季末以后才能定稿 (the quarter still runs)")
        pending = self.pending(quarter)
        if pending and not despite:
            told = "；".join(pending)
            raise StateForbids(
                "close", quarter, f"还有未决事项：{told}。仍要定稿，请确认 despite (something is pending)"
            )
        before = await asyncio.to_thread(editions, bus.log, quarter)
        if before and not reason:
            raise BadValue("reason", "更正定稿须写明原因 (why a new edition)", reason)
        upto = bus.durable_seq
        one = await self._made(quarter, upto=upto, closing=True)
        sha256 = self._paper(one).sha256
        if before and before[-1].sha256 == sha256:
            raise StateForbids("close", quarter, f"与第 {before[-1].edition} 版相同，不必再定稿 (nothing has changed)")
        rules = one.quarter.rules
        fact = e.QuarterClosed(
            quarter, len(before) + 1, rules.id, rules.version, today.isoformat(), upto, sha256, reason, by
        )
        if not await bus.stored(bus.publish(fact)):
            raise StorageFull(bus.trouble or "")
        return fact

    async def _verified(self, closed: e.QuarterClosed) -> Made:
        one = await self._made(closed.quarter, closed=closed)
        if self._paper(one).sha256 != closed.sha256:
            why = (
                f"{closed.quarter} 第 {closed.edition} 版与定稿时的哈希不符：配置或规则集改过，或日志有误 "
                "(the edition can't be made again)"
            )
            raise StateForbids("report", closed.quarter, why)
        return one

    async def _made(
        self, quarter: str, *, upto: int | None = None, closed: e.QuarterClosed | None = None, closing: bool = False
    ) -> Made:
        hall, rules = self._hall, rules_of(self._rule_sets, quarter)
        today = hall.today()
        basis = Basis(quarter, hall.setup, hall.zone, rules, today, today if closing else None)
        async with self._busy:
            return await asyncio.to_thread(lambda: made(self._bus.log, basis, closed=closed, upto=upto))

    def _paper(self, one: Made) -> Paper:
        return Paper(self._hall.setup.name, one.name, one.quarter, one.result)
