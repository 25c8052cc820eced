"""A day's people, planned ahead: who comes when and why, who works how. The same seed makes the same plan.

What becomes of a plan depends on the queue, as in life; nothing is drawn while the hall runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final, Literal

from hub.demo import habits
from hub.demo.habits import pick
from hub.demo.town import Service, Town, Window
from hub.demo.tricks import Dice, Trick, cheats, series

Rates = Literal["keypad", "phone", "never"]

_VISITS_MOST: Final = 160
"""More than any window gets through in a day."""


@dataclass(frozen=True, slots=True)
class Citizen:
    """One person's day at the hall. Times of day are seconds since midnight, durations seconds."""

    name: str
    arrives: float
    kiosk: str
    service: str
    priority: str | None
    elderly: bool
    matters: int
    service_s: float
    walk_s: float
    late_s: float
    """Comes to the window so much later: in the corridor when called."""
    patience_s: float | None
    """Leaves after so long a wait; None: waits."""
    gives_up_ticket: bool
    """Tells the kiosk when leaving."""
    comes_back_s: float | None
    """So long after leaving, or after the call was missed."""
    held_s: float | None
    """Has to fetch something in mid-service, which takes so long."""
    transferred: bool
    rates: Rates
    level: int
    press_after_s: float
    twice_after_s: float | None
    """Presses again."""
    bounces: bool
    phone_after_s: float


@dataclass(frozen=True, slots=True)
class Visit:
    """How a clerk deals with the n-th visit of the day."""

    notice_s: float
    look_up_s: float
    gap_s: float
    dice: Dice


@dataclass(frozen=True, slots=True)
class Pause:
    """An interruption of the window's service, with what the clerk presses meanwhile (gaps in seconds)."""

    begins: float
    ends: float
    reason: str
    presses: tuple[float, ...] = ()

    @property
    def lasts(self) -> float:
        """Its length."""
        return self.ends - self.begins

    @property
    def at_noon(self) -> bool:
        """Whether it is the hall's noon break, which ends for all at the same time."""
        return self.reason == habits.NOON_PAUSE


@dataclass(frozen=True, slots=True)
class ClerkDay:
    """One clerk's day at a window."""

    clerk: str
    window: int
    arrives: float
    quickness: float
    """Service takes so many times as long as the citizen's matter would."""
    visits: tuple[Visit, ...]
    pauses: tuple[Pause, ...]
    tricks: tuple[Trick, ...]
    batch: tuple[float, ...]
    """Gaps before the presses after closing."""


@dataclass(frozen=True, slots=True)
class DayPlan:
    """Everybody's day."""

    day: int
    """Counted from 0."""
    citizens: tuple[Citizen, ...]
    clerks: tuple[ClerkDay, ...]


def plan_day(town: Town, seed: int, day: int) -> DayPlan:
    """The plan of the day with that number."""
    return DayPlan(day, tuple(_citizens(town, seed, day)), tuple(_clerks(town, seed, day)))


def _citizens(town: Town, seed: int, day: int) -> list[Citizen]:
    random = Random(f"citizens/{seed}/{day}")
    coming = [
        (arrives, town.service(random.choice(window.services)))
        for window in town.windows
        for arrives in _arrivals(random, _expected(town, window))
    ]
    coming.sort(key=lambda one: one[0])
    return [
        _citizen(
            Random(f"citizen/{seed}/{day}/{n}"), f"d{day}-{n}", arrives, town.kiosks[n % len(town.kiosks)], service
        )
        for n, (arrives, service) in enumerate(coming, 1)
    ]


def _expected(town: Town, window: Window) -> float:
    """How many citizens a day one window brings."""
    typical_s = sum(town.service(code).typical_s for code in window.services) / len(window.services)
    matters = sum(count * share for count, share in habits.MATTERS)
    open_s = habits.NOON - habits.OPENS + habits.CLOSES - habits.REOPENS
    return habits.LOAD * open_s / (typical_s * _stretch(matters) + habits.BETWEEN_S)


def _arrivals(random: Random, expected: float) -> list[float]:
    """Times of day, by the curve."""
    weights = [(until - since) * busy for since, until, busy in habits.CURVE]
    found = []
    for (since, until, _), weight in zip(habits.CURVE, weights, strict=True):
        mean = expected * weight / sum(weights)
        count = int(mean) + (random.uniform(0, 1) < mean - int(mean))
        found += [round(random.uniform(since, until), 1) for _ in range(count)]
    return found


