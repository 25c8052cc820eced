"""What goes wrong, in one line: what, where, what to do (interfaces.md)."""

from __future__ import annotations

import re
import traceback
from pathlib import Path
from typing import Final

from sqlalchemy.exc import DBAPIError

from hub.errors import HallhubError, explained

FAILED: Final = 1
MISUSED: Final = 2
_USAGE: Final = {
    r"No such command ('.*?')\.": "没有这个命令：{0}",
    r"No such option: (\S+)": "没有这个选项：{0}",
    r"Missing (?:option|parameter) (.+?)\.": "缺少选项：{0}",
    r"Missing argument (.+?)\.": "缺少参数：{0}",
    r"Got unexpected extra arguments? ?\(?s?\)? ?\((.*)\)": "多余的参数：{0}",
    r"Option (\S+) requires an argument": "选项 {0} 后面缺少值",
    r"Option (\S+) does not take a value": "选项 {0} 不带值",
    r"Invalid value for (\S+): Input should be less than or equal to (\S+)": "选项 {0} 取值有误：不得大于 {1}",
    r"Invalid value for (\S+): Input should be greater than or equal to (\S+)": "选项 {0} 取值有误：不得小于 {1}",
    r"Invalid value for (\S+): .*valid integer": "选项 {0} 取值有误：应为整数",
    r"Invalid value for (\S+): .*valid number": "选项 {0} 取值有误：应为数",
    r"Invalid value for (\S+): ": "选项 {0} 取值有误",
}
"""What is wrong with a command line, by typer's words."""
_NEAREST: Final = re.compile(r"(?:Did you mean|Possible options:) ([^?)]+)")


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
    command = context.command_path if context is not None else "hallhub"
    return [f"{_in_chinese(message)}；用法见 {command} --help ({message})"], MISUSED


def _in_chinese(message: str) -> str:
    found = ((re.match(words, message), said) for words, said in _USAGE.items())
    what = next((said.format(*match.groups()) for match, said in found if match), "用法有误")
    near = _NEAREST.search(message)
    return f"{what}（是不是 {near.group(1)}？）" if near else what


def _line(text: str) -> str:
    return " ".join(text.split())


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
