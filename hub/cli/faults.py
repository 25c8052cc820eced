"""What goes wrong, in one line: what, where, what to do (interfaces.md)."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Final

from sqlalchemy.exc import DBAPIError

from hub.errors import HallhubError, explained

FAILED: Final = 1
MISUSED: Final = 2
_USAGE: Final = {
    "MissingParameter": "缺少参数",
    "BadParameter": "取值有误",
    "NoSuchOption": "没有这个选项",
    "BadOptionUsage": "选项用法有误",
}
"""By typer's names, which it keeps in a private module."""


def said(error: BaseException) -> tuple[list[str], int]:
    """The lines for stderr, one for each problem, and the exit code."""
    if isinstance(error, BaseExceptionGroup):
        return said(error.exceptions[0])
    if isinstance(error, HallhubError):
        return str(error).splitlines(), error.exit_code
    if hasattr(error, "format_message"):
        return _usage(error)
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        return [place + explained(error.strerror or str(error))], FAILED
    if isinstance(error, DBAPIError):
        return [f"数据库: {explained(_line(str(error.orig)))}"], FAILED
    return [f"程序有误，请将此行报告给维护者 (a bug): {_line(repr(error))}{_place(error)}"], FAILED


def is_bug(error: BaseException) -> bool:
    """Whether it is none of the things that may go wrong in a hall."""
    if isinstance(error, BaseExceptionGroup):
        return is_bug(error.exceptions[0])
    return not isinstance(error, HallhubError | OSError | DBAPIError) and not hasattr(error, "format_message")


def _usage(error: BaseException) -> tuple[list[str], int]:
    """A wrong command line, as typer found it; nothing is left to say where it has just shown the help."""
    message = _line(error.format_message())  # type: ignore[attr-defined]
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":
        return [], MISUSED
    what = _USAGE.get(type(error).__name__, "用法有误")
    command = context.command_path if context is not None else "hallhub"
    return [f"{what}：{message} 用法见 {command} --help (see)"], MISUSED


def _line(text: str) -> str:
    return " ".join(text.split())


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
