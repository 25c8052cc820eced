"""Tickets that a changed configuration leaves without a window."""

from __future__ import annotations

from hub.domain.model import Setup
from hub.domain.state import HallState, Ticket


def stranded(state: HallState, setup: Setup) -> tuple[Ticket, ...]:
    """The open tickets that no window of `setup` can call or go on with, in the order of their coming."""
    found = (ticket for ticket in state.tickets.values() if _is_stranded(ticket, setup))
    return tuple(sorted(found, key=lambda ticket: ticket.issued_seq))


def _is_stranded(ticket: Ticket, setup: Setup) -> bool:
    if ticket.state in {"called", "serving", "held"}:
        return ticket.window not in setup.windows
    if ticket.state not in {"waiting", "missed"}:
        return False
    if ticket.service not in setup.services:
        return True
    return not setup.windows_of(ticket.service) if ticket.reserved is None else ticket.reserved not in setup.windows
