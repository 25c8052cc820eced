"""The slip printer of one kiosk: a reader of the log that prints each ticket which names the kiosk.

Whatever ticket of its kiosk has no slip in the log yet is due, also after a restart. Who took a ticket longer ago than
`FRESH_S` has left with a photograph of the screen; the log then says that no paper came.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from drivers.errors import LinkLost
from drivers.printer import Printer, PrinterStatus, Receipt, StatusChanged
from drivers.printer.trouble import silent, trouble
from hub.bus import Bus
from hub.domain.events import Recorded, SlipFailed, SlipPrinted, TicketIssued
from hub.domain.model import PRIORITY_NAMES
from hub.domain.state import Ticket
from hub.errors import StorageFull
from hub.hall import Hall
from hub.shown import Shown
from kiosk.printing import print_slip
from kiosk.slip import SlipView

NOTED_MOST: Final = 100
"""More than can be printed while one commit is under way."""
FRESH_S: Final = 60.0
"""How long a citizen may be expected to wait at the kiosk for paper."""
RETRY_S: Final = 1.0
"""Until an outcome is told again that found too much waiting for a full disk."""


@dataclass(frozen=True, slots=True)
class Due:
    """A slip to print; `until` on the event loop's clock."""

    ticket: str
    until: float


class SlipPrinter:
    """Prints the slips of one kiosk."""

    def __init__(self, device: str, kiosk: str, public_url: str, hall: Hall, shown: Shown, bus: Bus) -> None:
        self._device = device
        self._kiosk = kiosk
        self._public_url = public_url
        self._hall = hall
        self._shown = shown
        self._bus = bus
        self._due: deque[Due] = deque()
        self._begun: set[str] = set()
        """Tickets whose paper may be out already."""
        self._noted: deque[str] = deque(maxlen=NOTED_MOST)
        self._news = asyncio.Event()
        self._status = PrinterStatus()

    @property
    def ready(self) -> bool:
        """Whether the printer last said that nothing keeps it from printing."""
        return not silent(self._status) and not trouble(self._status)

    def received(self, event: object) -> None:
        """Note what the printer says of itself."""
        if isinstance(event, StatusChanged):
            self._status = event.status

    async def run(self, printer: Printer) -> None:
        """While the printer is connected: print what is due."""
        self._due.clear()
        stop = self._shown.watch(self._watch)
        self._due.extend(self._without_slip())
        try:
            while True:
                if not self._due:
                    await self._next_news()
                    continue
                due = self._due.popleft()
                ticket = self._shown.state.tickets.get(due.ticket)
                if ticket is None or ticket.id in self._noted:
                    continue
                await self._bus.durable(ticket.issued_seq)  # what is shown runs ahead of a full disk; paper must not
                if due.until < asyncio.get_running_loop().time():
                    begun = ticket.id in self._begun
                    await self._note(self._failed(ticket, "取号后过久未能打印 (too late)", unknown=begun))
                else:
                    await self._print(printer, ticket)
        finally:
            stop()

    def _watch(self, batch: Sequence[Recorded]) -> None:
        until = asyncio.get_running_loop().time() + FRESH_S
        for recorded in batch:
            fact = recorded.fact
            if isinstance(fact, TicketIssued) and fact.kiosk == self._kiosk:
                self._due.append(Due(fact.ticket, until))
        self._news.set()

    async def _next_news(self) -> None:
        await self._news.wait()
        self._news.clear()

    def _without_slip(self) -> list[Due]:
        now_ms, now = self._bus.clock.wall_ms(), asyncio.get_running_loop().time()
        return [
            Due(ticket.id, now + FRESH_S - (now_ms - ticket.issued_ms) / 1000)
            for ticket in self._shown.state.tickets.values()
            if ticket.kiosk == self._kiosk and (ticket.slip is None or ticket.id in self._begun)
        ]

    async def _print(self, printer: Printer, ticket: Ticket) -> None:
        """Print a slip; where the link is lost meanwhile it is printed again, marked 补打, when the printer is back."""
        reprint = ticket.id in self._begun
        self._begun.add(ticket.id)
        try:
            receipt = await print_slip(printer, self._view(ticket, reprint=reprint))
        except (LinkLost, asyncio.CancelledError):
            with suppress(StorageFull):  # it has no slip and was begun: it comes again, marked, without this fact too
                self._bus.publish(self._failed(ticket, "打印中断线 (link lost while printing)", unknown=True))
            raise
        await self._note(self._outcome(ticket, receipt, reprint=reprint))

    async def _note(self, fact: SlipPrinted | SlipFailed) -> None:
        while True:
            with suppress(StorageFull):
                self._bus.publish(fact)
                break
            await asyncio.sleep(RETRY_S)
        self._begun.discard(fact.ticket)
        self._noted.append(fact.ticket)  # the shown state learns of it only when it is durable

    def _outcome(self, ticket: Ticket, receipt: Receipt, *, reprint: bool) -> SlipPrinted | SlipFailed:
        if receipt.outcome in {"out", "sent"}:
            proof = receipt.outcome == "out"
            return SlipPrinted(ticket.id, self._kiosk, self._device, proof=proof, reprint=reprint)
        return self._failed(ticket, receipt.reason, unknown=receipt.outcome == "unknown")

    def _failed(self, ticket: Ticket, reason: str, *, unknown: bool = False) -> SlipFailed:
        return SlipFailed(ticket.id, self._kiosk, self._device, reason, unknown=unknown)

    def _view(self, ticket: Ticket, *, reprint: bool) -> SlipView:
        setup = self._hall.setup
        service = setup.services.get(ticket.service)
        return SlipView(
            number=ticket.number,
            service_name=service.name if service else ticket.service,
            issued_at=datetime.fromtimestamp(ticket.issued_ms / 1000, self._hall.zone),
            ahead=ticket.ahead,
            estimate_s=ticket.estimate_s,
            windows=setup.windows_of(ticket.service),
            qr_url=f"{self._public_url}/r/{ticket.code}",
            hall_name=setup.name,
            priority_label=PRIORITY_NAMES.get(ticket.priority or ""),
            reprint=reprint,
        )
