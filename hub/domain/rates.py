"""评议率 and 满意率: visits with what became of their rating, counts, and exact shares by a rule set's decisions.

`Visits` folds facts into visits; `Tally` counts them, apart: rated by the citizen, by default, not at all, corrected,
left out. A share is a fraction with its counts, so that every number can be walked back; percentages are truncated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Final

from hub.domain import events as e
from hub.domain.rules import RuleSet

DEFAULT: Final = "default"
"""Source of a rating that a system gave in the citizen's place; ours gives none, imported ones may have been."""
KEYPADS: Final = ("keypad.", "tablet.")


@dataclass(frozen=True, slots=True)
class Visit:
    """One finished visit (办结) and its rating."""

    ticket: str
    seq: int
    """Of the fact that finished it."""
    day: date
    window: int
    department: str
    clerk: str
    service: str
    is_out: bool = False
    """Finished while the window's keypads were offline."""
    is_invited: bool = False
    rating: str | None = None
    press: str | None = None
    level: int | None = None
    source: str | None = None
    was: int | None = None
    """The level before it was corrected (误评更正)."""


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    k: int
    n: int

    @property
    def value(self) -> Fraction | None:
        """Exactly; None where there is nothing to have a share of."""
        return Fraction(self.k, self.n) if self.n else None

    @property
    def percent(self) -> str:
        """With two decimals, truncated: 89.99, never rounded up; empty where there is none."""
        return percent(self.value)


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of visits."""

    finished: int = 0
    invited: int = 0
    explicit: int = 0
    """Rated by a citizen or by staff for one."""
    default: int = 0
    absent: int = 0
    """Not rated, and the keypad worked."""
    outage: int = 0
    """Not rated, and finished while the window's keypads were offline: of no rate."""
    struck: int = 0
    """Whose rating was found to be self-pressed: counted as not rated."""
    corrected: int = 0
    levels: tuple[int, ...] = (0, 0, 0, 0, 0)
    """Ratings that count, by level 1–5."""

    def __add__(self, other: Tally) -> Tally:
        """Both together."""
        mine, others = self.levels, other.levels
        return Tally(
            **{name: getattr(self, name) + getattr(other, name) for name in _COUNTED},
            levels=tuple(a + b for a, b in zip(mine, others, strict=True)),
        )

    @property
    def rated(self) -> int:
        """Ratings that count."""
        return self.explicit + self.default

    def satisfied(self, rules: RuleSet) -> int:
        """Ratings at a level that counts as satisfied (decision `satisfied_levels`)."""
        return sum(self.levels[level - 1] for level in rules.satisfied_levels)

    def rated_share(self, rules: RuleSet) -> Share:
        """窗口评议率 (decision `rated_share_of`)."""
        of = self.invited if rules.decided("rated_share_of") == "invited" else self.finished - self.outage
        return Share(min(self.rated, of), of)

    def satisfied_share(self, rules: RuleSet) -> Share:
        """群众满意率 (decisions `satisfied_share_of`, `unrated`)."""
        counts_unrated = rules.decided("unrated")
        unrated = self.finished - self.outage - self.rated
        satisfied = self.satisfied(rules) + (unrated if counts_unrated == "satisfied" else 0)
        if rules.decided("satisfied_share_of") == "finished" or counts_unrated != "nothing":
            return Share(satisfied, self.rated + unrated)
        return Share(satisfied, self.rated)

    def level_score(self, rules: RuleSet) -> Share:
        """Points of the ratings, of the most that they could have: hundredths of a point."""
        points = {int(level): round(100 * worth) for level, worth in rules.level_points.items()}
        best = max(points.values(), default=0)
        return Share(sum(points.get(at + 1, 0) * count for at, count in enumerate(self.levels)), best * self.rated)


_COUNTED: Final = ("finished", "invited", "explicit", "default", "absent", "outage", "struck", "corrected")


class Visits:
    """Folds facts, in the log's order, into visits. A rating belongs to its visit's day, however late it comes."""

    def __init__(self, day_of: Callable[[int], date], department_of: Callable[[int, date], str]) -> None:
        """`day_of`: a wall time in ms as the hall's day; `department_of`: a window's department on a day."""
        self._day_of = day_of
        self._department_of = department_of
        self._visits: dict[str, Visit] = {}
        self._ratings: dict[str, str] = {}
        self._keypads: dict[int, dict[str, bool]] = {}
        """Window → keypad → whether it is offline."""

    def apply(self, recorded: e.Recorded) -> None:
        """Take a fact."""
        match recorded.fact:
            case e.TicketFinished() as fact:
                day = self._day_of(recorded.stamp.wall_ms)
                department = self._department_of(fact.window, day)
                out = self._keypads.get(fact.window, {})
                self._visits[fact.ticket] = Visit(
                    fact.ticket, recorded.seq, day, fact.window, department, fact.clerk, fact.service,
                    is_out=bool(out) and all(out.values()),
                )  # fmt: skip
            case e.RatingInvited(ticket=ticket):
                self._change(ticket, is_invited=True)
            case e.RatingRecorded() as fact:
                self._ratings[fact.rating] = fact.ticket
                self._change(
                    fact.ticket, rating=fact.rating, press=fact.press, level=fact.level, source=fact.source,
                    is_invited=True,
                )  # fmt: skip
            case e.RatingCorrected(rating=rating, level=level):
                visit = self._visits.get(self._ratings.get(rating, ""))
                if visit is not None and visit.rating == rating:
                    self._change(visit.ticket, level=level, was=visit.level if visit.was is None else visit.was)
            case e.DeviceOffline(device=device, driver=driver, windows=windows):
                self._heard(device, driver, windows, is_out=True)
            case e.DeviceOnline(device=device, driver=driver, windows=windows):
                self._heard(device, driver, windows, is_out=False)

    def between(self, begin: date, end: date) -> Iterator[Visit]:
        """Visits finished on these days, in the order in which they were."""
        return (visit for visit in self._visits.values() if begin <= visit.day <= end)

    def _change(self, ticket: str, **changes: object) -> None:
        visit = self._visits.get(ticket)
        if visit is not None:
            self._visits[ticket] = replace(visit, **changes)  # type: ignore[arg-type]

    def _heard(self, device: str, driver: str, windows: Iterable[int], *, is_out: bool) -> None:
        if driver.startswith(KEYPADS):
            for window in windows:
                self._keypads.setdefault(window, {})[device] = is_out


def tally(visits: Iterable[Visit], struck: frozenset[str] = frozenset()) -> Tally:
    """Count visits; `struck` are presses found to be self-pressed (`hub.domain.judgement.struck`)."""
    counts = dict.fromkeys(_COUNTED, 0)
    levels = [0, 0, 0, 0, 0]
    for visit in visits:
        counts["finished"] += 1
        counts["invited"] += visit.is_invited
        if visit.level is None:
            counts["outage" if visit.is_out else "absent"] += 1
        elif visit.press in struck:
            counts["struck"] += 1
        else:
            counts["default" if visit.source == DEFAULT else "explicit"] += 1
            counts["corrected"] += visit.was is not None
            levels[visit.level - 1] += 1
    return Tally(**counts, levels=tuple(levels))


def percent(share: Fraction | None) -> str:
    """A share as a percentage with two decimals, truncated; empty where there is none."""
    if share is None:
        return ""
    hundredths = share.numerator * 10_000 // share.denominator
    return f"{hundredths // 100}.{hundredths % 100:02}"


def whole_percent(share: Fraction) -> int:
    """Truncated to whole percent: decision `band_gap`."""
    return share.numerator * 100 // share.denominator
