"""The slip printer of one kiosk: a reader of the log that prints each ticket which names the kiosk.

A ticket's slip comes out unmarked at most once. Where that may have been tried already (the slip broke off or was not
begun, the printer or its cable went, the hub ended), it comes out marked 补打, when the printer says that it is well,
as long as its ticket waits and not later than `REPRINT_S` after its issue. The log has a fact before each such print.
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
from hub.domain.events import Fact, Recorded, SlipFailed, SlipPrinted, SlipReprintBegun, TicketIssued
from hub.domain.model import PRIORITY_NAMES
from hub.domain.state import Ticket
from hub.errors import StorageFull
from hub.hall import Hall
from hub.shown import Shown
from kiosk.printing import print_slip
from kiosk.slip import SlipView

FRESH_S: Final = 60.0
"""How long a citizen may be expected to wait at the kiosk for paper; a slip that comes later is marked too."""
REPRINT_S: Final = 300.0
"""After a ticket's issue: as long as a roll takes to change. Who took it longer ago has photographed the screen."""
REPRINTS_MOST: Final = 3
"""A printer that breaks off a ticket's slip so often in `REPRINT_S` needs a person, not another try."""
RETRY_S: Final = 1.0
"""Until a fact is told again that found too much waiting for a full disk."""


@dataclass(frozen=True, slots=True)
class Due:
    """A slip to print; `issued` on the event loop's clock."""

    ticket: str
    issued: float


