"""Guesses are counted: codes and PINs can't be tried out by the thousand."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Final

from starlette.exceptions import HTTPException

PER_MINUTE: Final = 30
KEPT_MOST: Final = 10_000
"""Guessers that are remembered; the longest-known are forgotten first."""
_MINUTE_NS: Final = 60_000_000_000


class Attempts:
    """A leaky bucket for each guesser: `most` failures at once, and as many a minute."""

    def __init__(self, mono_ns: Callable[[], int], most: int = PER_MINUTE) -> None:
        self._mono_ns = mono_ns
        self._most = most
        self._failures: dict[Hashable, tuple[float, int]] = {}

    def check(self, who: Hashable) -> None:
        """Raise 429 where `who` failed too often of late."""
        level = self._level(who)
        if level > self._most - 1:
            wait_s = int((level - self._most + 1) * 60 / self._most) + 1
            raise HTTPException(429, headers={"retry-after": str(wait_s)})

    def failed(self, who: Hashable) -> None:
        """Count one failure."""
        level = self._level(who) + 1
        self._failures.pop(who, None)
        self._failures[who] = (level, self._mono_ns())
        if len(self._failures) > KEPT_MOST:
            del self._failures[next(iter(self._failures))]

    def _level(self, who: Hashable) -> float:
        level, at_ns = self._failures.get(who, (0.0, 0))
        return max(0.0, level - (self._mono_ns() - at_ns) * self._most / _MINUTE_NS)
