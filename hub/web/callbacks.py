"""`/callbacks`: a quarter's random call-backs (回访), from the draw to the report."""

from __future__ import annotations

import asyncio
from enum import Enum
from typing import Annotated, Final

from fastapi import APIRouter, Path, Request, Response

from hub import wire
from hub.domain.callbacks import Tally
from hub.domain.codec import is_erased
from hub.sampling import Asked, CallbackReport, Sampling
from hub.web.answers import Json
from hub.web.bodies import RecordCallback
from hub.web.roles import allow, principal
from hub.web.services import Services

Quarter = Annotated[str, Path(pattern=r"^20\d\dQ[1-4]$", description="季度，如 2026Q4 (quarter)")]

_TAGS: Final[list[str | Enum]] = ["回访 call-backs"]
_PATH: Final = f"{wire.API}/callbacks/{{quarter}}"
_OFFICER: Final = allow("inspector")


def add_routes(api: APIRouter, services: Services) -> None:
    """Add the calls of `/callbacks`."""
    sampling = Sampling(services.hall, services.bus)

    async def sample(quarter: str) -> Response:
        return Json(await asyncio.to_thread(_sample, sampling, quarter))

    @api.post(
        f"{_PATH}/sample",
        response_model=wire.CallbackSample,
        summary="随机抽样，一个季度一次；先存盘，后回访 (draw, once a quarter; a fact before any call)",
        tags=_TAGS,
        openapi_extra=_OFFICER,
    )
    async def draw(request: Request, quarter: Quarter) -> Response:
        await sampling.draw(quarter, by=principal(request).name)
        return await sample(quarter)

    @api.get(
        _PATH,
        response_model=wire.CallbackSample,
        summary="抽到的评价，含联系方式 (what was drawn, with whom to call)",
        tags=_TAGS,
        openapi_extra=_OFFICER,
    )
    async def look(quarter: Quarter) -> Response:
        sampling.sample(quarter)
        return await sample(quarter)

    @api.post(
        f"{_PATH}/results",
        response_model=wire.CallbackItem,
        summary="登记一次回访的结果 (what a citizen said)",
        tags=_TAGS,
        openapi_extra=_OFFICER,
    )
    async def record(request: Request, quarter: Quarter, body: RecordCallback) -> Response:
        await sampling.record(
            quarter,
            body.rating,
            body.outcome,
            level=body.level,
            note=body.note,
            contact=body.contact,
            by=principal(request).name,
        )
        (found,) = await asyncio.to_thread(sampling.asked, quarter, body.rating)
        return Json(_item(found, wire.rfc3339(found.rated.at_ms, services.hall.zone)))

    @api.get(
        f"{_PATH}/report",
        response_model=wire.CallbackSummary,
        summary="误评率及其区间、各部门、与疑似的对照 (how often ratings were wrong)",
        tags=_TAGS,
        openapi_extra=allow("manager", "inspector"),
    )
    async def report(quarter: Quarter) -> Response:
        return Json(_summary(await asyncio.to_thread(sampling.report, quarter)))

    def _sample(of: Sampling, quarter: str) -> wire.CallbackSample:
        drawn, zone = of.sample(quarter), services.hall.zone
        return wire.CallbackSample(
            quarter,
            wire.rfc3339(drawn.drawn_ms, zone),
            drawn.by,
            drawn.seed,
            drawn.population,
            tuple(_item(one, wire.rfc3339(one.rated.at_ms, zone)) for one in of.asked(quarter)),
        )


def _item(asked: Asked, at: str) -> wire.CallbackItem:
    fact, made = asked.rated.fact, asked.result
    return wire.CallbackItem(
        rating=fact.rating,
        ticket=fact.ticket,
        number=asked.number,
        window=fact.window,
        department=asked.department,
        clerk=fact.clerk,
        level=fact.level,
        source=fact.source,
        at=at,
        contact=asked.contact,
        outcome=made.outcome if made else None,
        said_level=made.level if made else None,
        note=made.note if made and not is_erased(made.note) else None,
        by=made.by if made else None,
    )


def _summary(report: CallbackReport) -> wire.CallbackSummary:
    return wire.CallbackSummary(
        quarter=report.quarter,
        population=report.drawn.population,
        seed=report.drawn.seed,
        reproduced=report.is_reproduced,
        outcomes={str(outcome): count for outcome, count in report.outcomes.items()},
        corrected=report.corrected,
        upto=None if report.upto is None else report.upto.isoformat(),
        whole=_tally(report.whole),
        departments={name: _tally(one) for name, one in report.departments.items()},
        flagged_presses=_tally(report.flags["press"]),
        flagged_clerks=_tally(report.flags["clerk"]),
        others=_tally(report.flags[""]),
    )


def _tally(tally: Tally) -> wire.CallbackTally:
    low, high = tally.bounds
    rate = None if tally.rate is None else float(tally.rate)
    return wire.CallbackTally(
        tally.sampled, tally.called, tally.answered, tally.wrong, tally.denied, rate, round(low, 6), round(high, 6)
    )
