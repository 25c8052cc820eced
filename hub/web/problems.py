"""Errors as RFC 9457 problem bodies: a sentence for people, a code for programs, never a traceback."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from hub import wire
from hub.errors import (
    BadValue,
    Conflict,
    HallhubError,
    LogError,
    NotAllowed,
    NotFound,
    NoToken,
    StateForbids,
)

MEDIA_TYPE: Final = "application/problem+json"
RETRY_AFTER_S: Final = 5

_SENTENCES: Mapping[int, str] = {
    400: "请求无法识别 (bad request)",
    404: "没有这个地址 (no such address)",
    405: "此地址不支持这种请求方式 (method not allowed)",
    413: "请求内容过大 (too large)",
    415: "请求内容的格式不受支持 (unsupported media type)",
    429: "尝试次数过多，请稍后再试 (too many attempts)",
    500: "系统内部错误，已记录，请联系管理员 (internal error, logged)",
}
_FAULTS: Mapping[str, str] = {
    "missing": "缺少 (missing)",
    "json_invalid": "不是正确的 JSON (invalid JSON)",
    "extra_forbidden": "不认识的参数 (unknown)",
    "int_parsing": "应为整数 (integer)",
    "int_type": "应为整数 (integer)",
    "string_type": "应为文字 (text)",
}


@dataclass(frozen=True, slots=True)
class _Kind:
    status: int
    code: str


_KINDS: tuple[tuple[type[HallhubError], _Kind], ...] = (
    (NoToken, _Kind(401, "no_token")),
    (NotAllowed, _Kind(403, "not_allowed")),
    (NotFound, _Kind(404, "not_found")),
    (StateForbids, _Kind(409, "state_forbids")),
    (Conflict, _Kind(422, "conflict")),
    (BadValue, _Kind(422, "bad_value")),
    (LogError, _Kind(503, "storage")),
)


class ProblemResponse(Response):
    """One problem."""

    media_type = MEDIA_TYPE

    def __init__(
        self,
        status: int,
        code: str,
        detail: str = "",
        errors: Iterable[wire.FieldProblem] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        title = HTTPStatus(status).phrase
        body = wire.Problem("about:blank", title, status, detail or _SENTENCES.get(status, title), code, tuple(errors))
        super().__init__(msgspec.json.encode(body), status, headers)


def problem_of(error: HallhubError) -> ProblemResponse:
    """The problem that an error of the hub is to a client."""
    if isinstance(error, BadValue) and error.field == "pin":
        return ProblemResponse(403, "wrong_pin", "签到密码不对 (wrong PIN)")
    kind = next((kind for cls, kind in _KINDS if isinstance(error, cls)), None)
    if kind is None:
        return ProblemResponse(500, "internal")
    headers: dict[str, str] = {}
    if kind.status == HTTPStatus.UNAUTHORIZED:
        headers["www-authenticate"] = 'Bearer realm="hallhub"'
    if kind.status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["retry-after"] = str(RETRY_AFTER_S)
    return ProblemResponse(kind.status, kind.code, str(error), headers=headers)


def install(app: FastAPI) -> None:
    """Let every error of the app become a problem body."""
    app.add_exception_handler(HallhubError, _hub_error)
    app.add_exception_handler(RequestValidationError, _bad_request)
    app.add_exception_handler(HTTPException, _http_error)


async def _hub_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HallhubError)
    return problem_of(error)


async def _bad_request(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = [_field_problem(fault) for fault in error.errors()]
    detail = "；".join(f"{fault.where}：{fault.detail}" for fault in faults[:3])
    return ProblemResponse(422, "bad_value", f"提交的内容不对：{detail}", faults)


def _field_problem(fault: Mapping[str, Any]) -> wire.FieldProblem:
    where = ".".join(str(part) for part in fault["loc"])
    return wire.FieldProblem(where, _FAULTS.get(fault["type"], fault["msg"]))


async def _http_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = HTTPStatus(error.status_code).name.lower()
    return ProblemResponse(error.status_code, code, headers=error.headers)
