"""Which characters a printer's ROM holds, and text made harmless for it.

Chinese printers hold GB2312, GBK or GB18030. Single bytes are printed 12 dots wide, all others from the Chinese font,
24 dots wide: punctuation such as `·` too, whatever Unicode says of its width.
"""

from __future__ import annotations

import unicodedata

from drivers.printer.protocols.profile import Charset

BOX = "□"
"""Stands for a character that can't be printed; GB2312 A1F5, so every printer has it."""

# GB18030-2000, four-byte part: what a printer's ROM holds of it is CJK Extension A, 8139EE39 to 82358738.
_EXTENSION_A = range(0x3400, 0x4DB6)
_VARIATION_SELECTORS = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))


def clean(text: str) -> str:
    """Composed text without control, format and surrogate characters: nothing in it can be a printer command."""
    return "".join(map(_harmless, unicodedata.normalize("NFC", text)))


def _harmless(char: str) -> str:
    if char == "\u3000":
        return char
    match unicodedata.category(char):
        case "Zs" | "Zl" | "Zp":
            return " "
        case "Cc":
            return " " if char in "\t\n\r\v\f\x85" else ""
        case "Cf" | "Cs":
            return ""
    return "" if any(ord(char) in selectors for selectors in _VARIATION_SELECTORS) else char


def cells(char: str) -> int:
    """Columns that a clean character takes at size 1."""
    if char.isascii():
        return 1
    return 0 if unicodedata.category(char) in {"Mn", "Me"} else 2


def code(char: str, charset: Charset) -> bytes | None:
    """The printer's code of a clean character; None where its ROM lacks the character."""
    if char.isascii():
        return char.encode("ascii")
    if unicodedata.category(char) == "Co":  # GB18030 has codes for private characters, a ROM has no shapes
        return None
    if charset == "gb18030":
        raw = char.encode("gb18030")
        return raw if len(raw) == 2 or ord(char) in _EXTENSION_A else None
    raw = char.encode("gbk", "ignore")
    return raw if raw and (charset == "gbk" or _in_gb2312(raw)) else None


def _in_gb2312(raw: bytes) -> bool:
    """Whether GB2312 has this code; its code table and GBK's name two of the codes (A1A4, A1AA) differently."""
    try:
        raw.decode("gb2312")
    except UnicodeDecodeError:
        return False
    return True


def lines(text: str, columns: int) -> list[str]:
    """Break clean text at the paper's edge; at least one line."""
    broken = [""]
    used = 0
    for char in text:
        width = cells(char)
        if used + width > columns and used:
            broken.append("")
            used = 0
        broken[-1] += char
        used += width
    return broken
