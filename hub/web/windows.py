"""`/windows`: how they stand, and the clerks' verbs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, Final, Protocol

from fastapi import APIRouter, Path, Request, Response

from hub import wire
from hub.access import Role
from hub.errors import BadValue, NotFound
from hub.hall import Done, Hall
from hub.web.answers import Json, stored_answer, ticket_answer
from hub.web.attempts import Attempts
from hub.web.bodies import Call, Finish, Pause, SignOn, TakeBack, Transfer
from hub.web.desks import window_item, window_items
from hub.web.roles import allow, principal
from hub.web.services import Services

Number = Annotated[int, Path(description="窗口号 (window number)")]

_BOTH: Final = allow("clerk", "manager")
_CLERK: Final = allow("clerk")
_TAGS: Final[list[str | Enum]] = ["窗口 windows"]


class _Plain(Protocol):
    """A verb that needs nothing but the window."""

    def __call__(self, hall: Hall, window: int, /, *, by: str) -> Awaitable[Done]: ...


@dataclass(frozen=True, slots=True)
class _Verb:
    path: str
    do: _Plain
    summary: str
    roles: tuple[Role, ...] = ("clerk", "manager")


_PLAIN: Final = (
    _Verb("next", Hall.call_next, "叫下一位；无人等候为 204 (call the next; 204 where nobody waits)"),
    _Verb("recall", Hall.recall, "重呼，至多五次 (repeat the call, five times at most)"),
    _Verb("start", Hall.start_service, "开始办理 (the citizen is there)"),
    _Verb("miss", Hall.miss, "过号 (nobody came)"),
    _Verb("hold", Hall.hold, "挂起 (put the visit aside)"),
    _Verb("invite", Hall.invite, "再次邀请评价 (ask once more for a rating)", ("clerk",)),
    _Verb("assist", Hall.assist, "按键前声明协助评价 (declare help with the keypad, before the press)", ("clerk",)),
)


def add_routes(api: APIRouter, services: Services) -> None:
    """Add the calls of `/windows`."""
    add = _Adder(api, services)
    add.looks()
    for verb in _PLAIN:
        add.plain(verb)
    add.duty()
    add.tickets()
    add.finish()


class _Adder:
    """Adds one kind of call after the other."""

    def __init__(self, api: APIRouter, services: Services) -> None:
        self._api = api
        self._services = services
        self._pins = Attempts(services.bus.clock.mono_ns, most=10)

    def looks(self) -> None:
        """GET /windows."""
        services = self._services

        @self._api.get(
            f"{wire.API}/windows",
            response_model=tuple[wire.WindowItem, ...],
            summary="全部窗口的现状 (all windows as they stand)",
            tags=_TAGS,
            openapi_extra=allow("clerk", "manager", "inspector", "admin"),
        )
        async def list_windows() -> Response:
            hall = services.hall
            return Json(window_items(services.shown.state, hall.setup, hall.zone, services.devices.items()))

    def plain(self, verb: _Verb) -> None:
        """A verb without a body."""
        hall = self._services.hall

        async def do(request: Request, n: Number) -> Response:
            return ticket_answer(await verb.do(hall, n, by=principal(request).name))

        self._ticket_verb(verb.path, verb.summary, allow(*verb.roles))(do)

    def duty(self) -> None:
        """Sign-on, sign-off, pause, resume: they answer the window."""
        hall = self._services.hall

        @self._window_verb("sign-on", "签到 (a clerk takes up duty)", _CLERK)
        async def sign_on(request: Request, n: Number, body: SignOn) -> Response:
            guesser = (principal(request).name, body.clerk)
            self._pins.check(guesser)
            try:
                done = await hall.sign_on(n, body.clerk, by=principal(request).name, pin=body.pin)
            except BadValue:
                self._pins.failed(guesser)
                raise
            return self._window_answer(n, done)

        @self._window_verb("sign-off", "签退 (duty ends)", _BOTH)
        async def sign_off(request: Request, n: Number) -> Response:
            return self._window_answer(n, await hall.sign_off(n, by=principal(request).name))

        @self._window_verb("pause", "暂停服务 (interrupt)", _BOTH)
        async def pause(request: Request, n: Number, body: Pause) -> Response:
            return self._window_answer(n, await hall.pause(n, body.reason, by=principal(request).name))

        @self._window_verb("resume", "恢复服务 (go on)", _BOTH)
        async def resume(request: Request, n: Number) -> Response:
            return self._window_answer(n, await hall.resume(n, by=principal(request).name))

    def tickets(self) -> None:
        """Verbs that name a ticket or a place."""
        hall = self._services.hall

        @self._ticket_verb("call", "叫指定的等候号 (call a chosen waiting ticket)", _BOTH)
        async def call(request: Request, n: Number, body: Call) -> Response:
            return ticket_answer(await hall.call(n, body.ticket, by=principal(request).name))

        @self._ticket_verb("take-back", "取回挂起的号 (go on with a held visit)", _BOTH)
        async def take_back(request: Request, n: Number, body: TakeBack | None = None) -> Response:
            ticket = body.ticket if body else None
            if ticket is not None:
                hall.ticket(ticket)
            return ticket_answer(await hall.take_back(n, ticket, by=principal(request).name))

        @self._ticket_verb("transfer", "转移到其他业务或窗口 (send the citizen on)", _BOTH)
        async def transfer(request: Request, n: Number, body: Transfer) -> Response:
            by = principal(request).name
            return ticket_answer(await hall.transfer(n, by=by, service=body.service, to_window=body.window))

    def finish(self) -> None:
        """The visit is done."""
        hall = self._services.hall

        @self._ticket_verb("finish", "办结并邀请评价 (the visit is done; invite a rating)", _CLERK)
        async def finish(request: Request, n: Number, body: Finish | None = None) -> Response:
            matters = body.as_matters() if body else ()
            for matter in matters:
                if matter.service is not None and matter.service not in hall.setup.services:
                    raise NotFound("service", matter.service)
            return ticket_answer(await hall.finish(n, matters, by=principal(request).name))

    def _ticket_verb(self, path: str, summary: str, roles: dict[str, Any]) -> Callable[[Any], Any]:
        return self._api.post(
            f"{wire.API}/windows/{{n}}/{path}",
            response_model=wire.TicketItem,
            summary=summary,
            tags=_TAGS,
            responses={202: {"model": wire.PendingTicket}, 204: {"description": "没有号票 (no ticket)"}},
            name=path,
            openapi_extra=roles,
        )

    def _window_verb(self, path: str, summary: str, roles: dict[str, Any]) -> Callable[[Any], Any]:
        return self._api.post(
            f"{wire.API}/windows/{{n}}/{path}",
            response_model=wire.WindowItem,
            summary=summary,
            tags=_TAGS,
            responses={202: {"model": wire.PendingWindow}},
            name=path,
            openapi_extra=roles,
        )

    def _window_answer(self, number: int, done: Done) -> Response:
        hall = self._services.hall
        item = window_item(hall.state, hall.setup, hall.zone, self._services.devices.items(), number)
        return stored_answer(item, stored=done.stored)
