"""Clerks and citizens of one hall, drawn by seed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random

from hub.bench.halls.shapes import Shape


@dataclass(slots=True)
class Clerk:
    """One clerk's ways, and whether and how this clerk cheats."""

    name: str
    rate: float  # log odds
    top: float
    pace: float  # of this clerk's citizens, times the hall's delay
    early: float
    helped: float
    from_day: int
    every: int  # works each so many days
    drift: list[float]
    strategy: str | None = None
    dose: float = 0.0
    start: int = 0
    rhythm_s: float = 6.0


def clerks_of(shape: Shape, random: Random) -> list[Clerk]:
    """All clerks; those who cheat begin in the first third of the quarter (`quarter_end`: in the last sixth)."""
    rate = shape.rate_logit + random.gauss(0, 0.25)
    top = shape.top_logit + random.gauss(0, 0.15)
    clerks = []
    for number in range(shape.windows + shape.spare_clerks):
        late, helps = random.random() < shape.late_finishers, random.random() < shape.helpers
        clerk = Clerk(
            name=f"{1001 + number}",
            rate=rate + random.gauss(0, shape.rate_spread),
            top=top + random.gauss(0, shape.top_spread),
            pace=math.exp(random.gauss(0, shape.delay_spread)),
            early=min(0.5, shape.early * math.exp(random.gauss(0, 0.6)) * (6 if late else 1)),
            helped=min(0.5, shape.helped * math.exp(random.gauss(0, 0.5)) * (4 if helps else 1)),
            from_day=random.randrange(shape.days // 2) if random.random() < shape.newcomers else 0,
            every=2 if random.random() < shape.part_time else 1,
            drift=_drift(shape, random),
        )
        if random.random() < shape.cheats and shape.strategies:
            clerk.strategy = random.choice(shape.strategies)
            clerk.dose = random.uniform(0.55, 1.0)
            clerk.start = clerk.from_day + random.randrange(max(1, shape.days // 3))
            if clerk.strategy == "quarter_end":
                clerk.start = shape.days - shape.days // 6
            clerk.rhythm_s = random.uniform(2.5, 11.0)
        clerks.append(clerk)
    return clerks


def _drift(shape: Shape, random: Random) -> list[float]:
    """Log odds by week: what moves comes back by and by."""
    values, value = [], 0.0
    for _ in range(shape.days // 5 + 1):
        value = 0.6 * value + random.gauss(0, shape.rate_drift)
        values.append(value)
    return values


def delay_of(shape: Shape, pace: float, random: Random) -> float:
    """A citizen's time from the invite to the press."""
    match shape.delay_family:
        case "gamma":
            unit = random.gammavariate(2.0, 0.6)
        case "weibull":
            unit = random.weibullvariate(1.2, 1.4)
        case "mixed":
            unit = random.lognormvariate(-0.9, 0.35) if random.random() < 0.35 else random.lognormvariate(0.3, 0.6)
        case _:
            unit = random.lognormvariate(0, 0.65)
    slow = 4.0 if random.random() < 0.04 else 1.0
    return 0.25 + shape.delay_s * pace * unit * slow


def chance(log_odds: float) -> float:
    """The chance of log odds."""
    return 1 / (1 + math.exp(-log_odds))
