"""The named patterns: ways to cheat that leave a mark, in two tiers, and the watches on what is left undone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from hub.selfpress.likelihood import Array, log_mean


@dataclass(frozen=True, slots=True)
class Pattern:
    """One way to cheat."""

    code: str
    tier: str  # A may accuse, B only asks to call back
    weight: float  # beforehand, among the patterns
    lasts: bool = False  # chance imitates it for a fortnight: it counts in full only after LASTING_DAYS


PATTERNS: Final = (
    Pattern("nobody", "A", 0.13),
    Pattern("closed", "A", 0.13),
    Pattern("before", "A", 0.10),
    Pattern("raised", "A", 0.08),
    Pattern("answered", "A", 0.07),
    Pattern("short", "A", 0.10),
    Pattern("robot", "A", 0.10),
    Pattern("fast", "A", 0.09),
    Pattern("after", "B", 0.08, lasts=True),
    Pattern("middle", "B", 0.02, lasts=True),
    Pattern("rate", "B", 0.25, lasts=True),
    Pattern("no_bad", "B", 0.01, lasts=True),
    Pattern("next_call", "B", 0.01),
    Pattern("ending", "B", 0.005),
    Pattern("repeated", "B", 0.005),
    Pattern("late", "B", 0.005),
)
WATCHES: Final = ("uninvited", "miscoded", "unplugged", "declared")  # the other side: never a flag
LASTING_DAYS: Final = 30
_TOTAL: Final = sum(pattern.weight for pattern in PATTERNS)
WEIGHT: Final = {pattern.code: pattern.weight / _TOTAL for pattern in PATTERNS}
TIER: Final = {pattern.code: pattern.tier for pattern in PATTERNS}
LASTS: Final = frozenset(pattern.code for pattern in PATTERNS if pattern.lasts)


@dataclass(frozen=True, slots=True)
class Evidence:
    """How much likelier, natural log, by clerk: in all, by pattern, by watch; and the block from which each is most."""

    total: Array
    by_pattern: dict[str, Array]
    best_start: dict[str, Array]
    watches: dict[str, Array]

    def less(self, clerk: int, cost: dict[str, float]) -> float:
        """The total for one clerk where some patterns count so much less (natural log)."""
        values = [float(self.by_pattern[code][clerk]) - cost.get(code, 0.0) for code in self.by_pattern]
        return float(log_mean(np.array(values), np.array([WEIGHT[code] for code in self.by_pattern])))

    def strongest(self, clerk: int) -> str:
        """The pattern that speaks loudest against a clerk."""
        return max(self.by_pattern, key=lambda code: float(self.by_pattern[code][clerk] + np.log(WEIGHT[code])))
