"""What the web needs of the hub."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from hub import wire
from hub.access import Access
from hub.bus import Bus
from hub.domain.calendar import WorkCalendar
from hub.domain.rules import RuleSet
from hub.hall import Hall
from hub.judging import Judging
from hub.shown import Shown


class DeviceView(Protocol):
    """The hall's devices as the web asks for them. All on the hub's loop; NotFound for an unknown id."""

    def items(self) -> Sequence[wire.DeviceItem]:
        """All devices as they stand; `ok` only while one answers."""

    def watch(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Be told whenever `items` changes; `changed` must be quick. The returned function ends that."""

    async def probe(self, device: str) -> wire.DeviceItem:
        """Ask the device now, and say how it stands then."""

    async def drill(self, device: str, *, by: str) -> wire.Drill:
        """Start a drill, in which every key is to be pressed and no press counts; where one runs, how far it is."""

    async def maintain(
        self, device: str, windows: Sequence[int] | None, *, minutes: int, reason: str, by: str
    ) -> wire.DeviceItem:
        """Put its keypads, or those of these windows, under maintenance: presses are tests until it ends."""

    async def end_maintenance(self, device: str, windows: Sequence[int] | None, *, by: str) -> wire.DeviceItem:
        """Let their presses count again."""

    def tap(self, device: str) -> wire.Tap:
        """The latest frames of its wire."""

    def prints(self, kiosk: str) -> bool:
        """Whether a printer serves the kiosk that is not known to be away or without paper."""


@dataclass(frozen=True, slots=True)
class Services:
    """The web's collaborators; `hall` is started and `shown.run()` runs."""

    hall: Hall
    shown: Shown
    bus: Bus
    access: Access
    devices: DeviceView
    calendar: WorkCalendar
    public_url: str
    """What citizens' phones are told, without a slash at the end: `WebTable.url`."""
    judging: Judging
    rule_sets: Sequence[RuleSet] = ()
    """Editions of the hall's rule set."""
