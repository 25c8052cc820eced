"""`/cases`: 办件 with their clocks, and the deadline board (限时办结)."""

from __future__ import annotations

import asyncio
from enum import Enum
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from hub import report, wire
from hub.casework import Casework
from hub.domain import casework
from hub.domain.casework import Board, Filing, Opening
from hub.domain.rates import percent
from hub.errors import NotFound
from hub.web.answers import Json
from hub.web.bodies import AskReview, CaseDay, CloseCase, OpenCase, ReviewCase, StopCase
from hub.web.roles import allow, principal
from hub.web.services import Services

_TAGS: Final[list[str | Enum]] = ["办件 cases"]
_DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_BASE: Final = f"{wire.API}/cases"
_CASE: Final = f"{_BASE}/{{case}}"
_READERS: Final = allow("manager", "inspector")
_WORKERS: Final = allow("clerk", "manager")
Number = Annotated[str, Path(max_length=64, description="办件编号 (its number)")]


class CaseFilter(BaseModel):
    """Which cases."""

    model_config = ConfigDict(extra="forbid")

    after: Annotated[str | None, Field(pattern=r"^\d{1,9}$", description="上一页的 next")] = None
    limit: Annotated[int, Field(ge=1, le=500, description="每页条数 (items a page)")] = 100
    state: Annotated[
        Literal["waiting", "stopped", "running", "soon", "today", "overdue", "closed"] | None,
        Field(description="状态 (standing)"),
    ] = None
    kind: Annotated[str | None, Field(max_length=16, description="六件之一 (kind)")] = None
    department: Annotated[str | None, Field(max_length=64, description="部门 (department)")] = None
    clerk: Annotated[str | None, Field(max_length=32, description="工号 (clerk)")] = None
    window: Annotated[int | None, Field(description="窗口号 (window)")] = None


def add_routes(api: APIRouter, services: Services) -> None:
    """Add the calls."""
    cases = Casework(services.hall, services.bus)
    _add_reading(api, cases, services)
    _add_letter(api, services)
    _add_import(api, cases)
    _add_review(api, cases, services)
    _add_steps(api, cases, services)


def _add_reading(api: APIRouter, cases: Casework, services: Services) -> None:
    @api.get(
        _BASE, response_model=wire.CasePage, summary="办件，最急的在前 (cases)", tags=_TAGS, openapi_extra=_READERS
    )
    async def list_cases(only: Annotated[CaseFilter, Query()]) -> Response:
        return Json(page(cases, only, services))

    @api.get(
        f"{_BASE}/board",
        response_model=wire.CaseBoards,
        summary="限时办结看板，按部门 (the deadline board)",
        tags=_TAGS,
        openapi_extra=_READERS,
    )
    async def board() -> Response:
        hall = services.hall
        told = tuple(map(_board, cases.boards()))
        return Json(wire.CaseBoards(hall.today().isoformat(), told))

    @api.get(_CASE, response_model=wire.CaseItem, summary="一件 (one)", tags=_TAGS, openapi_extra=_READERS)
    async def one(case: Number) -> Response:
        found = services.hall.state.filings.get(case)
        if found is None:
            raise NotFound("case", case)
        return Json(item(cases, found, services))


def _add_letter(api: APIRouter, services: Services) -> None:
    @api.get(
        f"{_CASE}/letter.docx",
        summary="通知书：受理、一次性告知、联办、驳回、上报 (the paper that a citizen is given)",
        tags=_TAGS,
        openapi_extra=allow("clerk", "manager", "inspector"),
        response_class=Response,
        responses={200: {"content": {_DOCX: {"schema": {"type": "string", "format": "binary"}}}}},
    )
    async def letter(case: Number) -> Response:
        hall = services.hall
        found = hall.state.filings.get(case)
        if found is None:
            raise NotFound("case", case)
        made = report.letter(found, hall.setup, hall.today())
        return Response(await asyncio.to_thread(report.letter_docx, made), media_type=_DOCX)


