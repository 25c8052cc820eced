"""Work on keypads: while somebody tests or mends one, its presses count for nobody.

Each span has an end, also where nobody ends it: a keypad that is forgotten must not swallow the next citizens' presses.
It outlives a restart of the hub.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from hub.bus import Bus
from hub.domain.events import MaintenanceEnded, MaintenanceStarted
from hub.domain.state import Maintained
from hub.errors import StateForbids, StorageFull
from hub.hall import Hall

WHAT: Final = "maintenance"
LOOK_S: Final = 1.0
"""How late an end may come: looked for once a second, as a wall clock may step."""


class Maintenance:
    """The hall's spans of maintenance. `run` ends those that are over."""

    def __init__(self, hall: Hall, bus: Bus, changed: Callable[[], None]) -> None:
        """`changed` is called whenever one begins or ends."""
        self._hall = hall
        self._bus = bus
        self._changed = changed

    def of(self, device: str) -> list[Maintained]:
        """What is done with a device now, drills too."""
        return [one for one in self._hall.state.maintenance if one.device == device]

    def start(self, device: str, windows: Sequence[int], minutes: int, reason: str, by: str) -> int:
        """Begin, or set a new end and reason; return the number of the fact to wait for."""
        until_ms = self._bus.clock.wall_ms() + minutes * 60_000
        fact = MaintenanceStarted(device, by, tuple(windows), WHAT, until_ms, reason)
        return self._publish(fact)

    def end(self, device: str, windows: Sequence[int], by: str) -> int:
        """Let presses count again; StateForbids where none of the windows is under maintenance."""
        running = [one for one in self.of(device) if one.what == WHAT]
        if not any(window in one.windows for one in running for window in windows):
            raise StateForbids("maintenance", "none", f"{device}没有在维护中 (not under maintenance)")
        return self._publish(MaintenanceEnded(device, by, tuple(windows), WHAT))

    async def run(self) -> None:
        """End what is over, until cancelled."""
        while True:
            await asyncio.sleep(min(LOOK_S, self._bus.clock.real_s(LOOK_S)))
            now_ms = self._bus.clock.wall_ms()
            for one in tuple(self._hall.state.maintenance):
                if one.what == WHAT and one.until_ms is not None and one.until_ms <= now_ms:
                    try:
                        self._publish(MaintenanceEnded(one.device, "time", tuple(one.windows), WHAT))
                    except StorageFull:
                        break  # told once there is room

    def _publish(self, fact: MaintenanceStarted | MaintenanceEnded) -> int:
        seq = self._bus.publish(fact)
        self._changed()
        return seq
