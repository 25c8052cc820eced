"""`/r/{code}`: what the QR of a slip opens on the citizen's phone, the place in the queue and later the rating."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qs

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.responses import HTMLResponse, RedirectResponse

from hub import wire
from hub.domain.queueing import ahead_of, estimate_s
from hub.domain.rating import CODE_TRIES, needs_code
from hub.domain.state import PhoneInvite, Ticket
from hub.errors import BadValue, HallhubError, NotFound, StateForbids, WrongCode
from hub.web import phone_page
from hub.web.answers import Json
from hub.web.attempts import Attempts
from hub.web.bodies import RatePhone
from hub.web.phone_page import TROUBLE, Place
from hub.web.problems import problem_of
from hub.web.raw import described, parsed, refusal
from hub.web.roles import allow_everybody
from hub.web.services import Services

TERM_WORKDAYS: Final = 5
"""domain.md `invite_expires`: phone, the end of the fifth working day."""
REPEATS_MOST: Final = 5
"""Further ratings of one visit a minute: each is kept as evidence, none counts."""
_FORM: Final = "application/x-www-form-urlencoded"


def add_routes(api: APIRouter, services: Services) -> None:
    """Add the page and its rating."""
    links = _Links(services)
    repeats = Attempts(services.bus.clock.mono_ns, most=REPEATS_MOST)
    name = services.hall.setup.name
    tags: list[Any] = ["群众手机 the citizen's phone"]
    html: dict[int | str, Any] = {200: {"content": {"text/html": {"schema": {"type": "string"}}}}}

    @api.get(
        "/r/{code}",
        summary="排队位置和评价页 (page: place in the queue, later the rating)",
        tags=tags,
        response_class=HTMLResponse,
        responses={**html, 404: {"content": {"text/html": {"schema": {"type": "string"}}}}},
        openapi_extra=allow_everybody(),
    )
    async def page(code: str) -> Response:
        place = links.place(code)
        return HTMLResponse(phone_page.page(name, place), 404 if place is None else 200)

    @api.post(
        "/r/{code}",
        response_model=wire.PhoneRating,
        summary="手机评价；第一次计入，之后的仅存档 (the first rating counts, later ones are kept as evidence)",
        tags=tags,
        responses={303: {"description": "表单提交：回到页面 (a form: back to the page)"}},
        openapi_extra=allow_everybody() | described(RatePhone),
    )
    async def rate(request: Request, code: str) -> Response:
        given: RatePhone | None = None
        is_form = request.headers.get("content-type", "").partition(";")[0].strip().lower() == _FORM
        try:
            given = _parsed(await request.body(), is_form=is_form)
            repeats.check(code)
            answer = await links.rate(code, given)
        except (HallhubError, RequestValidationError) as error:
            if is_form:
                status = problem_of(error).status_code if isinstance(error, HallhubError) else 422
                trouble = str(error) if isinstance(error, WrongCode) else TROUBLE
                return HTMLResponse(phone_page.page(name, links.place(code), trouble, given), status)
            raise
        if not answer.counted:
            repeats.failed(code)
        return RedirectResponse(f"/r/{code}", 303) if is_form else Json(answer)


class _Links:
    """What stands behind the links of the slips."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def place(self, code: str) -> Place | None:
        """What the citizen is to be told; None for a link that leads nowhere."""
        state, setup = self._services.shown.state, self._services.hall.setup
        visit = state.phone.get(code)
        if visit is not None:
            digits = len(visit.slip_code or "") if needs_code(visit, setup) else 0
            state_now = self._after(visit)
            if state_now == "rate" and digits and self._refused(code) >= CODE_TRIES:
                state_now = "locked"
            return Place(visit.number, "", state_now, window=visit.window, level=visit.level, code_digits=digits)
        ticket = self._ticket(code)
        if ticket is None:
            return None
        service = setup.services.get(ticket.service)
        ahead = ahead_of(state, ticket)
        return Place(
            number=ticket.number,
            service=service.name if service else "",
            state=ticket.state,
            window=ticket.window,
            ahead=ahead,
            minutes=-(-estimate_s(state, setup, service, ahead) // 60) if service else 0,
            windows=(ticket.reserved,) if ticket.reserved else setup.windows_of(ticket.service),
        )

    async def rate(self, code: str, given: RatePhone) -> wire.PhoneRating:
        """Take a rating; NotFound, or StateForbids before the visit is done and after the term."""
        state = self._services.shown.state
        visit = state.phone.get(code)
        if visit is None:
            ticket = self._ticket(code)
            if ticket is None:
                raise NotFound("link", code)
            raise StateForbids("rate", ticket.state, f"{ticket.number}还未办结，办结后才能评价")
        if self._is_over(visit):
            raise StateForbids("rate", "over", f"{visit.number}的评价已于办结后第{TERM_WORKDAYS}个工作日截止")
        counted = self._services.hall.state.phone[code].level is None
        hall = self._services.hall
        await hall.rate_by_phone(code, given.level, tuple(given.reasons), given.comment, given.rating_code)
        return wire.PhoneRating(counted, self._services.hall.state.phone[code].level or given.level)

    def _refused(self, code: str) -> int:
        """Wrong codes so far, the one that was just refused too."""
        visit = self._services.hall.state.phone.get(code)
        return visit.refused if visit is not None else 0

    def _ticket(self, code: str) -> Ticket | None:
        tickets = self._services.shown.state.tickets.values()
        return next((ticket for ticket in tickets if ticket.code == code), None)

    def _after(self, visit: PhoneInvite) -> phone_page.State:
        if visit.level is not None:
            return "rated"
        return "over" if self._is_over(visit) else "rate"

    def _is_over(self, visit: PhoneInvite) -> bool:
        zone = self._services.hall.zone
        finished = datetime.fromtimestamp(visit.finished_ms / 1000, zone).date()
        today = datetime.fromtimestamp(self._services.bus.clock.wall_ms() / 1000, zone).date()
        return today > self._services.calendar.add_workdays(finished, TERM_WORKDAYS)


def _parsed(body: bytes, *, is_form: bool) -> RatePhone:
    try:
        return RatePhone.model_validate(_form(body)) if is_form else parsed(RatePhone, body)
    except ValidationError as error:
        raise refusal(error) from None
    except ValueError:
        raise BadValue("body", "表单 (a form)", "…") from None


def _form(body: bytes) -> dict[str, Any]:
    fields = parse_qs(body.decode(), max_num_fields=50)
    comment = fields.get("comment", [""])[0].strip()
    return {
        "level": fields.get("level", [None])[0],
        "reasons": fields.get("reasons", []),
        "comment": comment or None,
        "rating_code": fields.get("rating_code", [None])[0],
    }
