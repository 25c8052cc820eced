"""Any day in the hall: verbs, presses, pads, time, restarts in any order, and what must hold after each step."""

import asyncio
from collections import Counter
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from hub.domain import events as e
from hub.domain.state import HallState
from hub.errors import BadValue, Conflict, NotFound, StateForbids
from hub.eventlog import verify
from hub.hall import Issued, Request, restore
from tests.hub.ledger import SETUP
from tests.hub.running import Running, morning, running

BY = "test"
BY_TIME = {"day.started", "window.signed_off", "rating.invite_expired"}
"""Facts that time makes, whatever verb came along."""
OF_TICKETS = {"called": "called", "serving": "serving"}

windows = st.sampled_from(sorted(SETUP.windows))
services = st.sampled_from(sorted(SETUP.services))
picks = st.integers(0, 1000)
WINDOW_VERBS = ["start_service", "finish", "recall", "miss", "hold", "take_back", "invite", "assist", "call_next"]
USUAL = {
    "closed": ["sign_on"],
    "idle": ["call_next", "call_next", "call_next", "take_back", "invite"],
    "called": ["start_service", "start_service", "recall", "miss", "hold", "finish"],
    "serving": ["finish", "finish", "hold"],
    "rating": ["call_next", "take_back", "invite"],
    "paused": ["resume"],
}
PAD_KEYS = {"next": b"\x0c", "recall": b"\x0d", "finish": b"\x0b", "miss": b"\x06\x0f", "pause": b"\x12"}


