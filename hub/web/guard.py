"""What stands before everything else: tokens, size limits, security headers, and the last word on errors.

Tokens are checked here, before path, query and body are parsed; whether the role is enough is the route's to say
(`hub.web.roles`).
"""

from __future__ import annotations

from typing import Any, Final

import structlog
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.access import Access
from hub.errors import NoToken, StorageFull
from hub.web.problems import ProblemResponse, problem_of

COOKIE: Final = "hallhub"
"""Holds the token that pairing made."""
BODY_MOST: Final = 64 * 1024
TABLE_MOST: Final = 8 * 1024 * 1024
"""Of a table that is imported: some 80,000 rows."""
_TABLES: Final = frozenset({"/api/v1/cases/import"})

_OPEN: Final = frozenset({"/", "/healthz", "/readyz", "/openapi.json", "/docs", "/api/v1/pair", "/favicon.ico"})
_OPEN_BELOW: Final = ("/r/", "/kiosk", "/wall", "/notice", "/caller", "/inspector", "/citizen/", "/static/")
_PAGES_CSP: Final = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'"
_FOR_EVER: Final = "public, max-age=31536000, immutable"

_log = structlog.get_logger(__name__)


def is_open(path: str) -> bool:
    """Whether anybody may ask for it (interfaces.md, "Open to all")."""
    return path in _OPEN or path.startswith(_OPEN_BELOW)


def token_of(scope: Scope) -> str | None:
    """The token that a request carries: `Authorization: Bearer`, else the pairing cookie."""
    cookie: str | None = None
    for name, value in scope["headers"]:
        if name == b"authorization":
            kind, _, token = value.decode("latin-1").partition(" ")
            return token.strip() if kind.lower() == "bearer" else ""
        if name == b"cookie" and cookie is None:
            cookie = _in_cookie(value.decode("latin-1"))
    return cookie


class Guard:
    """ASGI middleware around the whole app."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it with a problem."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(scope["path"], send)
        refusal = await self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, answer)
            return
        try:
            await self._app(scope, _limited(scope, receive), answer)
        except Exception:  # the top of a request: nothing may reach the client but a problem body
            _log.exception("request.failed", method=scope["method"], path=_shown(scope["path"]))
            if answer.started:
                raise
            await ProblemResponse(500, "internal")(scope, receive, answer)

    async def _refusal(self, scope: Scope) -> ProblemResponse | None:
        if not is_open(scope["path"]):
            token = token_of(scope)
            who = None
            if token:
                try:
                    who = self._access.cached(token) or await self._access.find(token)
                except StorageFull as error:
                    return problem_of(error)
            if who is None:
                log_refusal(scope, "unknown token" if token else "no token")
                return problem_of(NoToken())
            scope["principal"] = who
        for name, value in scope["headers"]:
            if name == b"content-length" and (not value.isdigit() or len(value) > 9 or int(value) > _most(scope)):
                return ProblemResponse(413, "too_large")
        return None


def log_refusal(scope: Scope, why: str, **more: Any) -> None:  # noqa: ANN401 - whatever belongs in the line
    """Say in the log who was refused what; never the token."""
    client = scope.get("client")
    path = _shown(scope["path"])
    _log.warning(
        "auth.refused", why=why, method=scope.get("method", "GET"), path=path, client=client and client[0], **more
    )


class _Answer:
    """`send` that adds the security headers."""

    __slots__ = ("_path", "_send", "started")

    def __init__(self, path: str, send: Send) -> None:
        self._path = path
        self._send = send
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            _add_headers(message, self._path)
        await self._send(message)


def _add_headers(message: Message, path: str) -> None:
    headers = message["headers"] = list(message.get("headers", ()))
    headers += _SECURITY
    if path.startswith("/api/"):
        headers.append((b"cache-control", b"no-store"))
    else:
        MutableHeaders(raw=headers).setdefault("cache-control", _FOR_EVER if path.endswith(".woff2") else "no-cache")


_SECURITY: Final = [
    (b"content-security-policy", _PAGES_CSP.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),  # the address of a citizen's page is its key
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
]


def _most(scope: Scope) -> int:
    """How many bytes a body may have."""
    return TABLE_MOST if scope["path"] in _TABLES else BODY_MOST


def _limited(scope: Scope, receive: Receive) -> Receive:
    """`receive` for bodies that don't say how long they are."""
    if any(name == b"content-length" for name, _ in scope["headers"]):
        return receive
    taken, most = 0, _most(scope)

    async def limited() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > most:
            raise HTTPException(413)
        return message

    return limited


def _in_cookie(header: str) -> str | None:
    for part in header.split(";"):
        name, _, value = part.strip().partition("=")
        if name == COOKIE:
            return value
    return None


def _shown(path: str) -> str:
    """A path for the log: the code of a citizen's link is a secret."""
    return "/r/…" if path.startswith("/r/") else path
