"""A window as its clerk and the managers see it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import tzinfo
from heapq import nsmallest
from typing import Final

from hub import wire
from hub.domain.model import Setup
from hub.domain.queueing import candidates, rank
from hub.domain.state import HallState, Ticket, Window

NEXT_SHOWN: Final = 8

Devices = Mapping[int, tuple[wire.WindowDevice, ...]]


def window_items(
    state: HallState, setup: Setup, zone: tzinfo, devices: Iterable[wire.DeviceItem]
) -> tuple[wire.WindowItem, ...]:
    """All windows as they stand."""
    at = devices_by_window(devices)
    missed = missed_by_service(state)
    return tuple(_item(state, setup, zone, number, at, missed) for number in setup.windows)


def window_item(
    state: HallState, setup: Setup, zone: tzinfo, devices: Iterable[wire.DeviceItem], number: int
) -> wire.WindowItem:
    """One window as it stands."""
    return _item(state, setup, zone, number, devices_by_window(devices), missed_by_service(state))


def devices_by_window(devices: Iterable[wire.DeviceItem]) -> Devices:
    """Which devices serve each window."""
    found: dict[int, tuple[wire.WindowDevice, ...]] = {}
    for device in devices:
        for number in device.windows:
            tested = any(not one.windows or number in one.windows for one in device.maintenance)
            found[number] = (*found.get(number, ()), wire.WindowDevice(device.id, device.state, tested))
    return found


def missed_by_service(state: HallState) -> Mapping[str, Sequence[Ticket]]:
    """Tickets that nobody came for, the latest first."""
    found: dict[str, list[Ticket]] = {}
    for ticket in state.tickets.values():
        if ticket.state == "missed":
            found.setdefault(ticket.service, []).append(ticket)
    for tickets in found.values():
        tickets.sort(key=lambda ticket: -ticket.since_ms)
    return found


def _item(
    state: HallState, setup: Setup, zone: tzinfo, number: int, devices: Devices, missed: Mapping[str, Sequence[Ticket]]
) -> wire.WindowItem:
    known = setup.windows[number]
    window = state.windows.get(number) or Window(number)
    ticket = state.tickets.get(window.ticket or "")
    clerk = setup.clerks.get(window.clerk or "")
    waiting = list(candidates(state, known)) if any(state.queues.values()) else []
    # The order in which `domain.queueing.choose` prefers them.
    first = nsmallest(NEXT_SHOWN, waiting, key=lambda pair: (rank(pair[1].priority), pair[0]))
    held = (state.tickets[key] for key in window.held if key in state.tickets)
    return wire.WindowItem(
        number=number,
        name=known.name,
        department=known.department,
        state=window.state,
        ticket=ticket.number if ticket else None,
        ticket_id=ticket.id if ticket else None,
        service=ticket.service if ticket else None,
        recalls=ticket.recalls if ticket else 0,
        clerk=window.clerk,
        clerk_name=clerk.name if clerk else None,
        since=wire.rfc3339(window.since_ms, zone) if window.since_ms else None,
        reason=window.reason,
        held=_refs(held),
        missed=_refs(one for code in known.services for one in missed.get(code, ())),
        waiting=len(waiting),
        next=tuple(wire.NextTicket(t.id, t.number, t.service, t.priority) for _, t in first),
        invite_until=_open_until(window),
        devices=devices.get(number, ()),
        assisted_at=_assisted_at(window, zone),
    )


def _assisted_at(window: Window, zone: tzinfo) -> str | None:
    ticket = window.rated_next
    return wire.rfc3339(window.assisted_ms, zone) if ticket is not None and ticket == window.assisted else None


def _refs(tickets: Iterable[Ticket]) -> tuple[wire.TicketRef, ...]:
    return tuple(wire.TicketRef(ticket.id, ticket.number) for ticket in tickets)


def _open_until(window: Window) -> int | None:
    invite = window.invite
    return None if invite is None or invite.ended or invite.rated else invite.until_ms
