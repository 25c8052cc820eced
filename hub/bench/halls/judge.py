"""An answer against the truth: false accusations with their bound, what was found, average precision, days."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Final

from hub.bench.halls.shapes import OTHER_SIDE
from hub.bench.halls.simulate import DAY_MS, Hall

LEAST_FAKES: Final = 8  # a cheat with fewer is left out


@dataclass(slots=True)
class Tally:
    """Sums over halls."""

    halls: int = 0
    honest: int = 0
    accused: list[str] = field(default_factory=list)
    """Falsely: hall, clerk and pattern."""
    watched: Counter[str] = field(default_factory=Counter)
    """Watches on clerks who left nothing undone on purpose, by pattern: they accuse nobody, and send people to look."""
    cheats: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    days: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    scored: list[tuple[float, bool]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def add(self, name: str, hall: Hall, answers: Iterable[dict[str, Any]], seconds: float) -> None:
        """Judge one hall's answer."""
        self.halls += 1
        self.seconds.append(seconds)
        fakes = Counter(clerk for clerk, maker in hall.by.values() if maker == "cheat")
        scores: dict[str, float] = {}
        flags: dict[str, dict[str, Any]] = {}
        watches: dict[str, list[str]] = defaultdict(list)
        for answer in answers:
            if "press" in answer:
                scores[answer["press"]] = answer["score"]
            elif answer.get("flag"):
                flags[str(answer["clerk"])] = answer
            elif "watch" in answer:
                watches[str(answer["clerk"])].append(answer["watch"])
        self.scored += [(scores.get(press, 0.0), maker == "cheat") for press, (_, maker) in hall.by.items()]
        for clerk in hall.clerks:
            if clerk.strategy is None:
                self.watched.update(watches[clerk.name])
            self._clerk(name, clerk.name, clerk.strategy, fakes[clerk.name], hall.first_fake, flags.get(clerk.name))

    def _clerk(
        self, hall: str, name: str, strategy: str | None, fakes: int, first: dict[str, int], flag: dict[str, Any] | None
    ) -> None:
        honest = fakes == 0 or strategy in OTHER_SIDE
        self.honest += honest
        if flag is not None and (honest or flag["t"] < first[name] * DAY_MS):
            self.accused.append(f"{hall}/{name}:{flag['pattern']}")
            return
        if honest or strategy is None or fakes < LEAST_FAKES:
            return
        self.cheats[strategy] += 1
        if flag is not None:
            self.found[strategy] += 1
            self.days[strategy].append(int(flag["t"] // DAY_MS) - first[name])

    def join(self, other: Tally) -> None:
        """Add another tally."""
        self.halls += other.halls
        self.honest += other.honest
        self.accused += other.accused
        self.watched += other.watched
        self.cheats += other.cheats
        self.found += other.found
        self.scored += other.scored
        self.seconds += other.seconds
        for strategy, days in other.days.items():
            self.days[strategy] += days

    @property
    def accused_share(self) -> float:
        """Of honest clerk-quarters."""
        return len(self.accused) / max(1, self.honest)

    @property
    def bound(self) -> float:
        """One-sided 95 % bound of that share (Clopper-Pearson)."""
        return upper95(len(self.accused), self.honest)

    def found_share(self, strategies: Iterable[str]) -> tuple[int, int]:
        """Found and all of these strategies' cheats."""
        chosen = list(strategies)
        return sum(self.found[one] for one in chosen), sum(self.cheats[one] for one in chosen)

    def precision(self) -> float:
        """Average precision of the press scores; presses of one score share a step."""
        return average_precision(self.scored)

    def middle_days(self, strategy: str) -> float | None:
        """Median days from the first false press to the flag."""
        return median(self.days[strategy]) if self.days.get(strategy) else None


def average_precision(scored: list[tuple[float, bool]]) -> float:
    """Area under precision over recall; nan where nothing is true."""
    total = sum(fake for _, fake in scored)
    if not total:
        return math.nan
    area = seen = hits = 0.0
    by_score: dict[float, list[bool]] = defaultdict(list)
    for score, fake in scored:
        by_score[score].append(fake)
    for score in sorted(by_score, reverse=True):
        group = by_score[score]
        seen += len(group)
        new = sum(group)
        hits += new
        area += new / total * hits / seen
    return area


def upper95(k: int, n: int) -> float:
    """The share p at which k or fewer of n have a chance of 5 %."""
    if n == 0 or k >= n:
        return 1.0
    low, high = k / n, 1.0
    for _ in range(60):
        p = (low + high) / 2
        terms = (
            math.lgamma(n + 1)
            - math.lgamma(i + 1)
            - math.lgamma(n - i + 1)
            + i * math.log(p)
            + (n - i) * math.log1p(-p)
            for i in range(k + 1)
        )
        if sum(map(math.exp, terms)) > 0.05:
            low = p
        else:
            high = p
    return high
