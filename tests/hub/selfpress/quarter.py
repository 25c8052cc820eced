"""A small hall's quarter as events, with cheats where a test plants them; shares nothing with the detector."""

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
Line = dict[str, Any]


@dataclass
class Visit:
    """One visit as a cheat sees it; times in seconds of the day."""

    finished: float
    arrived: float
    press: float | None  # the citizen's own, if any
    level: int


# What a cheat adds to a visit: (time, level), and whether the citizen's own press is left out.
Cheat = Callable[[Visit, random.Random], tuple[list[tuple[float, int]], bool]]


@dataclass
class Quarter:
    """`windows` windows, one clerk each; clerk `c0` and so on."""

    windows: int = 8
    days: int = 20
    seed: int = 1
    levels: int = 5
    rate: float = 0.85
    cheats: dict[str, Cheat] = field(default_factory=dict)
    starts: int = 8  # day on which the cheats begin
    first_day: str | None = None
    evening: dict[str, int] = field(default_factory=dict)  # presses after closing, by clerk, from `starts` on

    def lines(self) -> list[Line]:
        """All events in time order."""
        rng = random.Random(self.seed)
        lines = [
            line for day in range(self.days) for window in range(self.windows) for line in self._day(day, window, rng)
        ]
        lines.sort(key=lambda line: line["t"])
        start: Line = {"t": 0, "ev": "hall.start", "days": self.days, "levels": self.levels, "tz": "Asia/Shanghai"}
        if self.first_day is not None:
            start["first_day"] = self.first_day
        for number, line in enumerate(line for line in lines if line["ev"] == "key.pressed"):
            line["press"] = f"p{number:06}"
        return [{"v": 1, "seq": number, **line} for number, line in enumerate([start, *lines])]

    def _day(self, day: int, window: int, rng: random.Random) -> Iterator[Line]:
        clerk, base = f"c{window}", day * DAY_MS
        here = {"win": window + 1, "clerk": clerk}
        cheat = self.cheats.get(clerk) if day >= self.starts else None
        yield {"t": base + 9 * HOUR_MS, "ev": "window.open", **here}
        at = 9 * 3600 + 60.0
        number = 0
        while at < 16.5 * 3600:
            number += 1
            visit = self._visit(at, window, rng)
            yield from self._events(base, f"d{day}w{window}n{number}", here, visit, at)
            presses = [(visit.press, visit.level)] if visit.press is not None else []
            if cheat is not None:
                added, instead = cheat(visit, rng)
                presses = [*([] if instead and added else presses), *added]
            for when, level in presses:
                yield {"t": base + round(when * 1000), "ev": "key.pressed", "win": window + 1, "level": level}
            at = max([visit.finished + 40, *(when + 8 for when, _ in presses)]) + rng.expovariate(1 / 300)
        yield {"t": base + 17 * HOUR_MS, "ev": "window.close", **here}
        for extra in range(self.evening.get(clerk, 0) if day >= self.starts else 0):
            t = base + 17 * HOUR_MS + 600_000 + 4_000 * extra
            yield {"t": t, "ev": "key.pressed", "win": window + 1, "level": self.levels}

    def _visit(self, at: float, window: int, rng: random.Random) -> Visit:
        arrived = at + rng.uniform(5, 25)
        finished = arrived + 240 * math.exp(rng.gauss(0, 0.4))
        rates = rng.random() < self.rate + 0.01 * (window % 5)
        delay = 4.5 * math.exp(rng.gauss(0, 0.6))
        top = rng.random() < 0.78
        level = self.levels if top else max(1, self.levels - rng.choice((1, 1, 1, 2, 3)))
        return Visit(finished, arrived, finished + delay if rates else None, level)

    def _events(self, base: int, ticket: str, here: Line, visit: Visit, at: float) -> Iterator[Line]:
        about = {"ticket": ticket, "service": "s1", **here}
        called, arrived, finished = (base + round(t * 1000) for t in (at, visit.arrived, visit.finished))
        yield {"t": called - 300_000, "ev": "ticket.issued", "ticket": ticket, "service": "s1", "kiosk": "K1"}
        yield {"t": called, "ev": "ticket.called", **about}
        yield {"t": arrived, "ev": "ticket.arrived", **about}
        yield {"t": finished, "ev": "ticket.finished", **about}
        yield {"t": finished, "ev": "rating.invited", "ticket": ticket, "win": here["win"], "until": finished + 30_000}


def at_once(visit: Visit, rng: random.Random) -> tuple[list[tuple[float, int]], bool]:
    """Presses right after the finish, in place of the citizen."""
    return ([(visit.finished + rng.uniform(0.2, 0.7), 5)], True) if rng.random() < 0.6 else ([], False)


def before_the_finish(visit: Visit, rng: random.Random) -> tuple[list[tuple[float, int]], bool]:
    """Presses before the service has ended, in place of the citizen."""
    return ([(visit.finished - rng.uniform(5, 20), 5)], True) if rng.random() < 0.5 else ([], False)


def over_a_low_one(visit: Visit, rng: random.Random) -> tuple[list[tuple[float, int]], bool]:
    """Presses the top key after a low rating."""
    if visit.press is not None and visit.level <= 2:
        return [(visit.press + rng.uniform(4, 9), 5)], False
    return [], False


def like_a_machine(visit: Visit, rng: random.Random) -> tuple[list[tuple[float, int]], bool]:
    """Presses for whoever does not rate, always after the same time."""
    return ([(visit.finished + 6.2 + rng.gauss(0, 0.03), 5)], False) if visit.press is None else ([], False)
