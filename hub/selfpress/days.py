"""Which day it is, though a clock may have been wrong for a moment, an hour or a week.

A day ends when most of the next events are on a later one; whoever stands alone with another day is left out. A day
more than a month away, before or behind, is believed once a further day has followed it: a hall that was closed so long
opens on more days than one, and a clock that was wrong is set right.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import Final

from hub.selfpress.reading import DAY_MS, Event

ASKED: Final = 9  # events that decide together
FAR_DAYS: Final = 31
MOST_HELD: Final = 100_000  # events for which a further day is waited for


class Days:
    """Takes events in the log's order and gives them back, each with the day to which it is counted."""

    def __init__(self) -> None:
        self.left_out = 0
        """Events that a wrong clock stamped."""
        self._day: int | None = None
        self._held: deque[Event] = deque()

    def take(self, event: Event) -> Iterator[tuple[int, Event]]:
        """Take an event; what is decided by it. An event of the day that it is, or of one just past, is at once."""
        if self._day is not None and not self._held and self._day - FAR_DAYS <= event.t // DAY_MS <= self._day:
            yield self._day, event
            return
        self._held.append(event)
        yield from self._decided(at_end=False)

    def flush(self) -> Iterator[tuple[int, Event]]:
        """What is held, decided by what there is; a far day that nothing followed is held on."""
        yield from self._decided(at_end=True)

    def _decided(self, *, at_end: bool) -> Iterator[tuple[int, Event]]:
        while self._held:
            if self._day is None:
                if len(self._held) < ASKED and not at_end:
                    return
                first = sorted(_day(event) for event in islice(self._held, ASKED))
                self._day = first[(len(first) - 1) // 2]
            believed = self._believed(_day(self._held[0]), self._day, at_end=at_end)
            if believed is None:
                return
            event = self._held.popleft()
            if not believed:
                self.left_out += 1
                continue
            if not self._day - FAR_DAYS <= _day(event) <= self._day:
                self._day = _day(event)
            yield self._day, event

    def _believed(self, day: int, today: int, *, at_end: bool) -> bool | None:
        """Whether a day is one; None where that can't be told yet."""
        if today - FAR_DAYS <= day <= today:
            return True
        if today < day <= today + FAR_DAYS:
            if len(self._held) < ASKED and not at_end:
                return None
            asked = list(islice(self._held, ASKED))
            return 2 * sum(_day(event) >= day for event in asked) > len(asked)
        if len(self._held) < ASKED:
            return None
        latest = [_day(self._held[-at]) for at in range(1, ASKED + 1)]
        if 2 * sum(_way(one, today) != _way(day, today) for one in latest) > ASKED or len(self._held) > MOST_HELD:
            return False
        return True if 2 * sum(one > day for one in latest) > ASKED else None


def _day(event: Event) -> int:
    return int(event.t // DAY_MS)


def _way(day: int, today: int) -> int:
    """Far before (-1), near (0) or far ahead (1)."""
    return (day > today + FAR_DAYS) - (day < today - FAR_DAYS)
