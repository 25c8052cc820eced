"""What happens at one window on one day: visits, presses, and what a cheat adds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from hub.bench.halls import ruses
from hub.bench.halls.people import Clerk, chance, delay_of
from hub.bench.halls.shapes import RESERVED, Shape

Line = dict[str, Any]
OPENS, NOON, REOPENS, CLOSES = 9 * 3600.0, 12 * 3600.0, 13.5 * 3600.0, 17 * 3600.0


@dataclass(slots=True)
class Press:
    """One press: seconds of the day, level, and who made it."""

    at: float
    level: int
    by: str  # citizen, assisted, stray, cheat


@dataclass(slots=True)
class WindowDay:
    """One window's day as it fills; `lines` have `t` in seconds of the day until they are written."""

    shape: Shape
    random: Random
    day: int
    window: int
    clerk: Clerk
    playground: bool
    lines: list[Line] = field(default_factory=list)
    presses: list[Press] = field(default_factory=list)
    unrated: int = 0
    left: list[float] = field(default_factory=list)
    """When citizens who did not rate were done."""
    before: int | None = None
    """Level of the last citizen who rated."""
    to_repair: int = 0
    """Visits after a low rating that a cheat still makes good."""
    mood: float = 0.0
    """Log odds that all of the hall's citizens are worse-tempered today."""
    number: int = 0
    begin: float = OPENS
    end: float = CLOSES

    def live(self) -> None:
        """From opening to closing, with a pause at noon."""
        self._add(self.begin, "window.open")
        at = self.begin + self.random.uniform(30, 400)
        paused = self.begin >= NOON or self.end <= NOON
        while at < self.end - 120:
            if at >= NOON and not paused:
                self._add(max(at, NOON), "window.pause")
                self._idle(max(at, NOON), REOPENS)
                at, paused = REOPENS + self.random.uniform(10, 200), True
                self._add(REOPENS, "window.open")
                continue
            at = self._visit(at)
            gap = self.random.expovariate(self._visits_expected() / 24_000)
            if gap > 90:
                self._idle(at, min(at + gap, self.end))
            at += gap
        self._add(max(self.end, at), "window.close")
        self._evening(max(self.end, at))
        self._strays()

    def favoured(self, times: list[float]) -> None:
        """Add false presses that a friend makes here."""
        self.presses += (Press(at, self.shape.levels, "cheat") for at in times)

    # visits

    def _visit(self, at: float) -> float:
        """One citizen; the time at which the next may be called."""
        shape, random = self.shape, self.random
        matters = 1 + (random.randint(1, 3) if random.random() < shape.several else 0)
        for matter in range(matters):
            ticket = self._issue(at - (random.expovariate(1 / 500) if matter == 0 else random.uniform(5, 60)))
            if matter == 0 and random.random() < shape.missed:
                self._call(at, ticket)
                self._add(at + random.uniform(40, 150), "ticket.missed", ticket)
                return at + 170
            at = self._serve(at, ticket, quick=matter > 0)
        return at

    def _serve(self, at: float, ticket: str, *, quick: bool) -> float:
        random, cheats = self.random, self._cheats()
        self._call(at, ticket)
        arrived = at + random.uniform(4, 40)
        took = random.lognormvariate(5.6, 0.5) * (0.25 if quick else 1.0)
        if cheats == "miscoded" and random.random() < 0.25 * self.clerk.dose:
            self._add(arrived, "ticket.arrived", ticket)
            self._add(arrived + took + 320, "ticket.missed", ticket)
            return arrived + took + 330
        finished = arrived + took
        self._add(arrived, "ticket.arrived", ticket)
        if cheats == "unplugged" and random.random() < 0.3 * self.clerk.dose:
            self._away(arrived + 5, finished + 40)
        ended = finished + (random.uniform(15, 60) if self.shape.wings and not self._seldom_invites() else 0.0)
        self._add(ended, "ticket.finished", ticket)
        forgotten = self.shape.wings and self._seldom_invites() and random.random() < 0.3
        if not forgotten and not (cheats == "uninvited" and random.random() < 0.4 * self.clerk.dose):
            until = finished + self.shape.invite_s
            self.lines.append(
                {"t": finished, "ev": "rating.invited", "ticket": ticket, "win": self.window, "until": until}
            )
        return max(self._rated(arrived, finished), ended)

    def _visits_expected(self) -> float:
        """Of this window, today."""
        third = self.shape.days / 3
        return self.shape.visits * (self.shape.surge if third <= self.day < 2 * third else 1.0)

    def _seldom_invites(self) -> bool:
        """In a hall of two wings: this one does."""
        return 2 * self.window <= self.shape.windows

    def _rated(self, arrived: float, finished: float) -> float:
        """The citizen's own press, if any, and the clerk's; when the window is free again."""
        random, clerk, shape = self.random, self.clerk, self.shape
        boost = 1.2 if shape.campaign_day is not None and self.day >= shape.campaign_day else 0.0
        if shape.service_rates:
            boost += shape.service_rates[self._matter()]
        boost -= 0.4 * self.mood
        rates = random.random() < chance(clerk.rate + clerk.drift[self.day // 5] + boost + random.gauss(0, 0.6))
        level = self._level()
        own = finished + delay_of(shape, clerk.pace, random) if rates else None
        by = "citizen"
        if own is not None and random.random() < clerk.early:
            own = finished - min(0.6 * (finished - arrived), random.uniform(2, 40))
        elif random.random() < clerk.helped:
            own, by = finished + 1.6 * delay_of(shape, clerk.pace, random), "assisted"
            level = max(level, shape.levels - 1)
            if random.random() < shape.declared:
                self._add(own - random.uniform(2, 6), "press.assist_declared")
        added, instead = self._ruse(arrived, finished, own, level)
        self.presses += (Press(at, kind, maker) for at, kind, maker in added)
        if own is None or instead:
            self.unrated += not added
            if not added:
                self.left.append(finished)
            return max([finished + random.uniform(8, 25), *(one + 3 for one, *_ in added)])
        self.before = level
        self.presses.append(Press(own, level, by))
        if random.random() < shape.doubled_key:
            self.presses.append(Press(own + random.uniform(0.1, 1.0), level, by))
        if random.random() < shape.corrected:
            self.presses.append(Press(own + random.uniform(2, 9), self._level(), by))
        return max([own + 4, finished + 8, *(one + 3 for one, *_ in added)])

    def _level(self) -> int:
        if self.random.random() < chance(self.clerk.top - self.mood):
            return self.shape.levels
        return max(1, self.shape.levels - self.random.choice((1, 1, 1, 2, 2, 3)))

    # cheats

    def _cheats(self) -> str | None:
        clerk = self.clerk
        if clerk.strategy is None or self.day < clerk.start:
            return None
        if clerk.strategy == "on_off":
            return "fast" if (self.day - clerk.start) // 5 % 2 == 0 else None
        return clerk.strategy

    def _ruse(self, arrived: float, finished: float, own: float | None, level: int) -> tuple[list[ruses.Made], bool]:
        """Presses of the clerk, and whether they stand in the citizen's place."""
        strategy = self._cheats()
        if strategy not in RESERVED:
            added, instead = self._fakes(arrived, finished, own, level)
            return [(at, kind, "cheat") for at, kind in added], instead
        visit = ruses.Visit(self.day, arrived, finished, own, level, self.before, self.to_repair)
        if strategy == "repair":
            low = own is not None and ruses.is_low(level, self.shape.levels)
            self.to_repair = ruses.REPAIRS if low and not self.to_repair else max(0, self.to_repair - 1)
        return ruses.fakes(strategy, visit, self.clerk, self.shape, self.random)

    def _fakes(  # noqa: C901, PLR0911 - one way a strategy
        self, arrived: float, finished: float, own: float | None, level: int
    ) -> tuple[list[tuple[float, int]], bool]:
        """Presses of the clerk as (time, level), and whether they stand in the citizen's place."""
        random, top, dose = self.random, self.shape.levels, self.clerk.dose
        strategy = self._cheats()
        if strategy == "mixed":
            strategy = random.choice(("fast", "overwrite", "after_leave"))
        low = ruses.is_low(level, top)
        gone = finished + self.shape.stays_s * random.lognormvariate(0, 0.4)
        match strategy:
            case "fast" if random.random() < 0.6 * dose:
                return [(finished + random.uniform(0.15, 1.1), top)], True
            case "preempt" if random.random() < 0.45 * dose:
                return [(finished - min(0.6 * (finished - arrived), random.uniform(3, 60)), top)], True
            case "overwrite" if own is not None and low and random.random() < dose:
                return [(max(own, finished) + random.uniform(3, 12), top)], False
            case "shield" if low and random.random() < dose:
                return [(finished + random.uniform(0.2, 1.5), top)], False
            case "after_leave" if own is None and random.random() < dose:
                return [(gone + self.clerk.rhythm_s * random.lognormvariate(0, 0.3), top)], False
            case "near_top" if own is None and random.random() < dose:
                return [
                    (gone + self.clerk.rhythm_s * random.lognormvariate(0, 0.3), top - (random.random() < 0.4))
                ], False
            case "bot" if own is None and random.random() < dose:
                return [(finished + self.clerk.rhythm_s + random.gauss(0, 0.05), top)], False
            case "mimic" | "quarter_end" if own is None and random.random() < dose:
                return [(finished + delay_of(self.shape, self.clerk.pace, random), top)], False
            case "before_call" if own is None and random.random() < dose:
                return [(finished + random.uniform(12, 25), top)], False
        return [], False

    def _idle(self, begin: float, end: float) -> None:
        """Nobody is at the window."""
        random, strategy = self.random, self._cheats()
        if strategy == "idle" and random.random() < 0.12 * self.clerk.dose:
            at = random.uniform(begin + 70, max(end, begin + 80))
            for _ in range(random.choice((1, 1, 2))):
                self.presses.append(Press(at, self.shape.levels, "cheat"))
                at += random.uniform(2, 9)
        if strategy == "lunch" and begin >= NOON and end == REOPENS:
            for _ in range(min(self.unrated, random.randint(1, 4))):
                self.presses.append(Press(random.uniform(begin + 120, end - 300), self.shape.levels, "cheat"))
        if strategy == "ghost" and end - begin > 120 and random.random() < 0.15 * self.clerk.dose:
            at = begin + random.uniform(20, 60)
            ticket = self._issue(at - random.uniform(2, 15))
            self._call(at, ticket)
            finished = at + random.uniform(5, 25)
            self._add(at + 2, "ticket.arrived", ticket)
            self._add(finished, "ticket.finished", ticket)
            self.lines.append(
                {
                    "t": finished,
                    "ev": "rating.invited",
                    "ticket": ticket,
                    "win": self.window,
                    "until": finished + self.shape.invite_s,
                }
            )
            self.presses.append(Press(finished + random.uniform(2, 10), self.shape.levels, "cheat"))

    def _evening(self, closed: float) -> None:
        random, strategy = self.random, self._cheats()
        if strategy in {"batch", "morning"}:
            at = closed + random.uniform(60, 1500) if strategy == "batch" else self.begin - random.uniform(300, 1500)
            for _ in range(self.unrated):
                if random.random() < 0.8 * self.clerk.dose:
                    self.presses.append(Press(at, self.shape.levels, "cheat"))
                    at += random.uniform(1.8, 7)

    def _strays(self) -> None:
        random = self.random
        mean = self.shape.strays_hour * 9 * (8 if self.playground else 1)
        at = OPENS
        while (at := at + random.expovariate(mean / (9 * 3600))) < CLOSES + 1800:
            for _ in range(random.choice((1, 1, 1, 2, 4))):
                self.presses.append(Press(at, random.randint(1, self.shape.levels), "stray"))
                at += random.uniform(0.4, 6)

    # lines

    def _issue(self, at: float) -> str:
        self.number += 1
        ticket = f"d{self.day}w{self.window}c{self.clerk.name}n{self.number}"
        self.lines.append(
            {
                "t": max(8.5 * 3600, at),
                "ev": "ticket.issued",
                "ticket": ticket,
                "service": self._service(),
                "kiosk": "K1",
            }
        )
        return ticket

    def _call(self, at: float, ticket: str) -> None:
        self._add(at, "ticket.called", ticket)

    def _away(self, begin: float, end: float) -> None:
        for at, what in ((begin, "device.offline"), (end, "device.online")):
            self.lines.append({"t": at, "ev": what, "device": f"pad-{self.window}", "win": self.window})

    def _add(self, at: float, ev: str, ticket: str | None = None) -> None:
        line: Line = {"t": at, "ev": ev, "win": self.window, "clerk": self.clerk.name}
        if ticket is not None:
            line |= {"ticket": ticket, "service": self._service()}
        self.lines.append(line)

    def _service(self) -> str:
        if self.shape.unknown_services:
            return f"x{self.window}-{self.number % 40}"
        return f"s{self._matter()}"

    def _matter(self) -> int:
        """Number of the service; windows that keep to one do another's work at every fifth ticket."""
        if self.shape.service_rates and self.number % 5:
            return self.window % self.shape.services
        return (self.number // 5 if self.shape.service_rates else self.number) % self.shape.services

    def events(self) -> Iterator[Line]:
        """All lines of the day, presses too; a press carries who made it under `by`, which is never written."""
        yield from self.lines
        for press in self.presses:
            by = (self.clerk.name, press.by)
            yield {"t": press.at, "ev": "key.pressed", "win": self.window, "level": press.level, "by": by}
