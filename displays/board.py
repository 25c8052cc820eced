"""The board: what the wall shows, made from the hall's state and nothing else."""

from __future__ import annotations

from datetime import tzinfo
from typing import Final

from hub import wire
from hub.domain.model import Setup
from hub.domain.queueing import estimate_s
from hub.domain.state import HallState
from hub.errors import refusal

STORAGE_NOTICE: Final = "{}：叫号照常进行，新取号和评价暂停，请联系管理员。"


def board(state: HallState, setup: Setup, zone: tzinfo, trouble: str | None = None) -> wire.Board:
    """The board as it stands; `trouble` is why the disk refuses, as the database says it."""
    return wire.Board(
        calls=tuple(
            wire.CallItem(call.number, call.window, wire.rfc3339(call.at_ms, zone), call.recalls)
            for call in state.calls
        ),
        services=tuple(service_wait(state, setup, code) for code in setup.services),
        windows=tuple(_window(state, setup, number) for number in setup.windows),
        notices=() if trouble is None else (STORAGE_NOTICE.format(refusal(trouble)[0]),),
    )


def service_wait(state: HallState, setup: Setup, code: str) -> wire.ServiceWait:
    """How many wait for a service, and how long a new ordinary ticket would."""
    service = setup.services[code]
    waiting = len(state.queues.get(code, ()))
    return wire.ServiceWait(code, service.name, waiting, estimate_s(state, setup, service, waiting))


def _window(state: HallState, setup: Setup, number: int) -> wire.BoardWindow:
    name = setup.windows[number].name
    window = state.windows.get(number)
    if window is None:
        return wire.BoardWindow(number, name, "closed", None, None)
    ticket = state.tickets.get(window.ticket or "")
    return wire.BoardWindow(number, name, window.state, ticket.number if ticket else None, window.clerk)
