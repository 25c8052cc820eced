"""What a window's sign shows: from the window's state to a short sequence of texts that fit the sign.

A call flashes its number for three seconds, then stands still (as the halls' own displays did, and no more than WCAG
2.2.2 and 2.3.1 allow). Each step lasts a whole second: the cards take a new text no faster.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["closed", "idle", "called", "serving", "rating", "paused"]
Colour = Literal["red", "green", "yellow"]

CELL_PX = 8  # an ASCII character of the signs' 16-pixel fonts; a Chinese one takes two cells
LINE_PX = 16
FLASH_S = 1.0
# What flashes is on, off, on: two flashes in three seconds.
FLASHES = (True, False, True)


@dataclass(frozen=True, slots=True)
class SignView:
    """A window as its sign sees it."""

    window: int
    window_name: str
    state: State
    number: str | None = None
    """The printed number of the ticket called or served, such as A012."""
    size: tuple[int, int] = (64, 16)
    """Width and height of the sign in pixels."""


@dataclass(frozen=True, slots=True)
class SignStep:
    """One text of the sequence; the last one has no end and stands until the window's state changes."""

    text: str
    colour: Colour
    seconds: float | None = None


def steps(view: SignView) -> tuple[SignStep, ...]:
    """The texts to show, one after the other; a text with a line feed is meant for two lines.

    Where not even the shortest wording fits, the last text is longer than the sign: the driver moves it.
    """
    steady = SignStep(_best(_wordings(view), view.size), _COLOURS[view.state])
    number = _plain(view.number or "")
    if view.state != "called" or not number:
        return (steady,)
    flashing = tuple(SignStep(number if lit else "", steady.colour, FLASH_S) for lit in FLASHES)
    return (*flashing, steady)


def cells(text: str) -> int:
    """Width of one line on a sign: signs' fonts are half a square wide for ASCII and square for all else.

    Not `wcwidth`: GB2312 sets · and “ ” in whole squares, a terminal in halves.
    """
    return sum(1 if char.isascii() else 2 for char in text)


_COLOURS: dict[State, Colour] = {
    "closed": "red",
    "idle": "green",
    "called": "red",
    "serving": "yellow",
    "rating": "green",
    "paused": "red",
}


def _wordings(view: SignView) -> list[str]:
    """What could be said, the best first."""
    name = _plain(view.window_name)
    number = _plain(view.number or "")
    match view.state:
        case "closed":
            return [f"{name} 未开放", "未开放", "关"]
        case "idle":
            half = (len(name) + 1) // 2
            return [f"{name} 空闲", f"{name}\n空闲", name, f"{name[:half]}\n{name[half:]}", "空闲"]
        case "called":
            return _called(number, view.window)
        case "serving":
            return [f"{number} 办理中", f"{number}\n办理中", number or "办理中"]
        case "rating":
            return [f"{number} 请评价", f"{number}\n请评价", "请评价", "评价"]
    return [f"{name} 暂停服务", f"{name}\n暂停服务", "暂停服务", "暂停"]


def _called(number: str, window: int) -> list[str]:
    full = f"{number} 请到{window}号窗口"
    lines = f"{number}\n请到{window}号窗口"
    short_lines = f"{number}\n到{window}号窗"
    return [full, full.replace(" ", ""), lines, short_lines, number or f"请到{window}号窗口"]


def _best(wordings: list[str], size: tuple[int, int]) -> str:
    said = [wording.strip() for wording in wordings]
    return next((wording for wording in said if wording and _fits(wording, size)), said[-1])


def _fits(text: str, size: tuple[int, int]) -> bool:
    lines = text.split("\n")
    width, height = size
    return len(lines) * LINE_PX <= height and all(cells(line) * CELL_PX <= width for line in lines)


def _plain(text: str) -> str:
    """No control or invisible character: a name can't break lines or turn the writing round."""
    return "".join(char if char.isprintable() else " " if char.isspace() else "" for char in text).strip()
