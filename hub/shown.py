"""The state that screens, signs and pads show: folded only from durable facts.

`Hall.state` is what decisions stand on and may run a few milliseconds ahead of the disk; what people are shown never
does. Only while the disk refuses (`Bus.trouble`) it goes on from memory, so that calling does not stop.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hub.bus import Bus
from hub.domain.events import Recorded
from hub.domain.state import HallState


class Shown:
    """Follows the log; `state` may be read at any time, and must not be changed."""

    def __init__(self, state: HallState, bus: Bus) -> None:
        self.state = state
        self._bus = bus
        self._watchers: list[Callable[[Sequence[Recorded]], None]] = []

    @property
    def trouble(self) -> str | None:
        """Why the disk refuses; None while all is well."""
        return self._bus.trouble

    def watch(self, watcher: Callable[[Sequence[Recorded]], None]) -> Callable[[], None]:
        """Be told of every batch after it was folded; the watcher must be quick. The returned function ends that."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    async def run(self) -> None:
        """Follow until cancelled."""
        async for batch in self._bus.follow(self.state.seq, pending=True):
            for recorded in batch:
                self.state.apply(recorded)
            for watcher in tuple(self._watchers):
                watcher(batch)