def _citizen(random: Random, name: str, arrives: float, kiosk: str, service: Service) -> Citizen:
    elderly = random.uniform(0, 1) < habits.ELDERLY_SHARE
    priority = pick(random, habits.PRIORITIES)
    elderly = elderly or priority == "elderly"
    matters = pick(random, habits.MATTERS)
    walk = habits.ELDERLY_WALK if elderly else habits.WALK
    press = habits.ELDERLY_PRESS_AFTER if elderly else habits.PRESS_AFTER
    service_s = service.typical_s * habits.SERVICE.draw(random) * _stretch(matters) * (1.2 if elderly else 1.0)
    impatient = _chance(random, habits.IMPATIENT_SHARE)
    late_press_s = random.uniform(62, 110) if _chance(random, habits.LATE_SHARE) else None
    return Citizen(
        name=name,
        arrives=arrives,
        kiosk=kiosk,
        service=service.code,
        priority=priority,
        elderly=elderly,
        matters=matters,
        service_s=round(service_s, 1),
        walk_s=walk.draw(random),
        late_s=_maybe(random, habits.DISTRACTED_SHARE, 50, 220) or 0.0,
        patience_s=round(random.uniform(300, 1500), 1) if impatient else None,
        gives_up_ticket=_chance(random, 0.2),
        comes_back_s=_maybe(random, 0.45, 120, 1500),
        held_s=_maybe(random, habits.HELD_SHARE, 240, 720),
        transferred=_chance(random, habits.TRANSFERRED_SHARE),
        rates=pick(random, habits.RATES),
        level=pick(random, habits.LEVELS),
        press_after_s=round(late_press_s, 1) if late_press_s is not None else press.draw(random),
        twice_after_s=_maybe(random, habits.TWICE_SHARE, 1.8, 6),
        bounces=_chance(random, habits.BOUNCE_SHARE),
        phone_after_s=round(random.uniform(60, 3600), 1),
    )


def _stretch(matters: float) -> float:
    """Several matters in one visit take less than as many visits."""
    return 1 + 0.6 * (matters - 1)


def _chance(random: Random, share: float) -> bool:
    return random.uniform(0, 1) < share


def _maybe(random: Random, share: float, least_s: float, most_s: float) -> float | None:
    drawn = round(random.uniform(least_s, most_s), 1)
    return drawn if _chance(random, share) else None


def _clerks(town: Town, seed: int, day: int) -> list[ClerkDay]:
    tricks = cheats(tuple(clerk.id for clerk in town.clerks), seed)
    return [_clerk(window, tricks.get(window.clerk, ()), seed, day) for window in town.windows]


def _clerk(window: Window, tricks: tuple[Trick, ...], seed: int, day: int) -> ClerkDay:
    always = Random(f"clerk/{seed}/{window.clerk}")
    random = Random(f"clerk/{seed}/{window.clerk}/{day}")
    return ClerkDay(
        clerk=window.clerk,
        window=window.number,
        arrives=habits.OPENS + round(random.uniform(-40, 45), 1),
        quickness=round(always.uniform(0.85, 1.2), 3),
        visits=tuple(_visit(random) for _ in range(_VISITS_MOST)),
        pauses=_pauses(random, tricks),
        tricks=tricks,
        batch=series(random, (6, 14), (3, 9)) if "batch" in tricks else (),
    )


def _visit(random: Random) -> Visit:
    return Visit(
        notice_s=habits.NOTICE.draw(random),
        look_up_s=habits.LOOK_UP.draw(random),
        gap_s=habits.GAP.draw(random),
        dice=Dice.draw(random),
    )


def _pauses(random: Random, tricks: tuple[Trick, ...]) -> tuple[Pause, ...]:
    """One short pause in the morning and one in the afternoon for most, and noon for all."""
    spans = ((9.75 * 3600, 11.25 * 3600), (14.25 * 3600, 16.25 * 3600))
    found = [Pause(habits.NOON, habits.REOPENS, habits.NOON_PAUSE)]
    for since, until in spans:
        begins, lasts = round(random.uniform(since, until), 1), round(random.uniform(240, 600), 1)
        reason = random.choice(habits.PAUSES)
        presses = series(random, (3, 6), (8, 30))
        if _chance(random, 0.8):
            found.append(Pause(begins, begins + lasts, reason, presses if "pause" in tricks else ()))
    return tuple(sorted(found, key=lambda pause: pause.begins))
