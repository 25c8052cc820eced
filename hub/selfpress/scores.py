"""How suspicious each press is: the weight of each pattern for its clerk, times the pattern's share of such presses.

Scores rank presses, for call-backs and for measuring the detector; they are no probabilities and never shown as such.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from hub.selfpress.baseline import quality_of
from hub.selfpress.binding import Place
from hub.selfpress.counts import BLOCK_DAYS, TICK_S, TICKS, Count, Ledger, Tagged, delay_bin
from hub.selfpress.likelihood import Array, expit
from hub.selfpress.patterns import PATTERNS, WEIGHT, Evidence
from hub.selfpress.weighing import Weigher

PRIOR_ODDS: Final = 0.03  # of a clerk pressing in citizens' places, before any evidence
_LEAST: Final = 1e-4  # weight of a pattern below which its presses are not looked at
_SMOOTH: Final = np.array([0.25, 0.5, 0.25])
_SURE: Final = 0.98
_NEARLY: Final = 0.95
_BEFORE_START: Final = 0.6  # a start is known to within a block
_STRAYS: Final = (Place.NOBODY, Place.DURING, Place.CLOSED)


class Scorer:
    """Scores presses by what was known at the end of a day."""

    def __init__(self, ledger: Ledger, weigher: Weigher, evidence: Evidence) -> None:
        odds = {
            code: np.exp(np.clip(values, -50, 50)) * PRIOR_ODDS * WEIGHT[code]
            for code, values in evidence.by_pattern.items()
        }
        whole = 1.0 + sum(odds.values())
        self._weights = {code: values / whole for code, values in odds.items()}
        self._evidence = evidence
        self._weigher = weigher
        self._block_of = {day: at // BLOCK_DAYS for at, day in enumerate(ledger.days)}
        self._known: dict[tuple[str, int], Callable[[_Columns], Array]] = {}

    def scores(self, clerk: int, tags: Sequence[Tagged]) -> Array:
        """0..1 for each of a clerk's presses."""
        total = np.zeros(len(tags))
        columns: _Columns | None = None
        for pattern in PATTERNS:
            weights = self._weights[pattern.code]
            if clerk < len(weights) and weights[clerk] >= _LEAST:
                columns = columns or _Columns(tags, self._block_of)
                total += weights[clerk] * self._share(pattern.code, clerk, columns)
        return total

    def shares(self, code: str, clerk: int, tags: Sequence[Tagged]) -> Array:
        """The share of presses like each one that would be the clerk's, if the clerk follows the pattern."""
        return self._share(code, clerk, _Columns(tags, self._block_of))

    def _share(self, code: str, clerk: int, columns: _Columns) -> Array:
        key = (code, clerk)
        if key not in self._known:
            start = int(self._evidence.best_start[code][clerk])
            self._known[key] = _rule(code, _Excess(self._weigher, clerk, start))
        start = int(self._evidence.best_start[code][clerk])
        since = np.where(columns.block >= start, 1.0, np.where(columns.block == start - 1, _BEFORE_START, 0.0))
        return np.where(columns.top, self._known[key](columns) * since, 0.0)


class _Columns:
    """Presses as arrays."""

    def __init__(self, tags: Sequence[Tagged], block_of: dict[int, int]) -> None:
        self.top = np.array([tag.top for tag in tags], bool)
        self.block = np.array([block_of.get(tag.day, len(block_of)) for tag in tags])
        self.place = np.array([tag.place for tag in tags])
        self.first = np.array([tag.first for tag in tags], bool)
        self.delay = np.array([tag.delay_s for tag in tags])
        self.raised, self.answered, self.short, self.ending = (
            np.array([getattr(tag, name) for tag in tags], bool) for name in ("raised", "answered", "short", "ending")
        )
        self.timed = self.first & (self.place == Place.AFTER)


def _rule(code: str, excess: _Excess) -> Callable[[_Columns], Array]:  # noqa: C901, PLR0911 - a rule a pattern
    """How a pattern's share depends on the press."""
    match code:
        case "closed":
            return lambda c: np.where(c.place == Place.CLOSED, _SURE, 0.0)
        case "nobody":
            stray = excess.strays()
            return lambda c: np.where(c.place == Place.CLOSED, _SURE, np.where(np.isin(c.place, _STRAYS), stray, 0.0))
        case "before":
            before = excess.share(Count.BEFORE, Count.BEFORE_TOP, Count.RATED)
            return lambda c: np.where(c.first & (c.place == Place.BEFORE), before, 0.0)
        case "late":
            late = excess.share(Count.LATE, Count.LATE_TOP, Count.VISITS)
            return lambda c: np.where(c.place == Place.LATE, late, 0.0)
        case "repeated":
            again = excess.share(Count.REPEATED, Count.REPEATED_TOP, Count.RATED)
            return lambda c: np.where(c.raised, _NEARLY, np.where(~c.first & (c.place == Place.AFTER), again, 0.0))
        case "ending":
            ending = excess.share(Count.ENDING, Count.ENDING_TOP, Count.RATED)
            return lambda c: np.where(c.first & c.ending, ending, 0.0)
        case "raised":
            return lambda c: np.where(c.raised, _NEARLY, 0.0)
        case "answered":  # the citizen did not always answer
            early = excess.early()
            return lambda c: np.where(c.answered, _NEARLY, np.where(c.timed, early[_bin(c)], 0.0))
        case "short":
            return lambda c: np.where(c.short, _NEARLY, 0.0)
        case "robot":
            ticks = np.append(excess.ticks(), 0.0)
            return lambda c: np.where(c.timed, ticks[_tick(c.delay)], 0.0)
        case "fast" | "middle" | "after" | "next_call":
            bins = excess.delays()
            return lambda c: np.where(c.timed, bins[_bin(c)], 0.0)
        case "rate" | "no_bad":
            rated = excess.rated()
            return lambda c: np.where(c.first, rated, 0.0)
    return lambda c: np.zeros(len(c.top))


