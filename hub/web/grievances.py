"""`/bad-ratings` and `/complaints`: 差评核实整改 and the complaint register."""

from __future__ import annotations

import asyncio
from enum import Enum
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response

from hub import wire
from hub.domain.grievances import BAD_STATES, CHANNELS, BadRating, Complaint
from hub.grievances import Grievances, Words
from hub.web.answers import Json
from hub.web.bodies import AnswerComplaint, HearRating, ReceiveComplaint, RectifyRating, VerifyRating
from hub.web.roles import allow, principal
from hub.web.services import Services

_TAGS: Final[list[str | Enum]] = ["差评和投诉 grievances"]
_BAD: Final = f"{wire.API}/bad-ratings"
_ONE: Final = f"{_BAD}/{{rating}}"
_COMPLAINTS: Final = f"{wire.API}/complaints"
_READERS: Final = allow("manager", "inspector")
_OFFICER: Final = allow("inspector")
Rating = Annotated[str, Path(max_length=64, description="评价的 id (a rating's id)")]
After = Annotated[int, Query(ge=0, description="上一页的 next")]
Limit = Annotated[int, Query(ge=1, le=500, description="每页条数 (items a page)")]
Open = Annotated[bool, Query(alias="open", description="只列未办结的 (only those that wait)")]


def add_routes(api: APIRouter, services: Services) -> None:
    """Add the calls."""
    found = Grievances(services.hall, services.bus, services.rule_sets)
    _add_bad_ratings(api, found)
    _add_complaints(api, found)


def _add_bad_ratings(api: APIRouter, found: Grievances) -> None:
    shape: dict[str, Any] = {"response_model": wire.BadRatingItem, "tags": _TAGS}

    @api.get(
        _BAD,
        response_model=wire.BadRatingPage,
        summary="差评，不含评价人 (bad ratings, not who rated)",
        tags=_TAGS,
        openapi_extra=_READERS,
    )
    async def list_bad(after: After = 0, limit: Limit = 100, only_open: Open = False) -> Response:  # noqa: FBT002
        whole = [one for one in found.bad_ratings() if not (only_open and one.closed)]
        shown = whole[after : after + limit]
        more = str(after + len(shown)) if after + len(shown) < len(whole) else None
        return Json(wire.BadRatingPage(tuple(_bad(found, one) for one in shown), more))

    @api.get(
        f"{_ONE}/contact",
        response_model=wire.ContactItem,
        summary="回访的联系方式；每次查看都记入日志 (whom to call; each look is recorded)",
        tags=_TAGS,
        openapi_extra=_OFFICER,
    )
    async def contact(request: Request, rating: Rating) -> Response:
        return Json(wire.ContactItem(rating, await found.contact(rating, by=principal(request).name)))

    @api.post(f"{_ONE}/verify", summary="核实：属实、不属实、无法查实 (verify)", openapi_extra=_OFFICER, **shape)
    async def verify(request: Request, rating: Rating, body: VerifyRating) -> Response:
        made = await found.verify(rating, body.verdict, body.note, by=principal(request).name)
        return Json(_bad(found, made))

    @api.post(f"{_ONE}/rectify", summary="整改 (what was put right)", openapi_extra=_READERS, **shape)
    async def rectify(request: Request, rating: Rating, body: RectifyRating) -> Response:
        return Json(_bad(found, await found.rectify(rating, body.note, by=principal(request).name)))

    @api.post(f"{_ONE}/call-back", summary="回访 (call back)", openapi_extra=_OFFICER, **shape)
    async def call_back(request: Request, rating: Rating, body: HearRating) -> Response:
        made = await found.call_back(rating, body.heard, body.note, by=principal(request).name)
        return Json(_bad(found, made))


def _add_complaints(api: APIRouter, found: Grievances) -> None:
    @api.get(
        _COMPLAINTS,
        response_model=wire.ComplaintPage,
        summary="投诉登记簿 (the complaint register)",
        tags=_TAGS,
        openapi_extra=_READERS,
    )
    async def list_complaints(
        request: Request,
        after: After = 0,
        limit: Limit = 100,
        only_open: Open = False,  # noqa: FBT002
    ) -> Response:
        whole = [one for one in found.complaints() if not (only_open and one.answered)]
        shown = whole[after : after + limit]
        more = str(after + len(shown)) if after + len(shown) < len(whole) else None
        officer = principal(request).role == "inspector"
        words = await asyncio.to_thread(lambda: [found.words(one) for one in shown])
        items = (_complaint(found, one, said, officer=officer) for one, said in zip(shown, words, strict=True))
        return Json(wire.ComplaintPage(tuple(items), more))

    @api.post(
        _COMPLAINTS,
        response_model=wire.ComplaintItem,
        summary="登记投诉 (receive a complaint)",
        tags=_TAGS,
        openapi_extra=allow("manager", "inspector", "device"),
    )
    async def receive(request: Request, body: ReceiveComplaint) -> Response:
        who = principal(request)
        channel = "kiosk" if who.role == "device" else body.channel
        made = await found.receive(channel, body.text, body.contact, body.window, body.clerk, by=who.name)
        words = Words(None, None) if who.role == "device" else await asyncio.to_thread(found.words, made)
        return Json(_complaint(found, made, words, officer=who.role == "inspector"))

    @api.post(
        f"{_COMPLAINTS}/{{complaint}}/answer",
        response_model=wire.ComplaintItem,
        summary="书面答复，属实与否 (the written answer)",
        tags=_TAGS,
        openapi_extra=_OFFICER,
    )
    async def answer(
        request: Request, complaint: Annotated[str, Path(max_length=64)], body: AnswerComplaint
    ) -> Response:
        made = await found.answer(complaint, body.verdict, body.answer, by=principal(request).name)
        return Json(_complaint(found, made, await asyncio.to_thread(found.words, made), officer=True))


def _bad(found: Grievances, one: BadRating) -> wire.BadRatingItem:
    due = found.due(one.day, found.terms().bad_rating)
    return wire.BadRatingItem(
        rating=one.rating,
        window=one.window,
        clerk=one.clerk,
        level=one.level,
        day=one.day,
        state=one.state,
        state_name=BAD_STATES[one.state],
        due=due.isoformat(),
        overdue=found.overdue(due, one.closed),
        verdict=one.verdict or None,
        note=one.note,
        rectified=one.rectified,
        heard=one.heard or None,
        closed=one.closed,
    )


def _complaint(found: Grievances, one: Complaint, words: Words, *, officer: bool) -> wire.ComplaintItem:
    due = found.due(one.day, found.terms().complaint_answer)
    return wire.ComplaintItem(
        complaint=one.complaint,
        channel=one.channel,
        channel_name=CHANNELS.get(one.channel, one.channel),
        day=one.day,
        window=one.window,
        clerk=one.clerk,
        text=words.text,
        contact=words.contact if officer else None,
        due=due.isoformat(),
        overdue=found.overdue(due, one.answered),
        answered=one.answered,
        verdict=one.verdict or None,
        answer=one.answer,
    )
