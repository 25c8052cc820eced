"""Answers: frozen dataclasses of hub.wire, encoded once and directly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

import msgspec
from starlette.responses import Response

from hub import wire
from hub.domain.state import Ticket
from hub.hall import Done

_ENCODE: Final = msgspec.json.Encoder().encode
_NOTHING: Final = 204
_NOT_STORED: Final = 202


class Json(Response):
    """One value of hub.wire."""

    media_type = "application/json"

    def __init__(self, value: object, status_code: int = 200, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(_ENCODE(value), status_code, headers)


def ticket_item(ticket: Ticket) -> wire.TicketItem:
    """A ticket as the verbs answer it."""
    return wire.TicketItem(ticket.id, ticket.number, ticket.service, ticket.state, ticket.window, ticket.recalls)


def ticket_answer(done: Done) -> Response:
    """What a verb answers: 200 and the ticket, 204 without one, 202 while the disk refuses."""
    if done.ticket is None:
        return Response(status_code=_NOTHING)
    return stored_answer(ticket_item(done.ticket), stored=done.stored)


def stored_answer(item: object, *, stored: bool) -> Response:
    """200 and the item; 202 and `"stored": false` beside it while the disk refuses."""
    if stored:
        return Json(item)
    return Json({**cast("dict[str, Any]", msgspec.to_builtins(item)), "stored": False}, _NOT_STORED)
