"""Figures folded from the hall's facts: what the screen shows and what the summary says."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, get_args

from hub.demo.town import Town
from hub.domain import events as e
from hub.domain.model import Disposition

LEVELS: Final = (5, 4, 3, 2, 1)
DISPOSITIONS: Final[tuple[Disposition, ...]] = get_args(Disposition)


@dataclass(slots=True)
class Row:
    """One clerk at one window."""

    finished: int = 0
    rated: int = 0
    levels: Counter[int] = field(default_factory=Counter)
    presses: Counter[str] = field(default_factory=Counter)
    """By disposition."""


@dataclass(slots=True)
class Books:
    """Sums over all facts that were added."""

    issued: int = 0
    missed: int = 0
    returned: int = 0
    finished: int = 0
    rated: int = 0
    by_phone: int = 0
    presses: int = 0
    called: int = 0
    waited_ms: int = 0
    """Of the first call of each ticket."""
    facts: int = 0
    repeated_numbers: list[str] = field(default_factory=list)
    rows: dict[tuple[int, str], Row] = field(default_factory=dict)
    _numbers: set[tuple[str, str]] = field(default_factory=set)
    _day: str = ""
    _waiting_since_ms: dict[str, int] = field(default_factory=dict)
    _clerks: dict[int, str] = field(default_factory=dict)

    @property
    def rated_percent(self) -> str:
        """Share of the finished visits that were rated."""
        return percent(self.rated, self.finished)

    @property
    def wait_min(self) -> int:
        """Mean wait until the call, whole minutes."""
        return self.waited_ms // self.called // 60_000 if self.called else 0

    def row(self, window: int, clerk: str) -> Row:
        """The row of a clerk at a window."""
        return self.rows.setdefault((window, clerk), Row())

    def add_all(self, batch: Iterable[e.Recorded]) -> None:
        """Fold facts in their order."""
        for recorded in batch:
            self.add(recorded)

    def add(self, recorded: e.Recorded) -> None:
        """Fold one fact."""
        self.facts += 1
        match recorded.fact:
            case e.TicketIssued() as fact:
                self._add_ticket(fact, recorded.stamp.wall_ms)
            case e.TicketCalled() as fact:
                self._add_call(fact, recorded.stamp.wall_ms)
            case e.TicketMissed():
                self.missed += 1
            case e.TicketReturned():
                self.returned += 1
            case e.TicketFinished() as fact:
                self.finished += 1
                self.row(fact.window, fact.clerk).finished += 1
            case e.SignedOn() as fact:
                self._clerks[fact.window] = fact.clerk
            case e.KeyPressed() | e.RatingRecorded() | e.PressUnmatched() as fact:
                self._add_press(fact)

    def _add_call(self, fact: e.TicketCalled, at_ms: int) -> None:
        if (since_ms := self._waiting_since_ms.pop(fact.ticket, None)) is not None:
            self.called += 1
            self.waited_ms += at_ms - since_ms

    def _add_press(self, fact: e.KeyPressed | e.RatingRecorded | e.PressUnmatched) -> None:
        if isinstance(fact, e.KeyPressed):
            self.presses += 1
        elif isinstance(fact, e.RatingRecorded):
            self._add_rating(fact)
        elif fact.window is not None:
            self.row(fact.window, self._clerks.get(fact.window, "")).presses[fact.disposition] += 1

    def _add_ticket(self, fact: e.TicketIssued, at_ms: int) -> None:
        self.issued += 1
        self._waiting_since_ms[fact.ticket] = at_ms
        if fact.day != self._day:  # yesterday's can't come again
            self._day = fact.day
            self._numbers.clear()
        if (fact.day, fact.number) in self._numbers:
            self.repeated_numbers.append(f"{fact.day} {fact.number}")
        self._numbers.add((fact.day, fact.number))

    def _add_rating(self, fact: e.RatingRecorded) -> None:
        self.rated += 1
        row = self.row(fact.window, fact.clerk)
        row.rated += 1
        row.levels[fact.level] += 1
        if fact.source == "keypad":
            row.presses["rating"] += 1
        else:
            self.by_phone += 1


def percent(part: int, whole: int) -> str:
    """A share with two decimals, truncated; empty where there is no whole."""
    if not whole:
        return ""
    hundredths = part * 10_000 // whole
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def write_csv(books: Books, town: Town, path: Path) -> None:
    """One line a window and clerk (UTF-8 with BOM)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(
            [
                *("window", "name", "department", "clerk", "clerk_name", "finished", "rated", "rated_share"),
                *(f"level_{level}" for level in LEVELS),
                *DISPOSITIONS,
            ]
        )
        for (number, clerk), row in sorted(books.rows.items()):
            window = town.window(number)
            writer.writerow(
                [
                    *(number, window.name, window.department, clerk, town.clerk(clerk).name),
                    *(row.finished, row.rated, percent(row.rated, row.finished)),
                    *(row.levels[level] for level in LEVELS),
                    *(row.presses[disposition] for disposition in DISPOSITIONS),
                ]
            )
