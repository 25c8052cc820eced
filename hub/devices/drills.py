"""Drills: every key of a keypad is asked for, and no press counts while it runs (maintenance)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from hub.bus import Bus
from hub.domain.events import KeyPressed, MaintenanceEnded, MaintenanceStarted, Recorded
from hub.domain.state import Maintained
from hub.shown import Shown

WHAT: Final = "drill"
DRILL_S: Final = 120.0
"""Enough to walk along the windows of one line; a drill that is forgotten must not swallow the next citizen's press."""


@dataclass(slots=True)
class Running:
    """A drill of one device; `wanted` and `seen` hold (bus address, key value)."""

    by: str
    until_ms: int
    wanted: frozenset[tuple[int, int]]
    windows: tuple[int, ...]
    ends: asyncio.TimerHandle | None = None
    running: bool = True
    seen: set[tuple[int, int]] = field(default_factory=set)


class Drills:
    """The hall's drills, running and last."""

    def __init__(self, bus: Bus, shown: Shown) -> None:
        self._bus = bus
        self._drills: dict[str, Running] = {}
        shown.watch(self._watch)

    def end_forgotten(self, running: Iterable[Maintained]) -> None:
        """End drills that an earlier run of the hub left behind."""
        left = [MaintenanceEnded(one.device, "restart", tuple(one.windows)) for one in running if one.what == WHAT]
        if left:
            self._bus.publish(*left)

    def start(self, device: str, keys: Mapping[int, Sequence[int]], windows: Sequence[int], by: str) -> Running:
        """Start a drill, or return the one that runs; `keys`: the key values to press, by bus address."""
        current = self._drills.get(device)
        if current is not None and current.running:
            return current
        seconds = self._bus.clock.real_s(DRILL_S)
        wanted = frozenset((address, key) for address, values in keys.items() for key in values)
        drill = Running(by, self._bus.clock.wall_ms() + int(DRILL_S * 1000), wanted, tuple(windows))
        drill.ends = asyncio.get_running_loop().call_later(seconds, self._end, device)
        self._drills[device] = drill
        self._bus.publish(MaintenanceStarted(device, by, drill.windows, WHAT, drill.until_ms))
        return drill

    def _watch(self, batch: Sequence[Recorded]) -> None:
        for recorded in batch:
            fact = recorded.fact
            if isinstance(fact, KeyPressed) and (drill := self._drills.get(fact.device)) and drill.running:
                drill.seen.add((fact.address, fact.key))
                if drill.wanted <= drill.seen:
                    self._end(fact.device)

    def _end(self, device: str) -> None:
        drill = self._drills[device]
        if drill.running:
            drill.running = False
            if drill.ends is not None:
                drill.ends.cancel()
            self._bus.publish(MaintenanceEnded(device, drill.by, drill.windows, WHAT))
