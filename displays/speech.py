"""What the hall's loudspeaker says (叫号语), in Mandarin as it is read aloud."""

from __future__ import annotations

ONE_METRE_LINE = "请您在一米线外排队等候，谢谢配合。"
RECALL = "再次呼叫，"

_DIGITS = "零一二三四五六七八九"
_UNITS = ("", "十", "百", "千")


def announcement(number: str, window: int, *, recall: bool = False) -> str:
    """The call of a ticket to a window: 请A零一二号到三号窗口办理业务.

    The number is read digit by digit, its letters as they are; the window's number as one number.
    """
    call = f"请{ticket_aloud(number)}号到{count_aloud(window)}号窗口办理业务"
    return RECALL + call if recall else call


def ticket_aloud(number: str) -> str:
    """Letters in capitals and each digit by its name; anything else is left out, for a voice would stumble on it."""
    return "".join(_aloud(char) for char in number)


def count_aloud(number: int) -> str:
    """A whole number from 0 to 9999 as a cardinal: 12 is 十二, 20 二十, 105 一百零五, 110 一百一十."""
    if not 0 <= number <= 9999:
        raise ValueError(f"number to read aloud: expected 0 to 9999, got {number}")
    if number == 0:
        return _DIGITS[0]
    digits = [int(digit) for digit in str(number)]
    spoken = ""
    for place, digit in zip(range(len(digits) - 1, -1, -1), digits, strict=True):
        if digit:
            spoken += _DIGITS[digit] + _UNITS[place]
        elif not spoken.endswith(_DIGITS[0]):
            spoken += _DIGITS[0]
    spoken = spoken.rstrip(_DIGITS[0])
    return spoken.removeprefix("一") if 10 <= number < 20 else spoken


def _aloud(char: str) -> str:
    if char.isascii() and char.isdigit():
        return _DIGITS[int(char)]
    return char.upper() if char.isascii() and char.isalpha() else ""
