"""One citizen's way through the hall: ticket, wait, window, rating."""

from __future__ import annotations

from hub.demo.agenda import FOR_EVER_MS, Bell
from hub.demo.floor import Floor
from hub.demo.habits import KEYS
from hub.demo.http import API
from hub.demo.plan import Citizen
from hub.demo.witness import Hand
from hub.domain import events as e
from hub.domain.model import TicketState

_CREATED = 201
_OK = 200


class Visitor:
    """Plays one citizen's plan."""

    def __init__(self, plan: Citizen, floor: Floor) -> None:
        self.plan = plan
        self.state: TicketState = "waiting"
        """Of the ticket, as seen on signs and wall."""
        self._window: int | None = None
        self._floor = floor
        self._agenda = floor.agenda
        self._bell = Bell(floor.agenda)
        self._ticket = ""
        self._code = ""
        self._patience_ms: float = FOR_EVER_MS
        self._late_s = plan.late_s
        self._turns = 0

    def begin_turn(self) -> int:
        """The clerk turns to the citizen; how often it has happened, this time included."""
        self._turns += 1
        return self._turns

    def heard(self, fact: e.Fact) -> None:
        """Something happened to the ticket."""
        match fact:
            case e.TicketCalled() | e.TicketTakenBack():
                self.state, self._window = "called", fact.window
            case e.TicketMissed():
                self.state, self._window = "missed", None
            case e.TicketHeld():
                self.state = "held"
            case e.TicketTransferred() | e.TicketReturned():
                self.state, self._window = "waiting", None
            case e.TicketFinished():
                self.state = "finished"
            case e.TicketCancelled():
                self.state = "cancelled"
            case _:
                return
        self._bell.ring()

    async def live(self) -> None:
        """From the kiosk until out of the door."""
        if not await self._take_ticket():
            return
        try:
            while await self._be_called():
                if await self._go_to_window():
                    await self._be_served()
                if self.state == "finished":
                    await self._rate()
                    return
        finally:
            self._floor.holders.pop(self._ticket, None)

    async def _take_ticket(self) -> bool:
        plan = self.plan
        body = {"service": plan.service, "kiosk": plan.kiosk, "priority": plan.priority}
        status, ticket = await self._floor.tools.kiosk.post(f"{API}/tickets", body, key=plan.name)
        if status != _CREATED:
            return False
        self._ticket, self._code = ticket["id"], ticket["link"].rpartition("/")[2]
        self._floor.holders[self._ticket] = self
        known = self._floor.state.tickets.get(self._ticket)
        if known is not None and known.state == "called":  # called before the paper was in the hand
            self.state, self._window = "called", known.window
        if plan.patience_s is not None:
            self._patience_ms = self._agenda.now_ms + plan.patience_s * 1000
        return True

    async def _be_called(self) -> bool:
        """Wait for the call; False where the citizen goes home."""
        while self.state != "called":
            if self.state == "missed" and not await self._come_back():
                return False
            news = await self._bell.until(lambda: self.state in {"called", "missed"}, self._patience_ms)
            if not news and not await self._run_out_of_patience():
                return False
        return True

    async def _run_out_of_patience(self) -> bool:
        """Leave; whether the citizen thinks better of it."""
        self._patience_ms = FOR_EVER_MS
        if self.plan.gives_up_ticket:
            await self._floor.tools.kiosk.delete(f"{API}/tickets/{self._ticket}")
            return False
        if self.plan.comes_back_s is None:
            # Out of the door with the number in the pocket: the clerk will call it in vain.
            await self._bell.until(lambda: False)
        await self._agenda.sleep(self.plan.comes_back_s or 0.0)
        return True

    async def _come_back(self) -> bool:
        """After a missed call (复到)."""
        if self.plan.comes_back_s is None:
            return False
        await self._agenda.sleep(min(self.plan.comes_back_s, 300.0))
        status, _ = await self._floor.tools.kiosk.post(f"{API}/tickets/{self._ticket}/return")
        return status == _OK

    async def _go_to_window(self) -> bool:
        """Walk; whether the call still stood on arrival."""
        window = self._window
        await self._agenda.sleep(self.plan.walk_s + self._late_s)
        self._late_s = 0.0
        if self.state != "called" or window is None or self._window != window:
            return False
        self._floor.arrive(window, self._ticket)
        return True

    async def _be_served(self) -> TicketState:
        """Stand at the window until the clerk is done for now."""
        window = self._window or 0
        await self._bell.until(lambda: self.state != "called")
        if self.state != "finished":
            self._floor.leave(window, self._ticket)
        if self.state == "held":
            await self._agenda.sleep(self.plan.held_s or 60.0)
            self._floor.come_back_to(window, self._ticket)
        return self.state

    async def _rate(self) -> None:
        window, plan = self._window or 0, self.plan
        if plan.rates == "keypad":
            await self._agenda.sleep(plan.press_after_s)
            self._press(window)
            if plan.twice_after_s is not None:
                await self._agenda.sleep(plan.twice_after_s)
                self._press(window)
        self._floor.leave(window, self._ticket)
        if plan.rates == "phone":
            await self._agenda.sleep(plan.phone_after_s)
            await self._floor.tools.phone.post(f"/r/{self._code}", {"level": plan.level})

    def _press(self, window: int) -> None:
        level = self.plan.level
        self._floor.press(window, KEYS[level], Hand(level), bounce=self.plan.bounces)
        self._floor.note_press(window, self._ticket, level)
