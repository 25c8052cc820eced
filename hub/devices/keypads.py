"""Keypads and caller pads of one `[[devices]]` table.

Every frame is stored first and acknowledged only when it is durable; what it means was decided by `hub.hall`.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from drivers.errors import LinkLost
from drivers.keypad import Keypads, PadKey, RatingKey
from hub.bus import Bus
from hub.domain.events import RatingInvited, Recorded
from hub.domain.queueing import candidates
from hub.errors import StorageFull
from hub.hall import Hall, PadPress, Press
from hub.shown import Shown

# The pad's keys, by their data bytes (devices.md §3.1; meanings: interfaces.md).
PAD_VERBS: Final[Mapping[bytes, str]] = {
    b"\x0c": "next",
    b"\x0d": "recall",
    b"\x0b": "finish",
    b"\x06\x0f": "miss",
    b"\x00\x0f": "hold",
    b"\x03\x0f": "take-back",
    b"\x11": "announce",
    b"\x12": "pause",
    b"\x13": "transfer",
}
REFUSED_BEEPS: Final = 2
WAITING_EVERY_S: Final = 1.0
"""Between two waiting counts on one pad: the pads talk unasked, and collide with what the hub says to them."""
REFRESH_S: Final = 30.0
"""Until a pad is told again what it was told: it acknowledges nothing and forgets all when its power fails."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Told:
    """What a pad's display was told: how many wait, the ticket's last three digits, and when, by the loop's clock."""

    waiting: int
    ticket: str | None
    at: float

    def due_at(self, waiting: int, ticket: str | None) -> float:
        """When to tell it this: a new ticket at once, a new count soon, nothing new now and then."""
        if ticket != self.ticket:
            return self.at
        return self.at + (WAITING_EVERY_S if waiting != self.waiting else REFRESH_S)


class KeypadDesk:
    """Ties the keypads of one device to the hall. `windows`: bus address to window; `levels`: key value to level."""

    def __init__(
        self, device: str, windows: Mapping[int, int], levels: Mapping[int, int], hall: Hall, shown: Shown, bus: Bus
    ) -> None:
        self._device = device
        self._windows = windows
        self._levels = levels
        self._hall = hall
        self._shown = shown
        self._bus = bus
        self._keypads: Keypads | None = None
        self._to_arm: list[int] = []
        self._told: dict[int, Told] = {}
        self._news = asyncio.Event()

    async def received(self, event: RatingKey | PadKey) -> None:
        """Store, wait until it is durable, acknowledge; beep twice where a pad's verb is refused."""
        try:
            seq, refused = self._record(event)
        except StorageFull as error:
            _log.error("press.not_stored", device=self._device, raw=event.raw.hex(), reason=str(error))
            return  # unacknowledged: the device resends
        await self._bus.durable(seq)
        keypads = self._keypads
        if keypads is None:
            return
        try:
            await keypads.acknowledge(event)
            if refused:
                await keypads.beep(event.address, times=REFUSED_BEEPS)
        except LinkLost:
            return  # the device will resend, and the resend is acknowledged

    async def run(self, keypads: Keypads) -> None:
        """While the line is up: arm evaluators, keep the pads' displays right."""
        self._keypads = keypads
        self._told.clear()
        # Those whose citizen was asked while the line was down, and none whose visit is over since.
        self._to_arm = [address for address, number in self._windows.items() if self._asks(number)]
        due_s = 0.0
        stop = self._shown.watch(self._watch)
        try:
            while True:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(due_s):
                        await self._news.wait()
                self._news.clear()
                await self._arm(keypads)
                due_s = await self._show(keypads)
        finally:
            stop()
            self._keypads = None

    def _record(self, event: RatingKey | PadKey) -> tuple[int, bool]:
        """The number to wait for, and whether a pad should sound a refusal."""
        if isinstance(event, RatingKey):
            return self._hall.record_press(self._press(event)), False
        outcome = self._hall.record_pad(self._pad_press(event))
        return outcome.seq, outcome.refused

    def _press(self, event: RatingKey) -> Press:
        window = self._windows.get(event.address)
        return Press(
            device=self._device,
            address=event.address,
            window=window,
            key=event.key,
            level=None if window is None else self._levels.get(event.key),  # nobody said what an unknown keypad's mean
            raw=event.raw,
            received_ns=self._bus.clock.mono_ns_at(event.at),
            uncertainty_ms=int(event.uncertainty_s * 1000),
            device_ms=event.device_ms,
        )

    def _pad_press(self, event: PadKey) -> PadPress:
        return PadPress(
            device=self._device,
            address=event.address,
            window=self._windows.get(event.address),
            verb=PAD_VERBS.get(event.keys),
            raw=event.raw,
            received_ns=self._bus.clock.mono_ns_at(event.at),
        )

    def _watch(self, batch: Sequence[Recorded]) -> None:
        for recorded in batch:
            fact = recorded.fact
            if isinstance(fact, RatingInvited) and not fact.armed:
                self._to_arm.extend(address for address, window in self._windows.items() if window == fact.window)
        self._news.set()

    def _asks(self, number: int) -> bool:
        return self._shown.state.window(number).state == "rating"

    async def _arm(self, keypads: Keypads) -> None:
        while self._to_arm:
            await keypads.arm(self._to_arm[0])
            del self._to_arm[0]

    async def _show(self, keypads: Keypads) -> float:
        """Tell the pads what is due; the seconds until something is due again."""
        now = asyncio.get_running_loop().time
        next_at = now() + REFRESH_S
        for address, number in self._windows.items():
            wanted = self._display(number)
            if wanted is None:
                continue
            waiting, ticket = wanted
            told = self._told.get(address)
            if told is None or told.due_at(waiting, ticket) <= now():
                await keypads.show(address, waiting=waiting, ticket=ticket)
                told = self._told[address] = Told(waiting, ticket, now())
            next_at = min(next_at, told.due_at(waiting, ticket))
        return max(next_at - now(), 0.0)

    def _display(self, number: int) -> tuple[int, str | None] | None:
        """The waiting count and the last three digits of the ticket at the window."""
        setup = self._hall.setup.windows.get(number)
        if setup is None:
            return None
        state = self._shown.state
        ticket = state.tickets.get(state.window(number).ticket or "")
        waiting = sum(1 for _ in candidates(state, setup))
        return waiting, ticket.number[-3:] if ticket else None
