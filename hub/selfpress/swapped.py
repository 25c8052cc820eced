"""Keypads plugged in at another window: their presses follow that window's visits."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

from hub.selfpress.binding import Press, Visit
from hub.selfpress.reading import Id

FEW: Final = 6  # presses of a window and day below which nothing is concluded
FITS: Final = 0.6  # share of presses right after another window's finishes, from which the keypad is there
BETTER: Final = 0.3
SOON_MS: Final = 30_000


def swapped(visits: Sequence[Visit], presses: Sequence[Press]) -> dict[Id, Id]:
    """From the window that a keypad says to the one at which it stands, for a day's keypads that are elsewhere."""
    finishes: dict[Id, list[float]] = {}
    for visit in visits:
        if visit.finished is not None:
            finishes.setdefault(visit.window, []).append(visit.finished)
    pressed: dict[Id, list[float]] = {}
    for press in presses:
        if not press.again:
            pressed.setdefault(press.window, []).append(press.t)
    moved = {}
    for window, times in pressed.items():
        if len(times) < FEW:
            continue
        own = _fit(times, finishes.get(window, []))
        if own + BETTER > 1:
            continue
        best, where = max(
            ((_fit(times, ends), str(other), other) for other, ends in finishes.items()), default=(0, "", 0)
        )[::2]
        if where != window and best >= max(FITS, own + BETTER):
            moved[window] = where
    return moved


def _fit(times: Sequence[float], finishes: list[float]) -> float:
    """The share of presses that came soon after a finish."""
    if not finishes:
        return 0.0
    soon = 0
    for t in times:
        at = bisect_right(finishes, t)
        soon += at > 0 and t - finishes[at - 1] <= SOON_MS
    return soon / len(times)
