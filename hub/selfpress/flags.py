"""A suspicion as the detector states it: counts that a manager can check, never a probability of guilt."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from hub.selfpress.patterns import WATCHES
from hub.selfpress.reading import Id

VERSION: Final = "selfpress-4"


class Row(msgspec.Struct, frozen=True):
    """One comparison: k of n by the clerk, the others' share (or number a day), and the same in words."""

    about: str
    k: int
    n: int
    share: float  # of the hall's others; NaN-free: -1 where there are none
    zh: str
    en: str


class Suspect(msgspec.Struct, frozen=True):
    """One press that the pattern is about."""

    press: Id
    t: float  # ms since the first day's midnight
    window: Id
    ticket: Id | None
    level: int  # counted from the lowest: `Flag.scale` has what each stands for
    delay_s: float | None  # from the finish; negative before it; None without a visit
    score: float
    other: int | None = None  # the level by phone, where it contradicts the press


class Delays(msgspec.Struct, frozen=True):
    """How long after the finish presses came, for the picture: shares by bin of equal width in log seconds."""

    first_s: float
    log_width: float
    clerk: list[float]
    hall: list[float]
    band_s: tuple[float, float] | None  # what the pattern is about


class Undone(msgspec.Struct, frozen=True):
    """One visit that a watch is about: finished without an invite, booked as missed, or with its keypad away."""

    t: float  # of its end, ms since the first day's midnight
    window: Id
    ticket: Id
    served_s: float | None  # from the citizen's arrival, or the call, to the end; None where neither was seen


class Week(msgspec.Struct, frozen=True):
    """Five days with events: k of n by the clerk, and the share of the hall's others, -1 where there are none."""

    day: int  # the first
    k: int
    n: int
    share: float


class Flag(msgspec.Struct, frozen=True):
    """One clerk's evidence when it first reached 1000 : 1.

    A watch on what was left undone is one too, of tier B: it names visits and no presses, and is about no press made in
    a citizen's place.
    """

    clerk: Id
    t: float  # ms since the first day's midnight
    tier: str
    pattern: str
    log10_lr: float
    also: dict[str, float]  # other patterns that speak against the clerk, log10
    since_day: int
    rows: list[Row]
    suspects: list[Suspect]
    calls: int  # answered call-backs that would settle it
    delays: Delays
    clerks: int  # weighed in this hall, for e-BH
    version: str
    input_hash: str  # SHA-256 over the events up to t
    first_day: str | None = None
    habits: tuple[str, ...] = ()
    new_hall: bool = False  # what is normal rests mostly on shipped values
    visits: list[Undone] = []  # of a watch, the latest first
    weeks: list[Week] = []  # of the quarter, where shares by week tell more than delays
    scale: tuple[
        int, ...
    ] = ()  # the hall's levels, lowest first, on the glossary's 1–5; empty where only their order is known

    def level(self, rank: int) -> int | None:
        """The glossary's level of a press, where it is known."""
        return self.scale[rank - 1] if 0 < rank <= len(self.scale) else None

    @property
    def is_watch(self) -> bool:
        """Whether it is about the clerk's handling of visits, and about no press."""
        return self.pattern in WATCHES

    @property
    def is_undone(self) -> bool:
        """Whether it is a watch on what was left undone: all but declared assistance are."""
        return self.is_watch and self.pattern != "declared"

    def payload(self) -> dict[str, Any]:
        """The flag as JSON values."""
        return dict(msgspec.to_builtins(self))


def flag_of(payload: dict[str, Any]) -> Flag:
    """The flag again; msgspec.ValidationError if it is none."""
    return msgspec.convert(payload, Flag)


def ebh_levels(decades: Mapping[str, float], clerks: int) -> dict[str, float]:
    """The least share of false discoveries, at most 1, at which the e-BH procedure keeps each of these clerks.

    `decades`: the log10 evidence ratio of each clerk with a flag; `clerks`: how many were weighed, these among them, of
    whom the others count with a ratio of 1 (Wang & Ramdas 2022).
    """
    m = max(clerks, len(decades))
    order = sorted(decades, key=lambda clerk: -decades[clerk])
    levels: dict[str, float] = {}
    least = 1.0
    for rank in range(len(order), 0, -1):
        clerk = order[rank - 1]
        least = min(least, 10.0 ** (math.log10(m / rank) - decades[clerk]))
        levels[clerk] = least
    return levels
