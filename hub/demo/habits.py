"""Numbers of the made-up hall's people and hours. They are invented; no hall was measured for them.

Times of day are seconds since midnight, durations seconds of the hall.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final, TypeVar

T = TypeVar("T")

OPENS: Final = 9 * 3600
NOON: Final = 12 * 3600
REOPENS: Final = 13 * 3600 + 1800
CLOSES: Final = 17 * 3600
DOORS_BEFORE: Final = 60
"""The doors open a little before the windows: whoever starts the demo at speed 1 need not wait for the first ticket."""
OVERTIME: Final = 1800
"""So long after closing, clerks still serve those who wait."""
HOUSE_CLOSED: Final = CLOSES + OVERTIME + 900

CURVE: Final = (
    (OPENS - DOORS_BEFORE, OPENS - DOORS_BEFORE + 25, 26.0),  # the crowd at the door
    (OPENS, 9.5 * 3600, 1.2),
    (9.5 * 3600, 10.5 * 3600, 1.55),
    (10.5 * 3600, 11.25 * 3600, 1.05),
    (11.25 * 3600, 11.8 * 3600, 0.6),
    (REOPENS - DOORS_BEFORE, 14 * 3600, 0.8),
    (14 * 3600, 15.25 * 3600, 1.3),
    (15.25 * 3600, 16.25 * 3600, 0.9),
    (16.25 * 3600, 16.75 * 3600, 0.4),
)
"""From, to, and how busy: 1 is the day's mean."""

LOAD: Final = 0.72
"""Share of the windows' time that the day's citizens take."""
BETWEEN_S: Final = 75
"""From one citizen's end of service to the next one's start, roughly: rating, calling, walking."""
MATTERS: Final = ((1, 0.80), (2, 0.13), (3, 0.07))
PRIORITIES: Final = (
    (None, 0.80),
    ("elderly", 0.09),
    ("appointment", 0.07),
    ("disabled", 0.02),
    ("serviceman", 0.015),
    ("green_channel", 0.005),
)
ELDERLY_SHARE: Final = 0.16
"""Of whom about half know of the priority queue."""
IMPATIENT_SHARE: Final = 0.08
DISTRACTED_SHARE: Final = 0.04
HELD_SHARE: Final = 0.03
TRANSFERRED_SHARE: Final = 0.03

LEVELS: Final = ((5, 0.80), (4, 0.13), (3, 0.045), (2, 0.025))
"""What citizens press: four keys, levels 5, 4, 3, 2 (FF68)."""
KEYS: Final = {5: 3, 4: 2, 3: 1, 2: 0}
"""Level to evaluator key (devices.md §3.1)."""
RATES: Final = (("keypad", 0.84), ("phone", 0.03), ("never", 0.13))
LATE_SHARE: Final = 0.02
TWICE_SHARE: Final = 0.025
BOUNCE_SHARE: Final = 0.01

PAUSES: Final = ("接水", "取材料", "与后台沟通", "业务请示")
NOON_PAUSE: Final = "午休"


@dataclass(frozen=True, slots=True)
class Spread:
    """A log-normal time: half of all below `median_s`, cut off at both ends."""

    median_s: float
    sigma: float
    least_s: float
    most_s: float

    def draw(self, random: Random) -> float:
        """One of them, to a tenth of a second."""
        drawn = self.median_s * random.lognormvariate(0.0, self.sigma)
        return round(min(max(drawn, self.least_s), self.most_s), 1)


WALK: Final = Spread(18, 0.4, 6, 60)
ELDERLY_WALK: Final = Spread(32, 0.4, 12, 90)
PRESS_AFTER: Final = Spread(6, 0.7, 1.5, 50)
ELDERLY_PRESS_AFTER: Final = Spread(13, 0.6, 3, 55)
SERVICE: Final = Spread(1.0, 0.42, 0.25, 3.0)
"""As a multiple of the service's typical time."""
GAP: Final = Spread(14, 0.5, 4, 60)
"""From the end of one visit until the clerk calls the next."""
NOTICE: Final = Spread(5, 0.6, 1, 30)
"""From the first who waits until a free clerk calls."""
LOOK_UP: Final = Spread(3, 0.5, 1, 10)
"""From the citizen's arrival until the clerk begins."""


def pick(random: Random, table: tuple[tuple[T, float], ...]) -> T:
    """One of the table's values, as often as its share says."""
    values = [value for value, _ in table]
    return random.choices(values, [share for _, share in table])[0]
