"""What the TOML parser finds wrong, said to people: the place, the meaning, the likely slip."""

from __future__ import annotations

import re
from typing import Final

from hub.errors import Problem

_PLACE: Final = re.compile(r" ?\(at (?:line (\d+), column (\d+)|end of document)\)$")
_MEANINGS: Final = {
    "Invalid value": "值的写法不对；文字要放在英文双引号中",
    "Invalid statement": "这一行不是“键 = 值”，也不是 [表]",
    "Invalid initial character for a key": "键或表名的写法不对",
    "Expected '=' after a key": "键的后面缺少等号",
    "Expected ']": "表名的方括号没有写完",
    "Expected newline or end of document": "值的后面有多余的字",
    "Cannot overwrite a value": "同一个键写了两次",
    "Duplicate inline table key": "同一个键写了两次",
    "twice": "同一个表写了两次",
    "Cannot redefine": "同一个表写了两次",
    "Cannot mutate immutable namespace": "同一个表写了两次",
    "Unclosed array": "列表的方括号没有写完",
    "Unclosed inline table": "花括号没有写完",
    "Illegal character '\\n'": "文字没有写完，缺少英文双引号",
    "Unterminated string": "文字没有写完，缺少英文双引号",
    "Expected '\"": "文字没有写完，缺少英文双引号",
    "Unescaped '\\'": "双引号中的反斜杠要写两个，或改用英文单引号",
    "Invalid hex value": "反斜杠后面的字符代码不对",
    "Invalid date": "没有这个日期或时间",
}
"""By words of the parser, which are not the same in each version of Python."""
_WIDE: Final = "“”‘’＂＇＝［］｛｝，、：＃"  # noqa: RUF001 - these are meant
"""Marks of a Chinese keyboard where TOML wants those of ASCII."""


def bad_syntax(message: str, text: str, file: str) -> Problem:
    """Say what is wrong with the text that the parser refused with `message`."""
    place = _PLACE.search(message)
    where, line = "", ""
    if place:
        row, column = place.groups()
        where = f"第 {row} 行第 {column} 列 (line {row}, column {column})" if row else "文件末尾 (end of file)"
        line = text.split("\n")[int(row) - 1] if row else text.rstrip().rpartition("\n")[2]
    said = _PLACE.sub("", message)
    meaning = next((meaning for words, meaning in _MEANINGS.items() if words in said), "写法有误")
    return Problem(file, where, "正确的 TOML (valid TOML)", f"{meaning}{_hint(line)} ({said})")


def _hint(line: str) -> str:
    """Name the Chinese marks of the line that are not inside of texts or a comment."""
    bare = re.sub(r'"[^"]*"|\'[^\']*\'|#.*', "", line)
    wide = "".join(dict.fromkeys(mark for mark in bare if mark in _WIDE))
    return f"；这一行有中文标点 {wide}，请改用英文标点" if wide else ""
