"""ID numbers (公民身份号码) are never kept: whoever writes one into a text has it masked before it is stored.

Source: GB 11643-1999: six digits of the region, the birthday, three of a serial, and a check character (ISO 7064
MOD 11-2). Numbers that the check character doesn't fit are other numbers, of cases for one, and stay.
"""

from __future__ import annotations

import re
from typing import Final

_NUMBER: Final = re.compile(
    r"(?<![0-9A-Za-z])([1-9]\d{5})([ -]?)((?:18|19|20)\d{6})([ -]?)(\d{3}[\dXx])(?![0-9A-Za-z])"
)
_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS: Final = "10X98765432"


def masked(text: str) -> str:
    """The text with the birthday in every ID number hidden: 110105********002X."""
    return _NUMBER.sub(_mask, text)


def _mask(found: re.Match[str]) -> str:
    region, before, birthday, behind, serial = found.groups()
    digits = region + birthday + serial
    check = _CHECKS[sum(int(digit) * weight for digit, weight in zip(digits, _WEIGHTS, strict=False)) % 11]
    return f"{region}{before}********{behind}{serial}" if serial[-1].upper() == check else found.group()
