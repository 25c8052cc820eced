"""What is normal in this hall: robust levels and spreads, over all clerks, from what has been seen so far.

Arrays are [..., clerk] or [..., clerk, block]; leading axes are things weighed side by side.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from hub.selfpress.likelihood import Array, expit, logit

_ROUNDS: Final = 4
_UP: Final = 1.2  # a clerk above the hall by this many spreads pulls the level no further: some may press themselves
_DOWN: Final = 2.5
_HEAVY: Final = 1.5  # a clerk weighs at most this many times the middle one
_ENOUGH: Final = 3.0  # presses expected of a clerk before its share tells of the spread
_SEEN: Final = 20  # tries of a clerk in a block before it tells of the block
_FEW: Final = 6  # clerks that it takes to learn a spread
_RARE: Final = 3.0
_FAR: Final = 4  # blocks apart that tell of a lasting move


@dataclass(frozen=True, slots=True)
class Prior:
    """What is taken for normal before the hall has shown it: a share (or rate), its weight in tries, its spread."""

    share: Array | float
    tries: Array | float
    spread: Array | float  # of the log odds among honest clerks; the hall's own may widen it
    narrows: float = 0.0  # what one clerk of a narrower hall weighs against this spread


@dataclass(frozen=True, slots=True)
class Level:
    """The hall's level: its share (or rate) and the spread of log odds (or log rates) among clerks."""

    share: Array
    spread: Array


def hall_level(k: Array, n: Array, prior: Prior, floor: float = 1e-4, *, rare: bool = False) -> Level:
    """The level of shares k/n over clerks; a few clerks far above the others don't move it.

    Where tries are rare most clerks have none: then nobody weighs more than a few tries.
    """
    start, tries, wide = (np.asarray(value, float)[..., None] for value in (prior.share, prior.tries, prior.spread))
    share = np.broadcast_to(start, (*k.shape[:-1], 1))
    told = np.ones(n.shape, bool) if rare else n > 0
    heaviest = np.maximum(_HEAVY * _quantiles(n, told, (0.5,))[0][..., None], _RARE if rare else 0.0)
    light = np.minimum(1.0, np.where(heaviest > 0, heaviest, 1.0) / np.maximum(n, 1e-9))
    light_k, light_n = k * light, n * light
    for _ in range(_ROUNDS):
        expected = light_n * share
        sd = np.sqrt(expected + np.square(wide * expected) * (1 - share))
        inside = np.clip(light_k, expected - _DOWN * sd, expected + _UP * sd + 0.5)
        share = (inside.sum(-1, keepdims=True) + start * tries) / (light_n.sum(-1, keepdims=True) + tries)
        share = np.clip(share, floor, 1 - floor)
    own, clerks = _spread(k, n, share)
    usual, told = wide[..., 0], clerks * prior.narrows
    drawn = np.sqrt((np.square(usual) + told * np.square(np.minimum(own, usual))) / (1 + told))
    return Level(share[..., 0], np.maximum(drawn, own))


def _quantiles(values: Array, told: Array, at: tuple[float, ...]) -> list[Array]:
    """Quantiles of the values that tell, over the last axis; 0 where none does."""
    ordered = np.sort(np.where(told, values, np.inf), axis=-1)
    count = told.sum(-1)
    results = []
    for quantile in at:
        place = quantile * np.maximum(count - 1, 0)
        low = np.floor(place).astype(int)[..., None]
        high = np.ceil(place).astype(int)[..., None]
        left = np.take_along_axis(ordered, low, -1)[..., 0]
        right = np.take_along_axis(ordered, high, -1)[..., 0]
        some = count > 0
        left, right = np.where(some, left, 0.0), np.where(some, right, 0.0)
        results.append(left + (right - left) * (place - low[..., 0]))
    return results


