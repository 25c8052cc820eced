r"""A sign's text as bytes that can only be shown, never obeyed.

A font card obeys codes within its text: `\C1` colour, `\FO001` font, `\T000` picture, `\D` clock, `\W` temperature,
`\n` new line, and `[n1]` `[g1]` `[h1]` for the voice (maker's protocol v1.4, §11.1). It has no escape for them, so what
begins a code is replaced by its full-width twin, which looks the same and does nothing.
"""

from __future__ import annotations

import re
from typing import Literal

Charset = Literal["gb2312", "gbk"]

MISSING = "〓"  # what Chinese print sets for a character that the font lacks (GB2312 A1FE)
NEW_LINE = b"\\n"  # §11.1, 6
COLOURS = {"red": b"\\C1", "green": b"\\C2", "yellow": b"\\C3"}  # §11.1, 3
_VOICE_CODE = re.compile(rb"\[[ngh].\]", re.IGNORECASE | re.DOTALL)
# GB2312 A1A4 and A1AA, which Python's codec gives to look-alikes; · stands in many minorities' names.
_LOOK_ALIKE = str.maketrans({"·": "・", "—": "―", "\u00a0": " ", "\t": " "})


def glyphs(text: str, charset: Charset) -> list[bytes]:
    """The text character by character: one byte is half a square wide, two bytes a whole one.

    Control and invisible characters are dropped; what the charset lacks becomes 〓.
    """
    plain = text.replace("\\", "＼").translate(_LOOK_ALIKE)  # noqa: RUF001 - full width is meant
    found = [_glyph(char, charset) for char in plain if char.isprintable() or char == "\u3000"]
    while code := _VOICE_CODE.search(b"".join(found)):  # in the bytes: some GBK characters end in 5B
        at = next(n for n in range(len(found)) if sum(map(len, found[: n + 1])) > code.start())
        found[at] = ("［" if found[at] == b"[" else MISSING).encode("gb2312")  # noqa: RUF001 - full width is meant
    return found


def _glyph(char: str, charset: Charset) -> bytes:
    code = char.encode(charset, errors="replace")
    # Some GBK characters end in 5C: a card that reads byte by byte would see a code begin.
    if (code == b"?" and char != "?") or b"\\" in code:
        return MISSING.encode("gb2312")
    return code
