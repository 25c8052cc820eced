"""What a card has in its RAM and what that shows at a given moment (devices.md §2.1 A3 06, §2.6)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from wcwidth import wcwidth

_CODE = re.compile(r"\\(C[0-9]|FO[0-9]{3})")
_COLOURS = {"C1": "red", "C2": "green", "C3": "yellow"}
_CELL_PX, _ROW_PX = 8, 16
"""A font card's ASCII cell; a hanzi is two cells wide and one row high."""
_LOOP, _HOLD, _BLANK_AFTER, _LOGO_AFTER, _ONCE, _TIMES = range(6)
_SCROLLING = frozenset({3, 4})


@dataclass(frozen=True, slots=True)
class Area:
    """One dynamic area, in pixels and seconds."""

    id: int
    x: int
    y: int
    width: int
    height: int
    run_mode: int
    timeout_s: int
    """As the host said it, in its own seconds; for run mode 5 read as the number of rounds (assumed)."""
    single_line: bool
    effect: int
    stay_s: float
    source: str
    """The text with its codes."""
    placed_at: float
    lasts_s: float
    """The time-out in device seconds; 0 for none."""

    @property
    def text(self) -> str:
        """The whole text, without codes."""
        return "\n".join(_lines(self.source))

    @property
    def colour(self) -> str:
        """The colour the text begins with; red where it names none."""
        leading = re.match(rf"(?:{_CODE.pattern})*", self.source)
        codes = [code for code in _CODE.findall(leading.group()) if code in _COLOURS] if leading else []
        return _COLOURS[codes[-1]] if codes else "red"

    @property
    def pages(self) -> list[str]:
        """The text as it fits: what is too long for the area goes on the next page, unless it scrolls sideways."""
        if self.effect in _SCROLLING:
            return [" ".join(_lines(self.source))]
        columns = max(1, self.width // _CELL_PX)
        rows = 1 if self.single_line else max(1, self.height // _ROW_PX)
        folded = [part for line in _lines(self.source) for part in _fold(line, columns)]
        return ["\n".join(folded[first : first + rows]) for first in range(0, len(folded), rows)] or [""]

    def page(self, at: float) -> str | None:
        """The page on display at that device second; None where the area has gone blank."""
        age_s, pages = at - self.placed_at, self.pages
        if self.run_mode in {_BLANK_AFTER, _LOGO_AFTER} and 0 < self.lasts_s <= age_s:
            return None
        turn = int(age_s / self.stay_s) if self.stay_s else 0
        rounds = {_ONCE: 1, _TIMES: max(1, self.timeout_s)}.get(self.run_mode)
        if rounds is not None and self.stay_s and turn >= rounds * len(pages):
            return None
        return pages[-1] if self.run_mode == _HOLD and turn >= len(pages) else pages[turn % len(pages)]

    def shows_logo(self, at: float) -> bool:
        """Whether the time is out and the card's logo stands in the area."""
        return self.run_mode == _LOGO_AFTER and 0 < self.lasts_s <= at - self.placed_at


@dataclass(frozen=True, slots=True)
class Shown:
    """A look at the sign."""

    text: str
    """The whole text of what is lit, areas from the top; empty for a blank sign."""
    page: str
    """The part of it that fits and is on display at this moment."""
    colour: str
    logo: bool = False

    @property
    def blank(self) -> bool:
        """Whether nothing is lit."""
        return not self.text and not self.logo


@dataclass(frozen=True, slots=True)
class Memory:
    """A card's state from one change to the next."""

    since: float
    program: str
    powered: bool = True
    level: int = 16
    areas: tuple[Area, ...] = ()
    cleared: bool = False

    def shown(self, at: float) -> Shown:
        """What this state shows at that device second."""
        if not self.powered or self.cleared:
            return Shown("", "", "red")
        if not self.areas:
            return Shown(self.program, self.program, "red")
        lit = [(area, page) for area in self.areas if (page := area.page(at)) is not None]
        lit.sort(key=lambda one: (one[0].y, one[0].x))
        return Shown(
            text="\n".join(area.text for area, _ in lit),
            page="\n".join(page for _, page in lit),
            colour=lit[0][0].colour if lit else "red",
            logo=any(area.shows_logo(at) for area in self.areas),
        )


def _lines(source: str) -> list[str]:
    return _CODE.sub("", source).split("\\n")


def _fold(line: str, columns: int) -> list[str]:
    """The line in pieces of at most so many cells, at least one piece."""
    pieces, width = [""], 0
    for char in line:
        cells = max(0, wcwidth(char))
        if width + cells > columns and pieces[-1]:
            pieces.append("")
            width = 0
        pieces[-1] += char
        width += cells
    return pieces
