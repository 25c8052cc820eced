"""`/reports/{quarter}`, and what people enter for it: corrected ratings, findings, points."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date
from enum import Enum
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Request, Response

from hub import wire
from hub.closing import Closing
from hub.domain import events as e
from hub.domain.assessment import Assessment, Points, Quarter, Result, SheetName, opinions, shown
from hub.domain.rates import percent
from hub.registers import NewFinding, NewPoints, Registers
from hub.report import Change
from hub.web.answers import Json
from hub.web.bodies import CloseQuarter, CorrectRating, EnterPoints, RecordFinding
from hub.web.roles import allow, principal
from hub.web.services import Services

_TAGS: Final[list[str | Enum]] = ["考核 assessment"]
_ASSESSORS: Final = allow("manager", "inspector")
Name = Annotated[str, Path(pattern=r"^20\d\dQ[1-4]$", description="季度，如 2026Q4 (quarter)")]

Edition = Annotated[int | None, Query(ge=1, le=999, description="定稿的第几版；不填为按现在的数据 (edition)")]


def add_routes(api: APIRouter, services: Services, closing: Closing) -> None:
    """Add the calls."""
    registers = Registers(services.hall, services.bus, services.rule_sets)
    reports = _Reports(services, closing)

    @api.post(
        f"{wire.API}/ratings/{{rating}}/correction",
        response_model=wire.CorrectionItem,
        summary="误评更正，两次等级都保留 (correct a mistaken rating)",
        tags=_TAGS,
        openapi_extra=_ASSESSORS,
    )
    async def correct(request: Request, rating: str, body: CorrectRating) -> Response:
        by = principal(request).name
        made = await registers.correct(rating, body.level, body.register_no, body.reason, by=by)
        return Json(wire.CorrectionItem(made.rating, made.was, made.level, made.register, made.reason, made.by))

    @api.post(
        f"{wire.API}/findings",
        response_model=wire.FindingItem,
        summary="登记查实结论 (record a finding)",
        tags=_TAGS,
        openapi_extra=allow("inspector"),
    )
    async def find(request: Request, body: RecordFinding) -> Response:
        new = NewFinding(
            body.kind, body.status, body.window, body.clerk, body.article, body.note, body.what, body.half_days,
            body.day,
        )  # fmt: skip
        made = await registers.find(new, by=principal(request).name)
        return Json(
            wire.FindingItem(
                made.finding, made.about, made.status, made.window, made.clerk, made.article, made.note, made.what,
                made.half_days, made.date,
            )
        )  # fmt: skip

    @api.post(
        f"{wire.API}/points",
        response_model=wire.PointsItem,
        summary="录入考核得分：自评、互评、审核，以最后一次审核为准 (enter points; the last review counts)",
        tags=_TAGS,
        openapi_extra=allow("clerk", "manager", "inspector"),
    )
    async def enter(request: Request, body: EnterPoints) -> Response:
        who = principal(request)
        new = NewPoints(body.sheet, body.quarter, body.subject, body.section, body.points, body.note, body.stage)
        made = await registers.enter(new, by=who.name, is_clerk=who.role == "clerk")
        entered = (made.section, made.points, made.note, made.by, made.stage)
        return Json(wire.PointsItem(made.sheet, made.quarter, body.subject, *entered))

    @api.get(
        f"{wire.API}/reports/{{quarter}}",
        response_model=wire.QuarterReport,
        summary="季度考核，按现在的数据，或某一版定稿 (a quarter as it would close now, or an edition of it)",
        tags=_TAGS,
        openapi_extra=_ASSESSORS,
    )
    async def report(quarter: Name, edition: Edition = None) -> Response:
        return Json(await reports.of(quarter, edition))

    @api.get(
        f"{wire.API}/reports/{{quarter}}/editions",
        response_model=wire.Editions,
        summary="定稿各版、校验结果和改动 (editions, whether they verify, what they changed)",
        tags=_TAGS,
        openapi_extra=_ASSESSORS,
    )
    async def list_editions(quarter: Name) -> Response:
        found = await closing.editions(quarter)
        told = tuple(_edition(fact, same, changed) for fact, same, changed in found)
        return Json(wire.Editions(quarter, tuple(closing.pending(quarter)), told))

    @api.post(
        f"{wire.API}/reports/{{quarter}}/close",
        response_model=wire.EditionItem,
        summary="季度考核定稿；再次定稿为更正版 (close the quarter; again: a corrected edition)",
        tags=_TAGS,
        openapi_extra=allow("manager"),
    )
    async def close(request: Request, quarter: Name, body: CloseQuarter) -> Response:
        made = await closing.close(quarter, body.reason, despite=body.despite, by=principal(request).name)
        return Json(_edition(made, True, []))


class _Reports:
    """Keeps the last report while the log stands still."""

    def __init__(self, services: Services, closing: Closing) -> None:
        self._services = services
        self._closing = closing
        self._key: tuple[str, int | None, int, date] | None = None
        self._last: wire.QuarterReport | None = None
        self._busy = asyncio.Lock()

    async def of(self, quarter: str, edition: int | None) -> wire.QuarterReport:
        """The quarter as of the last durable fact, or an edition; StateForbids where no rule set was in force."""
        async with self._busy:
            upto, today = self._services.bus.durable_seq, self._services.hall.today()
            key = quarter, edition, upto, today
            if self._last is None or self._key != key:
                if edition is None:
                    made = await self._closing.now(quarter, upto)
                else:
                    made = await self._closing.edition(quarter, edition)
                    upto = upto if made.closed is None else made.closed.upto_seq
                self._key, self._last = key, _report(quarter, upto, made.quarter, made.result)
            return self._last


def _edition(fact: e.QuarterClosed, same: bool, changed: Sequence[Change]) -> wire.EditionItem:  # noqa: FBT001
    items = tuple(wire.ChangeItem(one.sheet, one.subject, one.what, one.was, one.now) for one in changed)
    return wire.EditionItem(
        fact.quarter, fact.edition, fact.rules, fact.rules_version, fact.as_of, fact.upto_seq, fact.sha256,
        fact.reason, fact.by, same, items,
    )  # fmt: skip


def _report(name: str, upto: int, quarter: Quarter, result: Assessment) -> wire.QuarterReport:
    rules = quarter.rules
    decisions = (
        wire.DecisionItem(
            code, one.value if isinstance(one.value, str) else "、".join(map(str, one.value)), one.meaning
        )
        for code, one in rules.decisions.items()
    )
    windows = tuple(_standing(one, quarter, "window") for one in result.windows)
    clerks = tuple(_standing(one, quarter, "clerk") for one in result.clerks)
    as_of = quarter.as_of.isoformat()
    return wire.QuarterReport(
        name, rules.id, rules.version, upto, as_of, quarter.is_over, windows, clerks, tuple(decisions)
    )


def _standing(one: Result, quarter: Quarter, sheet: SheetName) -> wire.StandingItem:
    counts, rules = one.counts, quarter.rules
    thought = opinions(quarter, sheet, one.subject.key)
    return wire.StandingItem(
        subject=one.subject.key,
        name=one.subject.name,
        department=one.subject.department,
        finished=counts.finished,
        rated=counts.rated,
        satisfied=counts.satisfied(rules),
        absent=counts.absent,
        outage=counts.outage,
        struck=counts.struck,
        corrected=counts.corrected,
        dissatisfied_confirmed=one.dissatisfied,
        rated_share=percent(one.rated_share),
        satisfied_share=percent(one.satisfied_share),
        total_points=shown(one.total),
        sections=tuple(map(_section, one.sections)),
        disqualified=bool(one.reasons),
        reasons=one.reasons,
        evidence=tuple(wire.EvidenceItem(it.article, it.event, it.day.isoformat(), it.note) for it in one.evidence),
        rank=one.rank,
        award=one.award,
        opinions=tuple(
            wire.OpinionItem(stage, section, shown(points), count)
            for (stage, section), (points, count) in sorted(thought.items())
        ),
    )


def _section(points: Points) -> wire.SectionItem:
    return wire.SectionItem(points.code, shown(points.full), shown(points.points), points.source, points.mark)
