"""`/tickets`: take one, look at it, give it up, come back after missing the call."""

from __future__ import annotations

from typing import Final

import msgspec
from fastapi import APIRouter, Request, Response

from hub import hall, wire
from hub.domain.state import Ticket
from hub.errors import BadValue, NotFound
from hub.web.answers import Json, stored_answer, ticket_answer, ticket_item
from hub.web.bodies import TakeTicket
from hub.web.raw import described, parsed
from hub.web.roles import allow, principal
from hub.web.services import Services

_CANONICAL: Final = msgspec.json.Encoder(order="sorted").encode
_PATH: Final = f"{wire.API}/tickets"

KEY_MOST: Final = 200
_KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": KEY_MOST},
    "description": "同一次取号的标识：48 小时内重发得到同一张号票 (a replay within 48 h gets the same ticket)",
}


def add_routes(api: APIRouter, services: Services) -> None:
    """Add the calls of `/tickets`."""
    _add_issue(api, services)
    _add_one(api, services)


def _add_issue(api: APIRouter, services: Services) -> None:
    by_service = {code: services.hall.setup.windows_of(code) for code in services.hall.setup.services}

    def answer(issued: hall.Issued, *, to_kiosk: bool) -> wire.IssuedTicket:
        return wire.IssuedTicket(
            id=issued.ticket,
            number=issued.number,
            service=issued.service,
            ahead=issued.ahead,
            estimate_s=issued.estimate_s,
            issued_at=wire.rfc3339(issued.issued_ms, services.hall.zone),
            link=f"{services.public_url}/r/{issued.code}",
            windows=by_service.get(issued.service, ()),
            slip=issued.paper,
            rating_code=issued.slip_code if to_kiosk and not issued.paper else None,
        )

    @api.post(
        _PATH,
        status_code=201,
        response_model=wire.IssuedTicket,
        summary="取号 (take a ticket)",
        tags=["号票 tickets"],
        openapi_extra=allow("device", "clerk") | described(TakeTicket) | {"parameters": [_KEY]},
    )
    async def issue_ticket(request: Request) -> Response:
        body = parsed(TakeTicket, await request.body())
        by = principal(request).name
        same = None
        key = request.headers.get("idempotency-key")
        if key is not None:
            same = hall.Request(by, _checked(key), _CANONICAL(body.__dict__))
        issued = await services.hall.issue_ticket(
            body.service,
            by=by,
            priority=body.priority,
            kiosk=body.kiosk,
            holder=body.holder,
            paper=body.kiosk is not None and services.devices.prints(body.kiosk),
            request=same,
        )
        return Json(answer(issued, to_kiosk=principal(request).role == "device"), 201)


def _checked(key: str) -> str:
    if not 1 <= len(key) <= KEY_MOST:
        raise BadValue("Idempotency-Key", f"1–{KEY_MOST} 个字符 (characters)", f"{len(key)} 个")
    return key


def _add_one(api: APIRouter, services: Services) -> None:
    clerks = allow("device", "clerk")

    def shown(ticket: str) -> Ticket:
        found = services.shown.state.tickets.get(ticket)
        if found is None:
            raise NotFound("ticket", ticket)
        return found

    @api.get(
        f"{_PATH}/{{ticket}}",
        response_model=wire.TicketItem,
        summary="查看号票 (look at a ticket)",
        tags=["号票 tickets"],
        openapi_extra=clerks,
    )
    async def get_ticket(ticket: str) -> Response:
        return Json(ticket_item(shown(ticket)))

    @api.delete(
        f"{_PATH}/{{ticket}}",
        status_code=204,
        summary="取消等候中的号票 (give up a waiting ticket)",
        tags=["号票 tickets"],
        responses={202: {"model": wire.PendingTicket}},
        openapi_extra=clerks,
    )
    async def cancel_ticket(request: Request, ticket: str) -> Response:
        done = await services.hall.cancel(ticket, by=principal(request).name)
        if done.ticket is None or done.stored:
            return Response(status_code=204)
        return stored_answer(ticket_item(done.ticket), stored=False)

    @api.post(
        f"{_PATH}/{{ticket}}/return",
        response_model=wire.TicketItem,
        summary="过号后复到 (back after missing the call)",
        tags=["号票 tickets"],
        responses={202: {"model": wire.PendingTicket}},
        openapi_extra=clerks,
    )
    async def return_ticket(request: Request, ticket: str) -> Response:
        return ticket_answer(await services.hall.give_back(ticket, by=principal(request).name))
