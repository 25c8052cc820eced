"""One day's events in the order in which they happened, each once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from hub.selfpress.reading import Event

SLACK_MS: Final = 1_000  # two events this close may stand either way round
AHEAD: Final = 9  # events looked at to tell a late event from a clock that was set back


def in_order(events: Sequence[Event]) -> list[Event]:
    """Late events moved to their place and repeated ones dropped.

    Where the clock was set back all that follows is early; there the order of arrival stands.
    """
    kept = _once(events)
    if len(kept) < 2:
        return kept
    t = np.array([event.t for event in kept], float)
    if (t[1:] >= t[:-1]).all():
        return kept
    before = np.maximum.accumulate(t)
    behind = t < before - SLACK_MS
    late = behind & ~_mostly(behind)
    place = np.where(late, t, before)
    return [kept[i] for i in np.argsort(place, kind="stable")]


def _mostly(behind: np.ndarray) -> np.ndarray:
    """Whether more than half of the next AHEAD events are behind as well: then the clock went, not the event."""
    padded = np.concatenate([behind.astype(int), np.repeat(int(behind[-1]), AHEAD)])
    total = np.concatenate([[0], np.cumsum(padded)])
    n = len(behind)
    following = total[1 + AHEAD : 1 + AHEAD + n] - total[1 : 1 + n]
    result: np.ndarray = following * 2 > AHEAD
    return result


def _once(events: Sequence[Event]) -> list[Event]:
    """Without exact repeats: a line that came twice, whatever its number."""
    seen: set[object] = set()
    kept = []
    for event in events:
        key = (
            event.press
            if event.press is not None
            else (event.ev, event.t, event.ticket, event.win, event.clerk, event.device, _word(event.state))
        )
        if key not in seen:
            seen.add(key)
            kept.append(event)
    return kept


def _word(value: object) -> str | None:
    return value if isinstance(value, str) else None