class AnyDay(RuleBasedStateMachine):
    """Three windows, three services, and whatever happens."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = TemporaryDirectory()
        self.clock = morning()
        self.facts: list[e.Recorded] = []
        self.replies: dict[str, Issued] = {}
        self.boots = 1
        self.stack = AsyncExitStack()
        self.it: Running

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(work)

    @property
    def state(self) -> HallState:
        return self.it.hall.state

    @initialize()
    def opens(self) -> None:
        """Two windows are open and some people wait."""
        self._open()
        for service in ["social", "tax", "social", "land", "social"]:
            self.run(self.it.hall.issue_ticket(service, by=BY))
        for window in (1, 2):
            self.run(self.it.hall.sign_on(window, f"100{window}", by=BY))

    def _open(self) -> None:
        self.it = self.run(self.stack.enter_async_context(running(Path(self.folder.name), self.clock)))
        heard = {recorded.seq for recorded in self.facts}
        self.facts += [recorded for recorded in self.it.bus._recent if recorded.seq not in heard]
        self.it.bus.fold(self.facts.append)

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Do a verb. Where it is refused, nothing but what time does may have been published."""
        before = self.it.bus.last_seq
        try:
            return self.run(work)
        except (StateForbids, NotFound, BadValue):
            after = [recorded.fact.kind for recorded in self.facts if recorded.seq > before]
            assert set(after) <= BY_TIME
            return None

    # --- what happens ------------------------------------------------------------------------------------------------

    @rule(service=services, priority=st.sampled_from([None, None, "elderly", "appointment"]), key=picks)
    def citizen_comes(self, service: str, priority: str | None, key: int) -> None:
        name = str(key % 20) if key % 2 else None
        request = Request("kiosk", name, service.encode()) if name else None
        try:
            issued = self.run(self.it.hall.issue_ticket(service, by=BY, priority=priority, request=request))
        except Conflict:
            assert name is not None
            return
        if name is not None and name in self.state.replies:
            assert self.replies.setdefault(name, issued) == issued

    @rule(window=windows, verb=st.sampled_from(WINDOW_VERBS))
    def clerk_works(self, window: int, verb: str) -> None:
        self.do(getattr(self.it.hall, verb)(window, by=BY))

    @rule(window=windows, pick=picks)
    def clerk_goes_on(self, window: int, pick: int) -> None:
        """The usual way, so that visits are finished at all."""
        verbs = USUAL[self.state.window(window).state]
        verb = verbs[pick % len(verbs)]
        more: dict[str, Any] = {"clerk": "1001"} if verb == "sign_on" else {}
        self.do(getattr(self.it.hall, verb)(window, by=BY, **more))

    @rule(window=windows, pick=picks)
    def clerk_goes_on_twice(self, window: int, pick: int) -> None:
        self.clerk_goes_on(window, pick)
        self.clerk_goes_on(window, pick // 7)

    @rule(window=windows, level=st.integers(1, 5))
    def visit_is_rated(self, window: int, level: int) -> None:
        self.do(self.it.hall.finish(window, by=BY))
        self.it.press(window, level=level)

    @rule(window=windows, clerk=st.sampled_from(["1001", "1002"]))
    def clerk_signs_on(self, window: int, clerk: str) -> None:
        self.do(self.it.hall.sign_on(window, clerk, by=BY))

    @rule(window=windows, verb=st.sampled_from(["sign_off", "pause", "resume"]))
    def clerk_leaves(self, window: int, verb: str) -> None:
        hall = self.it.hall
        self.do(hall.pause(window, "吃饭", by=BY) if verb == "pause" else getattr(hall, verb)(window, by=BY))

    @precondition(lambda self: self.state.tickets)
    @rule(window=windows, pick=picks, verb=st.sampled_from(["call", "take_back", "cancel", "give_back"]))
    def somebody_names_a_ticket(self, window: int, pick: int, verb: str) -> None:
        ticket = sorted(self.state.tickets)[pick % len(self.state.tickets)]
        named = getattr(self.it.hall, verb)
        self.do(named(window, ticket, by=BY) if verb in {"call", "take_back"} else named(ticket, by=BY))

    @rule(window=windows, service=services, to_window=st.one_of(st.none(), windows))
    def clerk_transfers(self, window: int, service: str, to_window: int | None) -> None:
        aim: dict[str, Any] = {"service": service} if to_window is None else {"to_window": to_window}
        self.do(self.it.hall.transfer(window, by=BY, **aim))

    @rule(
        window=st.one_of(st.none(), windows),
        key=st.integers(0, 3),
        level=st.one_of(st.none(), st.integers(1, 5)),
        after_s=st.sampled_from([0.0, 0.1, 1, 2, 30, 61]),
    )
    def key_is_pressed(self, window: int | None, key: int, level: int | None, after_s: float) -> None:
        disposition = self.it.press(window, key=key, level=level, raw=bytes([key]), after_s=after_s)
        if disposition == "rating":
            assert level is not None

    @rule(window=windows, verb=st.sampled_from(sorted(PAD_KEYS)), after_s=st.sampled_from([0.0, 2]))
    def pad_is_pressed(self, window: int, verb: str, after_s: float) -> None:
        self.it.pad(verb, window=window, raw=PAD_KEYS[verb], after_s=after_s)

    @precondition(lambda self: self.state.phone)
    @rule(pick=picks, level=st.integers(1, 5))
    def phone_rates(self, pick: int, level: int) -> None:
        code = sorted(self.state.phone)[pick % len(self.state.phone)]
        self.do(self.it.hall.rate_by_phone(code, level))

    # --- time and restarts -------------------------------------------------------------------------------------------

    @rule(seconds=st.sampled_from([1, 59, 61, 3600, 8 * 3600, 86400]))
    def time_passes(self, seconds: int) -> None:
        self.clock.advance(seconds)
        self.it.hall.settle()

    @rule(seconds=st.sampled_from([-86400, -3600, -1, 1, 3600, 86400]))
    def clock_steps(self, seconds: int) -> None:
        self.clock.step_wall(seconds)

    @rule(saved=st.booleans(), reboots=st.booleans())
    def hub_restarts(self, saved: bool, reboots: bool) -> None:
        if saved:
            self.it.hall.save()
        self.run(self.stack.aclose())
        if reboots:
            self.boots += 1
            self.clock.reboot(f"boot-{self.boots}")
        self._open()

    # --- what must hold ----------------------------------------------------------------------------------------------

    @invariant()
    def state_is_the_fold_of_the_log(self) -> None:
        state = HallState()
        for recorded in self.facts:
            state.apply(recorded)
        assert self.state == state

    @invariant()
    def facts_are_numbered_without_a_gap(self) -> None:
        assert [recorded.seq for recorded in self.facts] == list(range(1, len(self.facts) + 1))

    @invariant()
    def windows_and_tickets_agree(self) -> None:
        at: Counter[str] = Counter()
        for window in self.state.windows.values():
            assert (window.state in OF_TICKETS) == (window.ticket is not None)
            assert (window.state == "closed") == (window.clerk is None)
            if window.ticket is not None:
                at[window.ticket] += 1
                ticket = self.state.tickets[window.ticket]
                assert (ticket.state, ticket.window) == (OF_TICKETS[window.state], window.number)
            for held in window.held:
                at[held] += 1
                assert (self.state.tickets[held].state, self.state.tickets[held].window) == ("held", window.number)
        for service, queue in self.state.queues.items():
            groups = Counter(self.state.tickets[waiting].priority or "" for waiting in queue)
            assert groups == +Counter(self.state.groups.get(service, {}))
            for waiting in queue:
                at[waiting] += 1
                assert (self.state.tickets[waiting].state, self.state.tickets[waiting].service) == ("waiting", service)
        assert set(at.values()) <= {1}
        somewhere = {t.id for t in self.state.tickets.values() if t.state in {"waiting", "called", "serving", "held"}}
        assert somewhere == set(at)

    @invariant()
    def no_number_is_issued_twice(self) -> None:
        issued = [r.fact for r in self.facts if isinstance(r.fact, e.TicketIssued)]
        assert len({ticket.ticket for ticket in issued}) == len(issued)
        assert len({(ticket.day, ticket.number) for ticket in issued}) == len(issued)

    @invariant()
    def visit_is_rated_once_at_most_and_only_when_finished(self) -> None:
        finished: set[str] = set()
        rated: set[str] = set()
        for recorded in self.facts:
            match recorded.fact:
                case e.TicketFinished():
                    finished.add(recorded.fact.ticket)
                case e.RatingRecorded():
                    assert recorded.fact.ticket in finished
                    assert recorded.fact.ticket not in rated
                    rated.add(recorded.fact.ticket)

    @invariant()
    def press_is_stored_once_and_decided_at_once(self) -> None:
        facts = [recorded.fact for recorded in self.facts]
        presses = [fact.press for fact in facts if isinstance(fact, e.KeyPressed | e.PhoneRated)]
        decided = [fact.press for fact in facts if isinstance(fact, e.RatingRecorded | e.PressUnmatched)]
        assert presses == decided
        assert len(set(presses)) == len(presses)
        for fact, after in zip_longest(facts, facts[1:]):
            if isinstance(fact, e.KeyPressed | e.PhoneRated):
                assert isinstance(after, e.RatingRecorded | e.PressUnmatched)

    def teardown(self) -> None:
        try:
            if hasattr(self, "it"):
                self.run(self.it.settled())
                assert self.it.log() == self.facts
                assert verify(self.it.bus.log.database).bad_seq is None
                assert restore(self.it.bus)[0] == self.state
        finally:
            self.run(self.stack.aclose())
            self.loop.close()
            self.folder.cleanup()


SOME = settings(
    max_examples=40, stateful_step_count=50, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
)
TestAnyDay = AnyDay.TestCase
TestAnyDay.settings = SOME


@pytest.mark.long
class TestManyDays(AnyDay.TestCase):  # type: ignore[misc, name-defined]
    """The same for minutes."""

    settings = settings(SOME, max_examples=1500, stateful_step_count=120)
