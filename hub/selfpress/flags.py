"""A suspicion as the detector states it: counts that a manager can check, never a probability of guilt."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from hub.selfpress.reading import Id

VERSION: Final = "selfpress-1"


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
    level: int
    delay_s: float | None  # from the finish; negative before it; None without a visit
    score: float


class Delays(msgspec.Struct, frozen=True):
    """How long after the finish presses came, for the picture: shares by bin of equal width in log seconds."""

    first_s: float
    log_width: float
    clerk: list[float]
    hall: list[float]
    band_s: tuple[float, float] | None  # what the pattern is about


class Flag(msgspec.Struct, frozen=True):
    """One clerk's evidence when it first reached 1000 : 1."""

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

    def payload(self) -> dict[str, Any]:
        """The flag as JSON values."""
        return dict(msgspec.to_builtins(self))


def flag_of(payload: dict[str, Any]) -> Flag:
    """The flag again; msgspec.ValidationError if it is none."""
    return msgspec.convert(payload, Flag)


class Watch(msgspec.Struct, frozen=True):
    """The other side: invites left out, visits booked as missed, keypads unplugged. Never a flag."""

    clerk: Id
    t: float
    watch: str
    log10_lr: float
    rows: list[Row]


def ebh(likelier: list[float], level: float = 0.05) -> list[bool]:
    """Which of a quarter's clerks the e-BH procedure keeps, at this share of false discoveries.

    `likelier` are the evidence ratios of all clerks weighed, flagged or not (Wang & Ramdas 2022).
    """
    m = len(likelier)
    order = sorted(range(m), key=lambda at: -likelier[at])
    kept = 0
    for rank, at in enumerate(order, 1):
        if likelier[at] >= m / (level * rank):
            kept = rank
    chosen = set(order[:kept])
    return [at in chosen for at in range(m)]
