"""Errors as RFC 9457 problem bodies: a sentence for people, a code for programs, never a traceback."""

from __future__ import annotations

import re
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
    WrongCode,
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
_CODES: Final = {413: "too_large"}
_FAULTS: Mapping[str, str] = {
    "missing": "缺少 (missing)",
    "json_invalid": "不是正确的 JSON (invalid JSON)",
    "extra_forbidden": "不认识的参数 (unknown)",
    "int_parsing": "应为整数 (integer)",
    "int_type": "应为整数 (integer)",
    "int_from_float": "应为整数 (integer)",
    "string_type": "应为文字 (text)",
    "list_type": "应为列表 (list)",
    "model_type": "应为 JSON 对象 (object)",
    "model_attributes_type": "应为 JSON 对象 (object)",
    "dict_type": "应为 JSON 对象 (object)",
    "string_too_short": "至少 {min_length} 个字 (characters at least)",
    "string_too_long": "至多 {max_length} 个字 (characters at most)",
    "too_short": "至少 {min_length} 项 (items at least)",
    "too_long": "至多 {max_length} 项 (items at most)",
    "greater_than_equal": "不得小于 {ge} (at least)",
    "less_than_equal": "不得大于 {le} (at most)",
    "literal_error": "应为下列之一 (one of)：{expected}",
    "string_pattern_mismatch": "格式不对，应符合 (should match) {pattern}",
    "value_error": "{error}",
}
"""By pydantic's types of errors; in braces what it tells beside them."""
_NO_TIME: Final = "应为日期或时间，如 2026-10-08 或 2026-10-08T09:00:00+08:00 (date or time)"
_TIMES: Final = ("date_", "datetime_", "timezone_")
_UNNAMED: Final = re.compile(r"[\[(]|^constrained-")
"""Of a fault's place: the variants of a value that may be one of several, by pydantic's names for them."""


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
    (WrongCode, _Kind(403, "wrong_rating_code")),
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
    where = ".".join(str(part) for part in fault["loc"] if isinstance(part, int) or not _UNNAMED.search(part))
    return wire.FieldProblem(where, _said(fault))


def _said(fault: Mapping[str, Any]) -> str:
    """What is wrong, in pydantic's own words only where ours are missing."""
    if fault["type"].startswith(_TIMES):
        return _NO_TIME
    words = _FAULTS.get(fault["type"])
    return words.format_map(fault.get("ctx", {})) if words else fault["msg"]


async def _http_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = _CODES.get(error.status_code) or HTTPStatus(error.status_code).name.lower()
    return ProblemResponse(error.status_code, code, headers=error.headers)
