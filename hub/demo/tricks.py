"""擅自按键: the ways in which a few of the demo's clerks press the keypad themselves.

The hub is never told. What they did is printed at the end, beside what the hub saw.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final, Literal

Trick = Literal["fast", "after_leave", "overwrite", "pause", "batch"]

TRICKS: Final[dict[Trick, tuple[str, str]]] = {
    "fast": ("刚办结就抢先按“非常满意”", "presses the top key right after finishing"),
    "after_leave": ("群众没评就走，趁邀请未结束替按", "presses for citizens who left without rating"),
    "overwrite": ("群众评低分后马上补按高分", "presses the top key over a bad rating"),
    "pause": ("暂停服务时空按", "presses off any ticket while the window is paused"),
    "batch": ("签退后成批补按", "presses a batch after closing"),
}
_HABITS: Final[tuple[tuple[Trick, ...], ...]] = (("fast",), ("after_leave", "overwrite"), ("pause", "batch"))
_SHARE: Final = 3 / 8
TOP: Final = 5


def cheats(clerks: tuple[str, ...], seed: int) -> dict[str, tuple[Trick, ...]]:
    """Which clerks press themselves, and how; about three in eight."""
    random = Random(f"tricks/{seed}")
    count = max(1, round(len(clerks) * _SHARE))
    habits = random.sample(_HABITS, len(_HABITS))
    chosen = sorted(random.sample(clerks, count))
    return {clerk: habits[n % len(habits)] for n, clerk in enumerate(chosen)}


@dataclass(frozen=True, slots=True)
class Dice:
    """What a clerk will do at one visit, drawn ahead: each below its trick's share means that it is done."""

    does: float
    delay_s: float
    """0 to 1, stretched to the trick's own range."""

    @classmethod
    def draw(cls, random: Random) -> Dice:
        """One throw."""
        return cls(round(random.uniform(0, 1), 4), round(random.uniform(0, 1), 4))

    def within(self, share: float) -> bool:
        """Whether it is done."""
        return self.does < share

    def between(self, least_s: float, most_s: float) -> float:
        """The delay."""
        return round(least_s + (most_s - least_s) * self.delay_s, 2)


def series(random: Random, count: tuple[int, int], gap_s: tuple[float, float]) -> tuple[float, ...]:
    """Gaps before each press of a series."""
    return tuple(round(random.uniform(*gap_s), 1) for _ in range(random.randint(*count)))
