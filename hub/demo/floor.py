"""The hall's floor: who stands where, and how people get to know what the hub did.

Citizens and clerks see what the signs, the wall and the pads show: the durable facts, folded in `hub.shown`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from hub.demo.agenda import Agenda, Bell
from hub.demo.hardware import Hardware
from hub.demo.http import Http
from hub.demo.town import Town
from hub.demo.witness import Hand, Witness
from hub.domain import events as e
from hub.domain.model import WindowSetup
from hub.domain.queueing import candidates
from hub.domain.state import HallState
from hub.domain.state import Window as WindowNow
from hub.wiring import Hub

CITIZENS: Final = "demo-citizens"
CLERKS: Final = "demo-clerks"
"""Names of the tokens that the simulated people use; whoever else works at a window is a visitor of the demo."""
_OURS: Final = (CITIZENS, CLERKS, "pad:")
VISITOR_STAYS_S: Final = 60.0
"""Real seconds after a visitor's last command until the simulated clerk takes the window over again."""


class Holder(Protocol):
    """Who holds a ticket."""

    def heard(self, fact: e.Fact) -> None:
        """Something happened to the ticket."""


@dataclass(slots=True)
class Counter:
    """One window's counter."""

    bell: Bell
    present: str | None = None
    """Ticket of the citizen who stands there."""
    pressed: tuple[str, int] = ("", 0)
    """The ticket whose holder pressed last, and the level."""
    back: list[str] = field(default_factory=list)
    """Held tickets whose citizens are there again."""
    pad_frames: int = 0
    visitor_at: float = float("-inf")
    """Loop time of a visitor's last command."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What people work with."""

    kiosk: Http
    page: Http
    phone: Http
    hardware: Hardware
    witness: Witness


class Floor:
    """Follows the facts while `open`."""

    def __init__(self, town: Town, hub: Hub, agenda: Agenda, tools: Tools) -> None:
        self.town = town
        self.agenda = agenda
        self.tools = tools
        self.counters = {window.number: Counter(Bell(agenda)) for window in town.windows}
        self.holders: dict[str, Holder] = {}
        self._setup = hub.hall.setup.windows
        self._shown = hub.shown
        self._bus = hub.bus
        self._news = Bell(agenda)
        self._loop = asyncio.get_running_loop()

    def open(self) -> Callable[[], None]:
        """Begin; the returned function ends it."""
        return self._shown.watch(self._see)

    @property
    def state(self) -> HallState:
        """What is shown."""
        return self._shown.state

    def window(self, number: int) -> WindowNow:
        """What is shown of one window."""
        return self._shown.state.window(number)

    def waiting(self, number: int) -> bool:
        """Whether somebody waits whom the window may call."""
        return next(candidates(self._shown.state, self._setup[number]), None) is not None

    def has_visitor(self, number: int) -> bool:
        """Whether a visitor of the demo works at the window."""
        return self._loop.time() - self.counters[number].visitor_at < VISITOR_STAYS_S

    def is_present(self, number: int, ticket: str) -> bool:
        """Whether the ticket's holder is at the counter; a visitor's ticket always has its holder there."""
        return ticket not in self.holders or self.counters[number].present == ticket

    def arrive(self, number: int, ticket: str) -> None:
        """A citizen steps up."""
        self.counters[number].present = ticket
        self.counters[number].bell.ring()

    def leave(self, number: int, ticket: str) -> None:
        """A citizen steps aside."""
        if self.counters[number].present == ticket:
            self.counters[number].present = None

    def come_back_to(self, number: int, ticket: str) -> None:
        """A held citizen has fetched what was missing."""
        self.counters[number].back.append(ticket)
        self.counters[number].bell.ring()

    def note_press(self, number: int, ticket: str, level: int) -> None:
        """The clerk saw the citizen press."""
        self.counters[number].pressed = (ticket, level)
        self.counters[number].bell.ring()

    def press(self, number: int, key: int, hand: Hand, *, bounce: bool = False) -> None:
        """A hand presses an evaluator key."""
        self.tools.witness.saw(number, self.tools.hardware.press(number, key, bounce=bounce), hand)

    async def caught_up(self) -> None:
        """Wait until all that is durable by now is shown, too."""
        seq = self._bus.durable_seq
        await self._news.until(lambda: self._shown.state.seq >= seq)

    def _see(self, batch: Sequence[e.Recorded]) -> None:
        touched: set[int] = set()
        for recorded in batch:
            fact = recorded.fact
            ticket, number = getattr(fact, "ticket", None), getattr(fact, "window", None)
            if ticket in self.holders:
                self.holders[ticket].heard(fact)
            if number in self.counters:
                touched.add(number)
                self._note_work(number, fact)
            if isinstance(fact, e.TicketIssued | e.TicketReturned | e.TicketTransferred):
                touched.update(n for n, setup in self._setup.items() if _may_call(setup, fact))
        self._news.ring()
        for number in touched:
            self.counters[number].bell.ring()

    def _note_work(self, number: int, fact: e.Fact) -> None:
        if isinstance(fact, e.PadKeyed):
            self.counters[number].pad_frames += 1
        by = getattr(fact, "by", None)
        if by is not None and not by.startswith(_OURS):
            self.counters[number].visitor_at = self._loop.time()


def _may_call(setup: WindowSetup, fact: e.TicketIssued | e.TicketReturned | e.TicketTransferred) -> bool:
    return fact.service in setup.services or getattr(fact, "to_window", None) == setup.number
