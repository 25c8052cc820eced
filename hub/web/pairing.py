"""`POST /pair`: a code becomes a cookie."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from fastapi import APIRouter, Request, Response

from hub import wire
from hub.clock import SystemClock
from hub.errors import NoToken
from hub.web.attempts import Attempts
from hub.web.guard import COOKIE, log_refusal
from hub.web.roles import allow_everybody
from hub.web.services import Services

COOKIE_LIFE_S: Final = 400 * 86400  # the longest that browsers keep one (RFC 6265bis, 5.5)

_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["code"],
                    "properties": {"code": {"type": "string", "description": "配对码 (pairing code)"}},
                }
            }
        },
    }
}


def add_routes(api: APIRouter, services: Services) -> None:
    """Add `/pair`."""
    attempts = Attempts(SystemClock().mono_ns)

    @api.post(
        f"{wire.API}/pair",
        status_code=204,
        summary="用配对码配对本页，得到 cookie (pair this page; sets the cookie)",
        tags=["配对 pairing"],
        openapi_extra=allow_everybody() | _BODY,
    )
    async def pair(request: Request) -> Response:
        guesser = request.client.host if request.client else ""
        attempts.check(guesser)
        try:
            token = await services.access.pair(_code(await request.body()))
        except NoToken:
            attempts.failed(guesser)
            log_refusal(request.scope, "pairing code")
            raise
        answer = Response(status_code=204)
        secure = request.url.scheme == "https"
        answer.set_cookie(COOKIE, token, COOKIE_LIFE_S, httponly=True, samesite="strict", secure=secure)
        return answer


def _code(body: bytes) -> str:
    """The code, "" where there is none: a missing one is as good as a wrong one."""
    try:
        said = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return ""
    code = said.get("code") if isinstance(said, dict) else None
    return code if isinstance(code, str) else ""
