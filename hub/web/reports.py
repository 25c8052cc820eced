"""`/reports/{quarter}`, and what people enter for it: corrected ratings, findings, points."""

from __future__ import annotations

import asyncio
from datetime import date
from enum import Enum
from typing import Annotated, Final

from fastapi import APIRouter, Path, Request, Response

from hub import wire
from hub.domain.assessment import Assessment, Points, Quarter, Result, assess, shown
from hub.domain.callbacks import quarter_days
from hub.domain.rates import percent
from hub.domain.rules import RuleSet, in_force
from hub.errors import StateForbids
from hub.registers import NewFinding, Registers
from hub.report import gather
from hub.web.answers import Json
from hub.web.bodies import CorrectRating, EnterPoints, RecordFinding
from hub.web.roles import allow, principal
from hub.web.services import Services

_TAGS: Final[list[str | Enum]] = ["考核 assessment"]
_ASSESSORS: Final = allow("manager", "inspector")
Name = Annotated[str, Path(pattern=r"^20\d\dQ[1-4]$", description="季度，如 2026Q4 (quarter)")]


def add_routes(api: APIRouter, services: Services) -> None:
    """Add the calls."""
    registers = Registers(services.hall, services.bus, services.rule_sets)
    reports = _Reports(services)

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
        summary="录入考核得分，以最后一次为准 (enter points; the last entry counts)",
        tags=_TAGS,
        openapi_extra=_ASSESSORS,
    )
    async def enter(request: Request, body: EnterPoints) -> Response:
        made = await registers.enter(
            body.sheet, body.quarter, body.subject, body.section, body.points, body.note, by=principal(request).name
        )
        entered = (made.section, made.points, made.note, made.by)
        return Json(wire.PointsItem(made.sheet, made.quarter, body.subject, *entered))

    @api.get(
        f"{wire.API}/reports/{{quarter}}",
        response_model=wire.QuarterReport,
        summary="季度考核，按现在的数据 (a quarter as it would close now)",
        tags=_TAGS,
        openapi_extra=_ASSESSORS,
    )
    async def report(quarter: Name) -> Response:
        return Json(await reports.of(quarter))


class _Reports:
    """Makes reports one at a time, and keeps the last one while the log stands still."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._key: tuple[str, int, date] | None = None
        self._last: wire.QuarterReport | None = None
        self._busy = asyncio.Lock()

    async def of(self, quarter: str) -> wire.QuarterReport:
        """The quarter as of the last durable fact; StateForbids where no rule set was in force."""
        first_day, _ = quarter_days(quarter)
        rules = in_force(self._services.rule_sets, first_day)
        if rules is None:
            raise StateForbids("report", quarter, f"{first_day} 尚无生效的规则集 (no rule set was in force)")
        async with self._busy:
            upto, today = self._services.bus.durable_seq, self._services.hall.today()
            if self._last is None or self._key != (quarter, upto, today):
                self._key, self._last = (
                    (quarter, upto, today),
                    await asyncio.to_thread(self._make, quarter, rules, upto),
                )
            return self._last

    def _make(self, quarter: str, rules: RuleSet, upto: int) -> wire.QuarterReport:
        hall = self._services.hall
        records = (recorded for recorded in self._services.bus.log.replay() if recorded.seq <= upto)
        facts = gather(records, quarter, hall.setup, hall.zone, rules, hall.today())
        return _report(quarter, upto, facts, assess(facts))


def _report(name: str, upto: int, quarter: Quarter, result: Assessment) -> wire.QuarterReport:
    rules = quarter.rules
    decisions = (
        wire.DecisionItem(
            code, one.value if isinstance(one.value, str) else "、".join(map(str, one.value)), one.meaning
        )
        for code, one in rules.decisions.items()
    )
    windows = tuple(_standing(one, rules) for one in result.windows)
    clerks = tuple(_standing(one, rules) for one in result.clerks)
    as_of = quarter.as_of.isoformat()
    return wire.QuarterReport(
        name, rules.id, rules.version, upto, as_of, quarter.is_over, windows, clerks, tuple(decisions)
    )


def _standing(one: Result, rules: RuleSet) -> wire.StandingItem:
    counts = one.counts
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
    )


def _section(points: Points) -> wire.SectionItem:
    return wire.SectionItem(points.code, shown(points.full), shown(points.points), points.source, points.mark)
