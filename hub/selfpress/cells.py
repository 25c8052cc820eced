"""Cells: presses that have something in common, as stacked arrays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from hub.selfpress.baseline import Prior
from hub.selfpress.counts import BINS, Count
from hub.selfpress.likelihood import Array

_MOST_PACE: Final = 6  # delay bins that a clerk's citizens may be slower or faster than the hall's
_PACE_TRIES: Final = 60.0


@dataclass(frozen=True, slots=True)
class Cells:
    """Presses that have something in common: arrays [cell, clerk, block]."""

    codes: tuple[str, ...]  # the pattern of each cell
    weights: tuple[float, ...]  # within its pattern
    k: Array  # presses in the cell
    top: Array
    tries: Array  # what k is a share of
    prior: Prior
    adds: Array  # [cell]: whether its presses count as a visit's rating
    habit: Array  # [cell]: share of honest clerks whose ways fill it far beyond the usual


@dataclass(frozen=True, slots=True)
class _Cell:
    code: str
    weight: float
    k: Array
    top: Array
    tries: Array
    share: float
    prior_tries: float
    spread: float
    adds: bool = True
    habit: float = 0.005


def cells_of(table: Array, delays: Array, gaps: Array, pace: Array) -> Cells:
    """All cells of a hall: `table` [clerk, block, Count], histograms [clerk, block, bin, 2], pace [clerk] in bins."""
    rated, visits = table[:, :, Count.RATED], table[:, :, Count.VISITS]
    cells = [
        _Cell(
            "before", 1.0, table[:, :, Count.BEFORE], table[:, :, Count.BEFORE_TOP], rated, 0.03, 60, 0.75, habit=0.1
        ),
        _Cell("ending", 1.0, table[:, :, Count.ENDING], table[:, :, Count.ENDING_TOP], rated, 0.01, 60, 0.6),
        _Cell(
            "repeated",
            1.0,
            table[:, :, Count.REPEATED],
            table[:, :, Count.REPEATED_TOP],
            rated,
            0.01,
            60,
            0.6,
            adds=False,
        ),
        _Cell("late", 1.0, table[:, :, Count.LATE], table[:, :, Count.LATE_TOP], visits, 0.01, 60, 0.7),
        *_delay_cells(paced(delays, pace)),
        *_gap_cells(gaps),
    ]
    share, tries, spread = (
        np.array([getattr(cell, name) for cell in cells]) for name in ("share", "prior_tries", "spread")
    )
    return Cells(
        codes=tuple(cell.code for cell in cells),
        weights=tuple(cell.weight for cell in cells),
        k=np.stack([cell.k for cell in cells]),
        top=np.stack([cell.top for cell in cells]),
        tries=np.stack([cell.tries for cell in cells]),
        prior=Prior(share, tries, spread),
        adds=np.array([cell.adds for cell in cells]),
        habit=np.array([cell.habit for cell in cells]),
    )


def _delay_cells(delays: Array) -> list[_Cell]:
    """Cells by how long after the finish the press came, in the hall's own quantiles."""
    edge = _edges(delays[..., 0].sum((0, 1)))
    spans = [
        ("fast", 0.4, 0, edge(0.006), 0.45),
        ("fast", 0.3, 0, edge(0.02), 0.4),
        ("fast", 0.3, 0, edge(0.05), 0.35),
        ("middle", 0.3, edge(0.05), edge(0.25), 0.3),
        ("middle", 0.3, edge(0.25), edge(0.5), 0.3),
        ("middle", 0.4, edge(0.5), edge(0.75), 0.3),
        ("after", 0.35, edge(0.72), edge(0.92), 0.3),
        ("after", 0.35, edge(0.85), BINS, 0.4),
        ("after", 0.3, edge(0.95), BINS, 0.5),
    ]
    return _binned(delays, spans)


def delay_bands(delays: Array, pace: Array) -> dict[str, tuple[int, int]]:
    """A band of delay bins for each pattern that looks at delays, as people are told it: at the hall's pace."""
    edge = _edges(paced(delays, pace)[..., 0].sum((0, 1)))
    return {"fast": (0, edge(0.02)), "middle": (edge(0.05), edge(0.75)), "after": (edge(0.85), BINS)}


def _gap_cells(gaps: Array) -> list[_Cell]:
    """Presses just before the next call."""
    return _binned(gaps, [("next_call", 0.5, 0, edge, 0.6) for edge in gap_edges(gaps)])


def gap_edges(gaps: Array) -> list[int]:
    """The bins below which a press is just before the next call, in the hall's own quantiles."""
    edge = _edges(gaps[..., 0].sum((0, 1)))
    return [edge(quantile) for quantile in (0.02, 0.08)]


def _binned(hist: Array, spans: list[tuple[str, float, int, int, float]]) -> list[_Cell]:
    total = np.cumsum(hist, axis=2)
    total = np.concatenate([np.zeros_like(total[:, :, :1]), total], axis=2)
    tries = total[:, :, -1, 0]
    whole = max(1.0, float(tries.sum()))
    cells = []
    for code, weight, low, high, spread in spans:
        inside = total[:, :, max(low, high)] - total[:, :, low]
        share = min(max(0.001, float(inside[..., 0].sum() / whole)), 0.9)
        cells.append(_Cell(code, weight, inside[..., 0], inside[..., 1], tries, share, 30, spread))
    return cells


def own_pace(by_clerk: Array) -> Array:
    """How many delay bins slower than the hall each clerk's citizens are: [clerk]; fewer where little is known."""
    n = by_clerk.sum(1)
    pooled = by_clerk.sum(0)
    if not pooled.sum():
        return np.zeros(len(n), int)
    middle = _median_bin(pooled[None])[0]
    own = np.where(n > 0, _median_bin(by_clerk), middle)
    result: Array = np.clip(np.round((own - middle) * n / (n + _PACE_TRIES)), -_MOST_PACE, _MOST_PACE).astype(int)
    return result


def paced(delays: Array, pace: Array) -> Array:
    """Delay histograms with each clerk's own pace taken out."""
    bins = np.arange(delays.shape[2])
    return np.take_along_axis(delays, ((bins + pace[:, None]) % len(bins))[:, None, :, None], axis=2)


def _median_bin(hist: Array) -> Array:
    """The bin, with its fraction, at which half of each row's presses are reached."""
    total = np.cumsum(hist, axis=1)
    half = total[:, -1:] / 2
    at = np.minimum((total < half).sum(1), hist.shape[1] - 1)
    row = np.arange(len(hist))
    before = np.where(at > 0, total[row, np.maximum(at - 1, 0)], 0.0)
    result: Array = at + (half[:, 0] - before) / np.maximum(hist[row, at], 1e-9)
    return result


def _edges(hist: Array) -> Callable[[float], int]:
    """A function from a quantile to the bin edge nearest to it."""
    total = np.cumsum(hist)
    whole = total[-1] if len(total) else 0.0
    shares = np.concatenate([[0.0], total / max(whole, 1e-9)])

    def edge(quantile: float) -> int:
        return int(np.abs(shares - quantile).argmin()) if whole > 0 else 0

    return edge