def _add_steps(api: APIRouter, cases: Casework, services: Services) -> None:
    shape: dict[str, Any] = {"response_model": wire.CaseItem, "tags": _TAGS, "openapi_extra": _WORKERS}

    def answer(one: Filing) -> Response:
        return Json(item(cases, one, services))

    @api.post(_BASE, summary="收件登记 (receive a case)", **shape)
    async def receive(request: Request, body: OpenCase) -> Response:
        new = Opening(
            body.case, body.case_kind, body.service, body.department, body.day or services.hall.today(), body.window,
            body.clerk, None, body.promised_days, body.statutory_days, body.green,
        )  # fmt: skip
        made = await cases.open(new, by=principal(request).name)
        if made is None:  # 即办件: done at once, nothing is awaited
            day = new.day.isoformat()
            made = Filing(
                new.case, new.kind, new.service, new.department, day, new.window, new.clerk, closed=day, outcome="done"
            )
        return answer(made)

    @api.post(f"{_CASE}/materials", summary="补办件：材料已补齐，开始计时 (materials are complete)", **shape)
    async def materials(request: Request, case: Number, body: CaseDay) -> Response:
        return answer(await cases.complete(case, body.day, by=principal(request).name))

    @api.post(f"{_CASE}/stop", summary="特别程序开始，停钟 (a special procedure begins)", **shape)
    async def stop(request: Request, case: Number, body: StopCase) -> Response:
        return answer(await cases.stop(case, body.procedure, body.day, by=principal(request).name))

    @api.post(f"{_CASE}/resume", summary="特别程序结束，恢复计时 (it is over)", **shape)
    async def resume(request: Request, case: Number, body: CaseDay) -> Response:
        return answer(await cases.resume(case, body.day, by=principal(request).name))

    @api.post(f"{_CASE}/finish", summary="办结、不予批准或撤回 (done, refused or withdrawn)", **shape)
    async def finish(request: Request, case: Number, body: CloseCase) -> Response:
        return answer(await cases.close(case, body.outcome, body.note, body.day, by=principal(request).name))


def _add_review(api: APIRouter, cases: Casework, services: Services) -> None:
    @api.post(
        f"{_CASE}/review",
        response_model=wire.CaseItem,
        summary="驳回件：申请复核 (ask for a review)",
        tags=_TAGS,
        openapi_extra=_WORKERS,
    )
    async def ask(request: Request, case: Number, body: AskReview) -> Response:
        made = await cases.ask_review(case, body.reason, by=principal(request).name)
        return Json(item(cases, made, services))

    @api.post(
        f"{_CASE}/review/decision",
        response_model=wire.CaseItem,
        summary="复核裁定 (the ruling)",
        tags=_TAGS,
        openapi_extra=_READERS,
    )
    async def review(request: Request, case: Number, body: ReviewCase) -> Response:
        made = await cases.review(case, body.outcome, body.reason, by=principal(request).name)
        return Json(item(cases, made, services))


def _add_import(api: APIRouter, cases: Casework) -> None:
    @api.post(
        f"{_BASE}/import",
        response_model=wire.CasesTaken,
        summary="从 CSV 表导入：正文为表的内容 (cases from a CSV table, which is the body)",
        tags=_TAGS,
        openapi_extra=allow("manager")
        | {"requestBody": {"content": {"text/csv": {"schema": {"type": "string"}}}, "required": True}},
    )
    async def take(request: Request) -> Response:
        taken = await cases.take(await request.body(), by=principal(request).name)
        faults = tuple(wire.RowFault(one.line, one.column, one.reason) for one in taken.faults)
        return Json(wire.CasesTaken(taken.received, taken.updated, taken.unchanged, faults))


def page(cases: Casework, only: CaseFilter, services: Services) -> wire.CasePage:
    """A page of cases, the most urgent first; the cursor is a place in that order."""
    found = [
        one
        for one in cases.filings()
        if only.state in {None, cases.standing(one)}
        and only.kind in {None, one.kind}
        and only.department in {None, one.department}
        and only.clerk in {None, one.clerk}
        and only.window in {None, one.window}
    ]
    start = int(only.after or 0)
    shown = found[start : start + only.limit]
    more = str(start + len(shown)) if start + len(shown) < len(found) else None
    return wire.CasePage(tuple(item(cases, one, services) for one in shown), more)


def item(cases: Casework, one: Filing, services: Services) -> wire.CaseItem:
    """A case for people and programs."""
    setup = services.hall.setup
    state = cases.standing(one)
    service = setup.services.get(one.service)
    clerk = setup.clerks.get(one.clerk or "")
    return wire.CaseItem(
        case=one.case,
        case_kind=one.kind,
        kind_name=casework.KINDS.get(one.kind, one.kind),
        service=one.service,
        service_name=one.service if service is None else service.name,
        department=one.department,
        window=one.window,
        clerk=one.clerk,
        clerk_name=None if clerk is None else clerk.name,
        ticket=one.ticket,
        day=one.day,
        promised_days=one.promised,
        statutory_days=one.statutory,
        green=one.is_green,
        materials=one.materials,
        stopped=one.stops[-1].procedure if one.is_stopped else None,
        due=one.due,
        estimated=one.is_estimated,
        state=state,
        state_name=casework.STANDINGS[state],
        overdue=cases.overdue(one),
        closed=one.closed,
        outcome=one.outcome or None,
        used_days=cases.used_days(one),
        review=one.review or None,
    )


def _board(board: Board) -> wire.CaseBoard:
    pace = board.pace
    speed = None if pace.speed_up is None else percent(pace.speed_up)
    done = None if pace.completed_share is None else percent(pace.completed_share)
    return wire.CaseBoard(
        board.department,
        {name: board.standings.get(name, 0) for name in casework.STANDINGS},
        pace.due,
        pace.in_time,
        done,
        len(pace.speeds),
        pace.unknown,
        speed,
    )
