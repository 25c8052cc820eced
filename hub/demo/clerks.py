"""One clerk's day at a window: look at the state, do the next thing."""

from __future__ import annotations

from typing import Final

from hub.demo import habits
from hub.demo.citizens import Visitor
from hub.demo.floor import Counter, Floor
from hub.demo.habits import KEYS
from hub.demo.hands import Hands, PadHands, PageHands
from hub.demo.plan import ClerkDay, Pause, Visit
from hub.demo.tricks import TOP, Trick
from hub.demo.witness import Hand
from hub.domain.state import Window as WindowNow

PATIENCE_S: Final = (45.0, 30.0, 30.0)
"""How long the clerk waits for a called citizen before the first recall, the second, and giving up."""
RATING_S: Final = 20.0
"""How long a clerk gives the citizen to rate before calling the next."""
GUEST_S: Final = 150.0
"""How long a visitor's own ticket takes."""
PAUSE_LATE_S: Final = 3600.0
"""A pause that could not be had for so long is forgotten."""
NOON_LATE_S: Final = 900.0
"""So long into noon a clerk still serves those who wait."""
SHRUG_S: Final = 5.0
ALONE_S: Final = 20.0
"""How often a clerk whose window a visitor works at looks whether the chair is free again."""

_SHARES: Final[dict[Trick, float]] = {"fast": 0.30, "after_leave": 0.75, "overwrite": 0.90}


