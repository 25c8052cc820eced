"""Strategies of the reserve: what a cheat who is careful in some other way adds to one visit."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final

from hub.bench.halls.people import Clerk, delay_of
from hub.bench.halls.shapes import Shape

REPAIRS: Final = 3  # visits after a low rating
SHORT_S: Final = 220.0

Made = tuple[float, int, str]
"""A press: seconds of the day, level, maker."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit as the clerk knows it at its end: seconds of the day."""

    day: int
    arrived: float
    finished: float
    own: float | None  # when the citizen would press
    level: int  # and what
    before: int | None  # level of the last citizen who rated
    to_repair: int


def is_low(level: int, levels: int) -> bool:
    """Whether a level is a low one of so many."""
    return level * 2 <= levels + levels % 2


def fakes(strategy: str, visit: Visit, clerk: Clerk, shape: Shape, random: Random) -> tuple[list[Made], bool]:
    """Presses of the clerk, and whether they stand in the citizen's place."""
    dose, finished, top = clerk.dose, visit.finished, shape.levels
    pressed_late = finished + delay_of(shape, clerk.pace, random)
    unrated = visit.own is None
    made: Made | None = None
    match strategy:
        case "phone_busy" if random.random() < 0.25 and random.random() < dose:
            made = finished + random.uniform(1.5, 4.5), top, "cheat"
        case "short" if unrated and finished - visit.arrived < SHORT_S and random.random() < dose:
            made = finished + random.uniform(2, 6), top, "cheat"
        case "spread" if unrated and random.random() < 0.4 * dose:
            made = pressed_late, top, "cheat"
        case "copy" if unrated and visit.before is not None and random.random() < dose:
            made = pressed_late, visit.before, "cheat"
        case "creep" if unrated and random.random() < dose * _progress(visit.day, clerk, shape):
            made = pressed_late, top, "cheat"
        case "repair" if visit.to_repair and random.random() < dose:
            made = finished + random.uniform(1.5, 5), top, "cheat"
        case "asked" if random.random() < 0.7 * dose:
            made = _after_asking(visit, finished + random.uniform(4, 10), top)
    return ([], False) if made is None else ([made], True)


def favours(left: list[float], dose: float, random: Random) -> list[float]:
    """When a friend presses for those who left a window unrated."""
    return [finished + random.uniform(6, 25) for finished in left if random.random() < 0.4 * dose]


def _after_asking(visit: Visit, at: float, top: int) -> Made:
    """What the citizen says is pressed, unless it is nothing or bad."""
    if visit.own is not None and not is_low(visit.level, top):
        return at, visit.level, "assisted"
    return at, top, "cheat"


def _progress(day: int, clerk: Clerk, shape: Shape) -> float:
    return (day - clerk.start) / max(1, shape.days - clerk.start)