def _spread(k: Array, n: Array, share: Array) -> tuple[Array, Array]:
    """Spread of the clerks' log odds beyond chance, from the lower half, and how many tell it; 0 where too few do."""
    told = n * np.minimum(share, 1 - share) >= _ENOUGH
    odds = logit((k + share) / (n + 1))
    lowest, low, middle, high = _quantiles(odds, told, (0.12, 0.25, 0.5, 0.75))
    # Where many press themselves only the upper half is wide: it counts no more than the lower.
    wide = np.maximum(np.minimum(high - low, 2 * (middle - low)) / 1.349, (middle - lowest) / 1.175)
    chance = _quantiles(1 / np.maximum(n * share * (1 - share), 1e-9), told, (0.5,))[0]
    clerks = np.where(told.sum(-1) >= _FEW, told.sum(-1), 0)
    return np.where(clerks > 0, np.sqrt(np.maximum(0.0, wide * wide - chance)), 0.0), clerks


def own_level(k: Array, n: Array, level: Level, drift: Array | float) -> tuple[Array, Array]:
    """Mean and spread of a clerk's log odds to come, from the hall and the clerk's own past k of n.

    `drift` is how far, in log odds, a clerk's past may lie from what is to come. k and n have two more axes than
    `level`.
    """
    hall, wide = (np.asarray(value, float)[..., None, None] for value in (level.share, level.spread))
    share = (k + 2 * hall) / (n + 2)
    moved = np.square(drift)
    information = 1 / (1 / np.maximum(n * share * (1 - share), 1e-9) + moved)
    precision = 1 / (wide * wide)
    mean = (precision * logit(hall) + information * logit(share)) / (precision + information)
    return mean, np.sqrt(1 / (precision + information) + moved * information / (precision + information))


def offsets_by_block(k: Array, n: Array, level: Level) -> Array:
    """How far the hall's log odds of each block lie from their mean: [blocks]; the middle clerk's."""
    own = logit((k.sum(1) + level.share) / (n.sum(1) + 1))[:, None]
    odds = logit((k + level.share) / (n + 1)) - own
    seen = n >= _SEEN
    middle = _quantiles(odds.T, seen.T, (0.5,))[0]
    result: Array = np.where(seen.sum(0) >= _FEW, middle, 0.0)
    return result


def drift(k: Array, n: Array, level: Level, least: float) -> tuple[float, float]:
    """How far a clerk's log odds move beyond chance: from block to block (at least `least`), and further over many.

    Both are the middle clerk's, and leave out what moves all clerks. k and n are [clerk, block].
    """
    own = ((k.sum(1) + 2 * level.share) / (n.sum(1) + 2))[:, None]
    information = n * own * (1 - own)
    seen = information >= _ENOUGH
    odds = (k - n * own) / np.maximum(information, 1e-9)  # about 0, in log odds
    odds = odds - np.where(seen.sum(0) >= _FEW, _quantiles(odds.T, seen.T, (0.5,))[0], 0.0)
    near = _moved(odds, information, seen, 1)
    if near is None:
        return max(least, float(level.spread) / 2), 0.0
    far = _moved(odds, information, seen, _FAR) or 0.0
    near = max(near, least * least)
    return float(np.sqrt(near)), float(np.sqrt(max(0.0, far - near)))


def _moved(odds: Array, information: Array, seen: Array, apart: int) -> float | None:
    """Half the variance of the difference between blocks so far apart, chance left out; None where too few tell."""
    both = seen[:, apart:] & seen[:, :-apart]
    if both.sum() < 4 * _FEW:
        return None
    chance = 1 / information[:, apart:][both] + 1 / information[:, :-apart][both]
    ratio = np.square(odds[:, apart:] - odds[:, :-apart])[both] / chance
    # The median of a squared normal is 0.455 of its variance.
    return float(max(0.0, np.median(ratio) / 0.455 - 1) * np.median(chance) / 2)


def quality_of(top: Array, n: Array, level: Level) -> float:
    """The share of top presses of one clerk, drawn to the hall's."""
    mean, _ = own_level(np.array([[top]]), np.array([[n]]), level, 0.0)
    return float(expit(mean)[0, 0])