class ClerkAtWork:
    """Plays one clerk's plan."""

    def __init__(self, plan: ClerkDay, floor: Floor, midnight_ms: int, *, by_page: bool) -> None:
        self.plan = plan
        self._floor = floor
        self._agenda = floor.agenda
        self._midnight_ms = midnight_ms
        self._hands: Hands = PageHands(floor, plan.window) if by_page else PadHands(floor, plan.window)
        self._counter: Counter = floor.counters[plan.window]
        self._visits = 0
        self._pauses = list(plan.pauses)
        self._back_ms = 0
        """When the present pause ends."""

    async def work(self) -> None:
        """The whole day."""
        await self._agenda.until(self._at(self.plan.arrives))
        while not self._done():
            if self._floor.has_visitor(self.plan.window):
                await self._agenda.sleep(ALONE_S)
                continue
            await self._step()
        await self._go_home()

    # --- what the window's state asks for -------------------------------------------------------------------------

    async def _step(self) -> None:
        match self._window.state:
            case "closed":
                await self._sign_on()
            case "paused":
                await self._sit_out_pause()
            case "called":
                await self._receive()
            case "serving":
                await self._serve()
            case _:
                await self._between()

    async def _sign_on(self) -> None:
        await self._hands.do("sign-on", clerk=self.plan.clerk)
        if self._window.state == "closed":  # refused: look again a little later
            await self._agenda.sleep(ALONE_S)

    async def _between(self) -> None:
        """Nobody at the window: a pause that is due, a held citizen, the next one."""
        if (pause := self._pause_due()) is not None:
            await self._take_pause(pause)
            return
        if back := self._held_and_back():
            self._counter.back.remove(back)
            await self._hands.do("take-back", ticket=back)
        elif self._floor.waiting(self.plan.window):
            self._visits += 1
            await self._hands.do("next")
            if self._window.state == "idle":  # another window was quicker
                await self._agenda.sleep(SHRUG_S)
        else:
            await self._wait_for_somebody()

    async def _wait_for_somebody(self) -> None:
        def somebody() -> bool:
            return self._floor.waiting(self.plan.window) or self._held_and_back() is not None

        next_pause = self._at(self._pauses[0].begins) if self._pauses else self._at(habits.CLOSES)
        if await self._counter.bell.until(somebody, max(next_pause, self._agenda.now_ms + 1000)):
            await self._agenda.sleep(self._visit.notice_s)

    async def _receive(self) -> None:
        """Wait for the called citizen; call again; give up."""
        ticket = self._window.ticket or ""
        for n, patience_s in enumerate(PATIENCE_S):
            if n:
                await self._hands.do("recall")
            by_ms = self._agenda.now_ms + patience_s * 1000
            if await self._counter.bell.until(lambda: self._comes(ticket), by_ms):
                break
        else:
            await self._hands.do("miss")
            return
        if self._window.ticket == ticket:
            await self._agenda.sleep(self._visit.look_up_s)
            await self._hands.do("start")
            await self._serve()

    def _comes(self, ticket: str) -> bool:
        """The citizen is there, or the call no longer stands."""
        return self._window.ticket != ticket or self._floor.is_present(self.plan.window, ticket)

    async def _serve(self) -> None:
        ticket = self._window.ticket or ""
        visitor = self._floor.holders.get(ticket)
        if not isinstance(visitor, Visitor):
            await self._work_on(ticket, GUEST_S)
            await self._finish(ticket, 1)
            return
        citizen, first = visitor.plan, visitor.begin_turn() == 1
        service_s = citizen.service_s * self.plan.quickness
        target = self._floor.town.window(self.plan.window).transfer_to
        if first and citizen.held_s is not None:
            await self._work_on(ticket, service_s * 0.4)
            await self._hands.do("hold")
        elif first and citizen.transferred and target is not None:
            await self._work_on(ticket, service_s * 0.3)
            await self._hands.do("transfer", window=target)
        else:
            await self._work_on(ticket, service_s if first else service_s * 0.6)
            await self._finish(ticket, citizen.matters, elderly=citizen.elderly)

    async def _finish(self, ticket: str, matters: int, *, elderly: bool = False) -> None:
        if self._window.ticket != ticket or self._floor.has_visitor(self.plan.window):
            return
        await self._hands.do("finish", matters=matters)
        if elderly:
            await self._hands.do("assist")
        await self._after(ticket)

    async def _work_on(self, ticket: str, seconds: float) -> None:
        """Work on the matter, unless somebody else takes it out of the clerk's hands."""
        await self._counter.bell.until(
            lambda: self._window.ticket != ticket or self._floor.has_visitor(self.plan.window),
            self._agenda.now_ms + seconds * 1000,
        )

    async def _after(self, ticket: str) -> None:
        """The citizen rates, or does not; then a breath before the next call."""
        finished_ms = self._agenda.now_ms
        visit = self._visit
        if self._does("fast"):
            await self._agenda.sleep(visit.dice.between(0.3, 0.9))
            self._press("fast")
        rated = await self._counter.bell.until(lambda: self._counter.pressed[0] == ticket, finished_ms + RATING_S * 1e3)
        if rated and self._counter.pressed[1] < TOP - 1 and self._does("overwrite"):
            await self._agenda.sleep(visit.dice.between(1.0, 3.0))
            self._press("overwrite")
        if not rated and self._does("after_leave"):
            await self._agenda.until(finished_ms + visit.dice.between(22, 48) * 1000)
            self._press("after_leave")
        await self._agenda.until(self._agenda.now_ms + visit.gap_s * 1000)

    # --- pauses and the day's end ---------------------------------------------------------------------------------

    def _pause_due(self) -> Pause | None:
        """The pause that has begun; noon waits until nobody does, the short ones until the clerk is free."""
        while self._pauses and self._late_s(self._pauses[0]) > PAUSE_LATE_S:
            del self._pauses[0]
        if not self._pauses or self._late_s(self._pauses[0]) < 0:
            return None
        pause = self._pauses[0]
        if pause.at_noon and self._late_s(pause) < NOON_LATE_S and self._floor.waiting(self.plan.window):
            return None
        return pause

    def _late_s(self, pause: Pause) -> float:
        return (self._agenda.now_ms - self._at(pause.begins)) / 1000

    async def _take_pause(self, pause: Pause) -> None:
        del self._pauses[0]
        await self._hands.do("pause", reason=pause.reason)
        self._back_ms = self._at(pause.ends) if pause.at_noon else self._agenda.now_ms + int(pause.lasts * 1000)
        if self._window.state == "paused":
            for gap_s in pause.presses:
                await self._agenda.sleep(gap_s)
                self._press("pause")

    async def _sit_out_pause(self) -> None:
        await self._counter.bell.until(lambda: self._window.state != "paused", self._back_ms)
        if self._window.state == "paused":
            await self._hands.do("resume")

    def _done(self) -> bool:
        """Whether the day is over: after closing, once nobody waits or is at the window, or overtime has passed."""
        over_s = (self._agenda.now_ms - self._at(habits.CLOSES)) / 1000
        if over_s < 0 or self._window.state in {"called", "serving"}:
            return False
        expected = self._floor.waiting(self.plan.window) or bool(self._window.held)
        return not expected or over_s > habits.OVERTIME

    async def _go_home(self) -> None:
        if self._window.state in {"idle", "rating", "paused"}:
            await self._hands.do("sign-off")
        for gap_s in self.plan.batch:
            await self._agenda.sleep(gap_s)
            self._press("batch")

    # --- small things ---------------------------------------------------------------------------------------------

    @property
    def _window(self) -> WindowNow:
        return self._floor.window(self.plan.window)

    @property
    def _visit(self) -> Visit:
        return self.plan.visits[self._visits % len(self.plan.visits)]

    def _at(self, time_of_day: float) -> int:
        return self._midnight_ms + int(time_of_day * 1000)

    def _held_and_back(self) -> str | None:
        """The oldest held ticket, where its citizen is back: the pad can take no other."""
        held = self._window.held
        return held[0] if held and held[0] in self._counter.back else None

    def _does(self, trick: Trick) -> bool:
        return trick in self.plan.tricks and self._visit.dice.within(_SHARES[trick])

    def _press(self, trick: Trick) -> None:
        self._floor.press(self.plan.window, KEYS[TOP], Hand(TOP, self.plan.clerk, trick))
