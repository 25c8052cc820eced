"""What pydantic finds wrong, said to people: the key's path, what is expected there, what stands there."""

from __future__ import annotations

import json
from typing import Any, get_args, get_origin

from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from hub.config.checks import nearest
from hub.config.tables import HallConfig, Table
from hub.errors import Problem

_LONGEST = 60


def problem(fault: ErrorDetails, file: str) -> Problem:
    """Say one of pydantic's errors in the words of the configuration."""
    table, field, where = _walk(fault["loc"])
    if fault["type"] == "extra_forbidden":
        key = str(fault["loc"][-1])
        return Problem(
            file,
            where,
            f"有效的键 (valid keys)：{'、'.join(table.model_fields)}",
            f'"{key}"',
            nearest(key, table.model_fields),
        )
    expected = (field.description if field else None) or "表 (table)"
    if fault["type"] == "missing":
        return Problem(file, where, expected, "缺少 (missing)")
    return Problem(file, where, expected, "（不显示）" if field and not field.repr else _shown(fault["input"]))


def _walk(loc: tuple[int | str, ...]) -> tuple[type[Table], FieldInfo | None, str]:
    """Follow an error's place to its table, its field and its path, such as `windows[2].services[0]`."""
    table: type[Table] = HallConfig
    field: FieldInfo | None = None
    where = ""
    for step, part in enumerate(loc):
        if isinstance(part, int):
            where += f"[{part}]"
            continue
        where += f".{part}" if where else part
        field = table.model_fields.get(part)
        inner = _table_of(field.annotation) if field else None
        if inner is None:
            return table, field, where + _inside(field, loc[step + 1 :])
        table = inner
    return table, field, where


def _table_of(annotation: Any) -> type[Table] | None:  # noqa: ANN401 - any annotation of a field
    candidates = (annotation, *get_args(annotation))
    return next((each for each in candidates if isinstance(each, type) and issubclass(each, Table)), None)


def _inside(field: FieldInfo | None, rest: tuple[int | str, ...]) -> str:
    """Name the item of a list, or the key of a small table, that is wrong."""
    if field is None or not rest:
        return ""
    if _is_table_of_values(field.annotation):
        return f".{rest[0]}"
    return f"[{rest[0]}]" if isinstance(rest[0], int) else ""


def _is_table_of_values(annotation: Any) -> bool:  # noqa: ANN401 - any annotation of a field
    return get_origin(annotation) is dict or any(map(_is_table_of_values, get_args(annotation)))


def _shown(value: Any) -> str:  # noqa: ANN401 - TOML brings anything
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
