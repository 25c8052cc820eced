"""What honest clerks do, with the tails that people have, and what a clerk who presses would do."""

from __future__ import annotations

from typing import Final

import numpy as np

from hub.selfpress.likelihood import Array, expit, log_logit_normal, log_mean, logit

TAILS: Final = np.array([0.8, 1.0, 1.35])  # an honest clerk's spread, in the hall's: narrow, usual, wide
TAIL_WEIGHT: Final = np.array([0.94, 0.057, 0.003])
FAKE: Final = np.array([0.12, 0.28, 0.5, 0.7, 0.86, 0.96])  # share of a cell's presses that are the clerk's
TAKEN: Final = np.array([0.35, 0.6, 0.8, 0.92, 0.98])  # share of those who would not rate for whom the clerk presses
GRID: Final = 0.3  # log odds between neighbours on these grids
SURE: Final = 0.985  # share of a clerk's presses that are top


def honest(k: Array, n: Array, mean: Array, spread: Array) -> Array:
    """Log P(k of n) for honest clerks by tail: [rows, tails]."""
    return log_logit_normal(k[:, None], n[:, None], mean[:, None], spread[:, None] * TAILS)


def composition(top: Array, k: Array, mean: Array, spread: Array, fake: Array) -> tuple[Array, Array]:
    """Log P(top of k): honestly [rows], and by share of presses that are the clerk's [rows, fakes].

    `mean` and `spread` are the log odds of a top press among honest ones.
    """
    null = log_mean(honest(top, k, mean, spread), TAIL_WEIGHT)
    q = expit(mean)[:, None]
    mixed = SURE * fake + (1 - fake) * q
    narrower = (1 - fake) * q * (1 - q) / (mixed * (1 - mixed))
    return null, log_logit_normal(
        top[:, None], k[:, None], logit(mixed), np.hypot(spread[:, None] * narrower, GRID / 2)
    )


def raised_share(k: Array, n: Array, mean: Array, spread: Array, doses: Array) -> Array:
    """Log P(k of n) where a dose of what would not be counted is added: [rows, doses]."""
    share = expit(mean)[:, None]
    dosed = share + (1 - share) * doses
    return log_logit_normal(k[:, None], n[:, None], logit(dosed), np.hypot(spread[:, None] * share / dosed, GRID))