def _bin(columns: _Columns) -> Array:
    return delay_bin(np.nan_to_num(columns.delay))


def _tick(delay_s: Array) -> Array:
    """The tick of each delay; TICKS where it has none."""
    tick = np.floor(np.nan_to_num(delay_s, nan=-1.0) / TICK_S).astype(int)
    result: Array = np.where((tick >= 0) & (tick < TICKS), tick, TICKS)
    return result


class _Excess:
    """What a clerk has too much of since a start, as shares of what there is."""

    def __init__(self, weigher: Weigher, clerk: int, start: int) -> None:
        self.weigher = weigher
        self.clerk = clerk
        self.start = start

    def _sum(self, count: int) -> float:
        return float(self.weigher.table[self.clerk, self.start :, count].sum())

    def _quality(self) -> float:
        """The clerk's own share of top presses."""
        table = self.weigher.table[self.clerk]
        return quality_of(table[:, Count.RATED_TOP].sum(), table[:, Count.RATED].sum(), self.weigher.quality)

    def share(self, k: Count, top: Count, n: Count) -> float:
        """Of a cell's top presses, against the hall's share of the cell."""
        table = self.weigher.table
        hall = float(np.median(table[:, :, k].sum(1) / np.maximum(table[:, :, n].sum(1), 1)))
        expected = self._sum(n) * hall * self._quality()
        return float(np.clip(1 - expected / max(self._sum(top), 1e-9), 0, _SURE))

    def strays(self) -> float:
        """Of the top presses without a visit, against the hall's a day."""
        table = self.weigher.table
        tops = [count + 1 for count in (Count.NOBODY, Count.DURING, Count.CLOSED)]
        a_day = table[:, :, tops].sum((1, 2)) / np.maximum(table[:, :, Count.DAYS].sum(1), 1)
        expected = float(np.median(a_day)) * self._sum(Count.DAYS)
        return float(np.clip(1 - expected / max(sum(self._sum(top) for top in tops), 1e-9), 0, _SURE))

    def rated(self) -> float:
        """Of all ratings, by how many more are rated than this clerk's past and the hall let expect."""
        at = int(np.abs(self.weigher.spans.starts - self.start).argmin())
        expected = float(expit(self.weigher.rate_mean[self.clerk, at]))
        seen = self._sum(Count.RATED) / max(self._sum(Count.VISITS), 1)
        return float(np.clip(1 - expected / max(seen, 1e-9), 0, 0.9))

    def delays(self) -> Array:
        """By delay bin, of top presses: against the hall's delays at this clerk's pace."""
        weigher = self.weigher
        mine = weigher.delays[self.clerk, self.start :].sum(0)
        shape = hall_delays(weigher, self.clerk)
        honest = mine[:, 0].sum() * (1 - self._surplus(mine, shape))
        expected = np.convolve(honest * shape * self._quality(), _SMOOTH, "same") + 0.05
        seen = np.convolve(mine[:, 1], _SMOOTH, "same") + 1e-9
        return np.clip(1 - expected / seen, 0, _SURE)

    def early(self) -> Array:
        """The same, for presses that came sooner than most."""
        soon = np.cumsum(hall_delays(self.weigher, self.clerk)) < 0.2
        return np.where(soon, self.delays(), 0.0)

    @staticmethod
    def _surplus(mine: Array, shape: Array) -> float:
        """Share of presses that the hall's shape leaves over, where it is clearly exceeded."""
        n = mine[:, 0].sum()
        over = mine[:, 0] - n * shape
        clear = over > 2 * np.sqrt(n * shape + 1)
        return float(np.clip(over[clear].sum() / max(n, 1), 0, 0.9))

    def ticks(self) -> Array:
        """By tick, of top presses: against the ticks around."""
        mine = self.weigher.ticks[self.clerk, self.start :, :, 0].sum(0).astype(float)
        near, wide = np.convolve(mine, np.ones(3), "same"), np.convolve(mine, np.ones(31), "same")
        around = (wide - np.convolve(mine, np.ones(7), "same")) / 24 * 3 + 0.2
        return np.where(near > 2 * around, np.clip(1 - around / np.maximum(near, 1e-9), 0, _SURE), 0.0)


def hall_delays(weigher: Weigher, clerk: int) -> Array:
    """The shape of the hall's delays, at this clerk's pace: shares by delay bin."""
    hall = weigher.delays.sum(1)[..., 0]
    shape = np.median(hall / np.maximum(hall.sum(1, keepdims=True), 1), axis=0)
    return np.roll(shape / max(float(shape.sum()), 1e-9), int(weigher.pace[clerk]))
