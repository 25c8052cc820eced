"""差评核实整改 and the complaint register: each step is checked, published, answered when it is durable."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from hub.bus import Bus
from hub.domain import events as e
from hub.domain import grievances
from hub.domain.codec import is_erased
from hub.domain.grievances import CHANNELS, BadRating, Complaint
from hub.domain.rules import RuleSet, Terms, in_force
from hub.errors import BadValue, NotFound, StorageFull
from hub.hall import Hall


@dataclass(frozen=True, slots=True)
class Words:
    """What a complainant said and how to reach them, as long as it is kept."""

    text: str | None
    contact: str | None


class Grievances:
    """Bad ratings and complaints of a hall."""

    def __init__(self, hall: Hall, bus: Bus, rule_sets: Sequence[RuleSet]) -> None:
        self._hall = hall
        self._bus = bus
        self._rule_sets = rule_sets

    # --- 差评 ---------------------------------------------------------------------------------------------------------

    async def verify(self, rating: str, verdict: str, note: str, *, by: str) -> BadRating:
        """Whether a bad rating is founded."""
        return await self._bad(
            rating, lambda one, day: grievances.verify(one, verdict, note, day, by, self._finding(2))
        )

    async def rectify(self, rating: str, note: str, *, by: str) -> BadRating:
        """What was put right."""
        return await self._bad(rating, lambda one, day: grievances.rectify(one, note, day, by))

    async def call_back(self, rating: str, heard: str, note: str | None, *, by: str) -> BadRating:
        """What the citizen says now."""
        return await self._bad(rating, lambda one, day: grievances.call_back(one, heard, day, by, note))

    async def contact(self, rating: str, *, by: str) -> str | None:
        """Whom to call back: told to the call-back officer alone, and each look is a fact. None where none is kept."""
        self._hall.settle()
        one = self._known(rating)
        await self._stored([e.ContactSeen(rating, by)])
        return await asyncio.to_thread(self._holder, one.ticket)

    def bad_ratings(self) -> list[BadRating]:
        """Those that wait, the oldest first, then those closed lately."""
        return sorted(
            self._hall.state.bad_ratings.values(), key=lambda one: (one.closed is not None, one.day, one.rating)
        )

    # --- 投诉 ---------------------------------------------------------------------------------------------------------

    async def receive(
        self,
        channel: str,
        text: str,
        contact: str | None = None,
        window: int | None = None,
        clerk: str | None = None,
        *,
        by: str,
    ) -> Complaint:
        """Enter a complaint into the register."""
        hall = self._hall
        hall.settle()
        if channel not in CHANNELS:
            raise BadValue("channel", " | ".join(CHANNELS), channel)
        if window is not None and window not in hall.setup.windows:
            raise NotFound("window", str(window))
        if clerk is not None and hall.setup.clerks and clerk not in hall.setup.clerks:
            raise NotFound("clerk", clerk)
        complaint = f"t{self._bus.last_seq + 1}"
        day = hall.today().isoformat()
        await self._stored([e.ComplaintReceived(complaint, channel, day, window, clerk, by, text, contact)])
        return hall.state.complaints[complaint]

    async def answer(self, complaint: str, verdict: str, text: str, *, by: str) -> Complaint:
        """Answer in writing."""
        self._hall.settle()
        one = self.complaint(complaint)
        await self._stored(grievances.answer(one, verdict, text, self._hall.today(), by, self._finding(2)))
        return one

    def complaint(self, complaint: str) -> Complaint:
        """One of the register; NotFound."""
        found = self._hall.state.complaints.get(complaint)
        if found is None:
            raise NotFound("complaint", complaint)
        return found

    def complaints(self) -> list[Complaint]:
        """Those that wait, the oldest first, then those answered lately."""
        return sorted(
            self._hall.state.complaints.values(), key=lambda one: (one.answered is not None, one.day, one.seq)
        )

    def words(self, one: Complaint) -> Words:
        """What was said. Blocks while it reads."""
        for recorded in self._bus.log.read(one.seq - 1, 1):
            if isinstance(recorded.fact, e.ComplaintReceived):
                text, contact = recorded.fact.text, recorded.fact.contact
                return Words(None if is_erased(text) else text, None if is_erased(contact) else contact)
        return Words(None, None)

    # --- terms --------------------------------------------------------------------------------------------------------

    def terms(self) -> Terms:
        """Of the rule set in force today."""
        rules = in_force(self._rule_sets, self._hall.today())
        return Terms() if rules is None else rules.terms

    def due(self, day: str, term: int) -> date:
        """The last day of a term that began on `day`."""
        return grievances.due_day(day, term, self._hall.setup.calendar)

    def overdue(self, due: date, done: str | None) -> int:
        """Working days late."""
        return grievances.overdue(due, done, self._hall.today(), self._hall.setup.calendar)

    # --- inside -------------------------------------------------------------------------------------------------------

    async def _bad(self, rating: str, facts: Callable[[BadRating, date], list[e.Fact]]) -> BadRating:
        self._hall.settle()
        one = self._known(rating)
        await self._stored(facts(one, self._hall.today()))
        return one

    def _holder(self, ticket: str) -> str | None:
        """Who took a ticket. Blocks while it reads."""
        for recorded in self._bus.log.replay(kinds=(e.TicketIssued.kind,)):
            if isinstance(recorded.fact, e.TicketIssued) and recorded.fact.ticket == ticket:
                holder = recorded.fact.holder
                return None if is_erased(holder) else holder
        return None

    def _known(self, rating: str) -> BadRating:
        found = self._hall.state.bad_ratings.get(rating)
        if found is None:
            raise NotFound("rating", rating)
        return found

    def _finding(self, after: int) -> str:
        return f"d{self._bus.last_seq + after}"

    async def _stored(self, facts: list[e.Fact]) -> None:
        if not await self._bus.stored(self._bus.publish(*facts)):
            raise StorageFull(self._bus.trouble or "")