class SlipPrinter:
    """Prints the slips of one kiosk."""

    def __init__(self, device: str, kiosk: str, public_url: str, hall: Hall, shown: Shown, bus: Bus) -> None:
        self._device = device
        self._kiosk = kiosk
        self._public_url = public_url
        self._hall = hall
        self._shown = shown
        self._bus = bus
        self._before = hall.state.seq
        """Of the slips of tickets up to this fact only the log knows what an earlier run of the hub did."""
        self._due: deque[Due] = deque()
        self._owed: dict[str, float] = {}
        """Tickets whose slip is to be printed again, and when they were issued, on the event loop's clock."""
        self._tried: set[str] = set()
        """Tickets whose paper may be out already while the log has no word of it."""
        self._half = False
        """Part of a slip may stand in the printer."""
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
            self._news.set()

    async def run(self, printer: Printer) -> None:
        """While the printer is connected: print what is due, and again what is owed."""
        stop = self._shown.watch(self._watch)
        try:
            await self._take_stock()
            while True:
                if self._owed and self.ready:
                    await self._print_again(printer)
                elif self._due:
                    await self._print_first(printer, self._due.popleft())
                else:
                    await self._next_news()
        finally:
            stop()

    def _watch(self, batch: Sequence[Recorded]) -> None:
        now = _now()
        for recorded in batch:
            fact = recorded.fact
            if isinstance(fact, TicketIssued) and fact.kiosk == self._kiosk:
                self._due.append(Due(fact.ticket, now))
        self._news.set()

    async def _next_news(self) -> None:
        await self._news.wait()
        self._news.clear()

    async def _take_stock(self) -> None:
        """Find what has no slip yet, and what is owed one, from before this connection."""
        self._due.clear()
        now_ms, now = self._bus.clock.wall_ms(), _now()
        for ticket in tuple(self._hall.state.tickets.values()):
            if ticket.kiosk != self._kiosk or ticket.slip == "printed" or ticket.id in self._owed:
                continue
            before = ticket.issued_seq <= self._before
            self._half = self._half or before
            due = Due(ticket.id, now - (now_ms - ticket.issued_ms) / 1000)
            if ticket.slip_owed:
                self._owed[due.ticket] = due.issued
            elif ticket.slip is None and (before or ticket.id in self._tried):
                await self._fail(due, "结果未记下 (the log has no word of what came of it)", unknown=True)
            elif ticket.slip is None:
                self._due.append(due)
        self._before = 0

    async def _print_first(self, printer: Printer, due: Due) -> None:
        ticket = self._hall.state.tickets.get(due.ticket)
        if ticket is None or ticket.slip is not None or ticket.id in self._owed:
            return
        await self._bus.durable(ticket.issued_seq)  # the hall runs ahead of a full disk; paper must not
        if _now() - due.issued > FRESH_S:
            await self._fail(due, "取号后过久未能打印 (too late)")
        else:
            await self._print(printer, ticket, due, reprint=False)

    async def _print_again(self, printer: Printer) -> None:
        """Print the slip that is owed longest, once the fact that it begins is durable; where the printer is well."""
        due = Due(*next(iter(self._owed.items())))
        ticket = self._waiting(due)
        if ticket is None:
            del self._owed[due.ticket]  # the log's last word of it stands
            return
        self._status = await printer.status()
        if not self.ready:
            return
        begun = await self._publish(SlipReprintBegun(ticket.id, self._kiosk, self._device))
        del self._owed[due.ticket]
        await self._bus.durable(begun)
        if self._waiting(due) is None:
            await self._publish(self._failed(ticket.id, "已叫号或已过久，不再补打 (called meanwhile, or too late)"))
        else:
            await self._print(printer, ticket, due, reprint=True)

    def _waiting(self, due: Due) -> Ticket | None:
        """The ticket, where a slip is still of use to its citizen."""
        ticket = self._hall.state.tickets.get(due.ticket)
        in_time = _now() - due.issued <= REPRINT_S
        return ticket if ticket is not None and ticket.state == "waiting" and in_time else None

    async def _print(self, printer: Printer, ticket: Ticket, due: Due, *, reprint: bool) -> None:
        self._tried.add(ticket.id)
        try:
            view = self._view(ticket, reprint=reprint)
            receipt = await print_slip(printer, view, after_a_half=self._half)
        except (LinkLost, asyncio.CancelledError):
            self._half = True
            if not reprint:  # a marked slip may lie there: it does not come once more
                self._owed[due.ticket] = due.issued
            fact = self._failed(due.ticket, "打印中断线 (link lost while printing)", unknown=True, owed=not reprint)
            with suppress(StorageFull):  # without a fact too it is owed, and after a restart nobody knows
                self._bus.publish(fact)
            raise
        self._half = receipt.stopped == "within" or (self._half and receipt.stopped == "before")
        if receipt.outcome in {"out", "sent"}:
            proof = receipt.outcome == "out"
            await self._publish(SlipPrinted(ticket.id, self._kiosk, self._device, proof=proof, reprint=reprint))
        else:
            unknown = receipt.outcome == "unknown"
            owed = ticket.reprints < REPRINTS_MOST and _is_owed(receipt, reprint=reprint)
            await self._fail(due, receipt.reason, unknown=unknown, owed=owed)
        self._tried.discard(ticket.id)

    async def _fail(self, due: Due, reason: str, *, unknown: bool = False, owed: bool = True) -> None:
        owed = owed and _now() - due.issued <= REPRINT_S
        if owed:
            self._owed[due.ticket] = due.issued
        await self._publish(self._failed(due.ticket, reason, unknown=unknown, owed=owed))

    def _failed(self, ticket: str, reason: str, *, unknown: bool = False, owed: bool = False) -> SlipFailed:
        return SlipFailed(ticket, self._kiosk, self._device, reason, unknown=unknown, owed=owed)

    async def _publish(self, fact: Fact) -> int:
        """Tell the log, as soon as there is room; return the fact's number."""
        while True:
            with suppress(StorageFull):
                return self._bus.publish(fact)
            await asyncio.sleep(RETRY_S)

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
            slip_code=ticket.slip_code,
        )


def _is_owed(receipt: Receipt, *, reprint: bool) -> bool:
    """Whether a slip without success is printed again: it was stopped, and no marked one can lie there already."""
    if receipt.stopped == "within" and receipt.outcome == "unknown":
        return not reprint
    return receipt.stopped is not None


def _now() -> float:
    return asyncio.get_running_loop().time()
