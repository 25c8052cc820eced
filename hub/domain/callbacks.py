"""Random call-backs (回访) of a quarter: a sample that anybody can draw again, and what its answers say.

The sample is drawn by a recorded seed and is a fact before anybody is called. A rating is wrong where its citizen
denies having pressed, or says another level. Intervals are exact for the binomial (Clopper & Pearson 1934).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from hashlib import sha256
from typing import Final, Literal, get_args

VERSION: Final = "sample-1"
"""Of how a seed draws; a sample says by which it was drawn."""
Outcome = Literal["own", "other_level", "denied", "unsure", "unreached", "no_contact"]
OUTCOMES: Final[tuple[Outcome, ...]] = get_args(Outcome)
ANSWERED: Final = frozenset({"own", "other_level", "denied"})
WRONG: Final = frozenset({"other_level", "denied"})
CONFIDENCE: Final = 0.95
_HALVINGS: Final = 60


def quarter_days(quarter: str) -> tuple[date, date]:
    """The first and last day of a quarter named like 2026Q4."""
    year, number = int(quarter[:4]), int(quarter[5])
    first = date(year, 3 * number - 2, 1)
    after = date(year + 1, 1, 1) if number == 4 else date(year, 3 * number + 1, 1)
    return first, after - timedelta(days=1)


def draw(seed: str, ratings: Iterable[str], size: int) -> tuple[str, ...]:
    """`size` of the ratings, all where there are fewer: those whose SHA-256 of `seed:rating` is least, in that order.

    Without the seed nobody can tell beforehand which; with it everybody gets the same, in whatever order they come.
    """
    return tuple(sorted(set(ratings), key=lambda rating: sha256(f"{seed}:{rating}".encode()).digest())[:size])


def fingerprint(ratings: Iterable[str]) -> str:
    """SHA-256, hex, of all that could be drawn: the ids in order, each on a line."""
    return sha256("".join(f"{rating}\n" for rating in sorted(set(ratings))).encode()).hexdigest()


def interval(k: int, n: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Exact two-sided bounds of a share of which k of n were seen; 0 and 1 where nothing was."""
    if n == 0:
        return 0.0, 1.0
    tail = (1 - confidence) / 2
    low = 0.0 if k == 0 else _root(lambda p: 1 - _at_most(k - 1, n, p) < tail)
    high = 1.0 if k == n else _root(lambda p: _at_most(k, n, p) > tail)
    return low, high


def _root(below: Callable[[float], bool]) -> float:
    """Where `below`, true from 0 on, ends."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if below(middle) else (low, middle)
    return (low + high) / 2


def _at_most(k: int, n: int, p: float) -> float:
    """Of the binomial, the chance of k or fewer of n."""
    if not 0 < p < 1:
        return 1.0 if p <= 0 or k >= n else 0.0
    log_p, log_q = math.log(p), math.log1p(-p)
    whole = math.lgamma(n + 1)
    return math.fsum(
        math.exp(whole - math.lgamma(i + 1) - math.lgamma(n - i + 1) + i * log_p + (n - i) * log_q)
        for i in range(k + 1)
    )


@dataclass(frozen=True, slots=True)
class Sampled:
    """One rating of the sample, with what its citizen said; None while nobody has called."""

    department: str
    flagged: Literal["press", "clerk", ""]
    """Whether a flag names its press, or only its clerk."""
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """Some ratings of the sample, counted."""

    sampled: int
    called: int
    answered: int
    wrong: int
    denied: int

    @property
    def rate(self) -> Fraction | None:
        """The share of wrong ones among those answered; None without an answer."""
        return Fraction(self.wrong, self.answered) if self.answered else None

    @property
    def bounds(self) -> tuple[float, float]:
        """The exact interval of that share in all such ratings."""
        return interval(self.wrong, self.answered)


def tally(sampled: Sequence[Sampled]) -> Tally:
    """Count them."""
    outcomes = [one.outcome for one in sampled if one.outcome is not None]
    return Tally(
        len(sampled),
        len(outcomes),
        sum(outcome in ANSWERED for outcome in outcomes),
        sum(outcome in WRONG for outcome in outcomes),
        outcomes.count("denied"),
    )
