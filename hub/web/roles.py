"""Routes that say who may use them; a route that doesn't can't be made."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Final

from fastapi import Request, Response
from fastapi.routing import APIRoute

from hub.access import ROLES, Principal, Role
from hub.errors import NotAllowed
from hub.web.guard import log_refusal

KEY: Final = "x-roles"
"""Where a route's roles stand in OpenAPI."""
EVERYBODY: Final = "everybody"


def allow(*roles: Role) -> dict[str, Any]:
    """`openapi_extra` of a route for these roles."""
    return {KEY: list(roles), "security": [{"bearer": []}, {"cookie": []}]}


def allow_all() -> dict[str, Any]:
    """`openapi_extra` of a route for every role."""
    return allow(*ROLES)


def allow_everybody() -> dict[str, Any]:
    """`openapi_extra` of a route that needs no token; the guard must know its path too."""
    return {KEY: EVERYBODY, "security": []}


def principal(request: Request) -> Principal:
    """Whose request it is."""
    who: Principal = request.scope["principal"]
    return who


class Guarded(APIRoute):
    """A route that looks at the role before anything of the request is parsed."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, behind the check."""
        handler = super().get_route_handler()
        declared = (self.openapi_extra or {})[KEY]
        if declared == EVERYBODY:
            return handler
        roles = frozenset(declared)

        async def guarded(request: Request) -> Response:
            who = principal(request)
            if who.role not in roles:
                log_refusal(request.scope, "role", name=who.name, role=who.role)
                raise NotAllowed(who.role, roles)
            return await handler(request)

        return guarded
