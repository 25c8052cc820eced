"""The hall's state, folded from its facts and from nothing else.

`HallState.apply` is the only thing that changes it. It never fails on a fact of an older hall: what it doesn't know it
passes over. The state is plain data, so that a snapshot of it is its JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

from hub.domain import casework, grievances
from hub.domain import events as e
from hub.domain.casework import Filing
from hub.domain.grievances import BadRating, Complaint
from hub.domain.model import CaseState, TicketState, WindowState

VERSION: Final = 11
"""Of the state's form; a snapshot of another version is not read."""

RECENT_CALLS: Final = 12
RECENT_SERVICES: Final = 20
KEPT_DAYS: Final = 16
"""Numbers and phones' invites are kept so long: more than five working days even over the longest holidays."""
FILINGS_DAYS: Final = 200
"""Closed cases are known so long: a review may be asked for."""
DAY_MS: Final = 86_400_000
PAD_RESEND_NS: Final = 1_500_000_000
"""The same pad frame within 1.5 s is a resend (interfaces.md)."""
REPLAY_MS: Final = 48 * 3600 * 1000
"""An idempotency key is honoured for 48 hours (interfaces.md)."""


@dataclass(slots=True)
class Ticket:
    """号票: a place in the queue."""

    id: str
    number: str
    service: str
    day: str
    priority: str | None
    kiosk: str | None
    code: str
    issued_seq: int
    issued_ms: int
    ahead: int
    estimate_s: int
    state: TicketState = "waiting"
    window: int | None = None
    clerk: str | None = None
    recalls: int = 0
    misses: int = 0
    """How often nobody came."""
    reserved: int | None = None
    """Only this window may call it."""
    since_ms: int = 0
    started_ms: int | None = None
    level: int | None = None
    """The rating that counts, once there is one."""
    slip: Literal["printed", "failed", "unknown"] | None = None
    """What came of its paper; None while nothing is known."""
    slip_owed: bool = False
    """It is to be printed again, marked 补打."""
    reprints: int = 0
    """How often that was begun."""
    slip_code: str | None = None


@dataclass(slots=True)
class Invite:
    """邀请评价 of a window's last finished visit."""

    ticket: str
    clerk: str
    until_ms: int
    until_ns: int
    rated: bool = False
    ended: bool = False
    """By a call or by time."""


@dataclass(slots=True)
class Window:
    """窗口, as it stands now."""

    number: int
    state: WindowState = "closed"
    clerk: str | None = None
    ticket: str | None = None
    since_ms: int = 0
    reason: str | None = None
    held: list[str] = field(default_factory=list)
    invite: Invite | None = None
    called_since: bool = False
    """Somebody was called after the invite was opened."""
    overtakes: int = 0
    signed_day: str | None = None
    assisted: str | None = None
    """The ticket for which the clerk declared help with the keypad, and when."""
    assisted_ms: int = 0

    @property
    def rated_next(self) -> str | None:
        """The ticket whose rating comes next: the one at the window, else the one that is invited."""
        return self.ticket or (self.invite.ticket if self.invite and self.state == "rating" else None)


@dataclass(slots=True)
class Call:
    """One call, for the wall."""

    ticket: str
    number: str
    window: int
    at_ms: int
    recalls: int = 0


@dataclass(slots=True)
class LastPress:
    """The last frame of one key, to tell bounces and resends."""

    raw: str
    at_ns: int


@dataclass(slots=True)
class Reply:
    """What a request under an idempotency key was answered."""

    body: str
    ticket: str
    number: str
    service: str
    ahead: int
    estimate_s: int
    issued_ms: int
    code: str
    paper: bool = False


@dataclass(slots=True)
class PhoneInvite:
    """A finished visit that a phone may still rate."""

    ticket: str
    number: str
    window: int
    clerk: str
    finished_ms: int
    level: int | None = None
    rating: str | None = None
    """The rating that counts, once there is one, and how it came."""
    source: str | None = None
    compared: bool = False
    """A rating by another way was held against it."""
    slip_code: str | None = None
    """What the rating must carry, as printed on the slip."""
    refused: int = 0
    """Ratings that came with a wrong one."""


@dataclass(slots=True)
class Device:
    """What the log knows of a device."""

    driver: str
    online: bool
    since_ms: int
    detail: str = ""


@dataclass(slots=True)
class Maintained:
    """A device whose presses are tests for a while; no windows named: all of them."""

    device: str
    what: str
    windows: list[int]
    until_ms: int | None
    reason: str
    by: str


@dataclass(slots=True)
class Case:
    """A flag on its way from suspicion to decision."""

    flag: str
    seq: int
    """Of the fact that carries its evidence."""
    clerk: str
    window: int | None
    pattern: str
    tier: str
    strength_centi: int
    quarter: str
    raised_ms: int
    presses: list[str]
    state: CaseState = "open"
    assigned: str | None = None
    calls: dict[str, str] = field(default_factory=dict)
    """What citizens said, by press, or by ticket in a watch on what was left undone."""
    statements: int = 0
    notes: int = 0
    first_by: str | None = None
    second_by: str | None = None
    decided_ms: int | None = None
    reason: str = ""
    habit: str | None = None
    finding: str | None = None
    appealed_ms: int | None = None
    appeal_by: str | None = None
    visits: list[str] = field(default_factory=list)
    """Tickets of a watch on what was left undone."""
    found: list[str] | None = None
    """Presses that the confirmation is about; None for all that no citizen owned."""


@dataclass(slots=True)
class Sample:
    """A quarter's ratings to call back."""

    seq: int
    """Of the fact that drew it."""
    drawn_ms: int
    by: str
    seed: str
    upto_seq: int
    population: int
    ratings: list[str]
    results: dict[str, int] = field(default_factory=dict)
    """Where the log has the latest result of a rating."""


@dataclass(slots=True)
class HallState:
    """Everything the hall decides by."""

    seq: int = 0
    boot: str = ""
    day: str = ""
    counters: dict[str, dict[str, dict[str, int]]] = field(default_factory=dict)
    """Last number a day, prefix and service: services may share a prefix where their ranges are distinct."""
    issued: dict[str, dict[str, int]] = field(default_factory=dict)
    """Tickets a day and service, for the quota."""
    tickets: dict[str, Ticket] = field(default_factory=dict)
    queues: dict[str, list[str]] = field(default_factory=dict)
    """Waiting tickets a service, in their order."""
    groups: dict[str, dict[str, int]] = field(default_factory=dict)
    """How many of them are of each priority group; ordinary ones under the empty text."""
    windows: dict[int, Window] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    durations_s: dict[str, list[int]] = field(default_factory=dict)
    """Recent service times, start to finish."""
    stays_s: dict[str, list[int]] = field(default_factory=dict)
    """The same from the call, of visits that nobody started: caller pads have no key for it."""
    presses: dict[str, LastPress] = field(default_factory=dict)
    pad_frames: dict[str, dict[str, int]] = field(default_factory=dict)
    """Frames of each caller pad that a coming one may be the resend of, with their monotonic nanoseconds."""
    replies: dict[str, Reply] = field(default_factory=dict)
    phone: dict[str, PhoneInvite] = field(default_factory=dict)
    devices: dict[str, Device] = field(default_factory=dict)
    maintenance: list[Maintained] = field(default_factory=list)
    cases: dict[str, Case] = field(default_factory=dict)
    """By flag."""
    habits: dict[str, list[str]] = field(default_factory=dict)
    """What dismissals said of clerks' ways."""
    filings: dict[str, Filing] = field(default_factory=dict)
    """办件 that are open, or were closed lately."""
    bad_ratings: dict[str, BadRating] = field(default_factory=dict)
    """差评 that wait, or were closed lately, by rating."""
    complaints: dict[str, Complaint] = field(default_factory=dict)
    samples: dict[str, Sample] = field(default_factory=dict)
    """Random call-backs, by quarter."""

    def is_maintained(self, device: str, window: int | None) -> bool:
        """Whether a press of the device is a test; one of an address without a window, where anything of it is."""
        return any(
            one.device == device and (window is None or not one.windows or window in one.windows)
            for one in self.maintenance
        )

    def case_of(self, finding: str) -> Case | None:
        """The case that led to a finding."""
        return next((case for case in self.cases.values() if case.finding == finding), None)

    def window(self, number: int) -> Window:
        """The window's state; a closed one where nothing happened yet."""
        return self.windows.get(number) or Window(number)

    def waiting(self, service: str) -> list[Ticket]:
        """Waiting tickets of a service, in their order."""
        return [self.tickets[ticket] for ticket in self.queues.get(service, ())]

    def apply(self, recorded: e.Recorded) -> None:
        """Fold one fact."""
        self.seq = recorded.seq
        fold = _FOLDS.get(type(recorded.fact))
        if fold is not None:
            fold(self, recorded.fact, recorded)


# --- one fold a kind -------------------------------------------------------------------------------------------------


def _hub_started(state: HallState, fact: e.HubStarted, _: e.Recorded) -> None:
    if fact.boot != state.boot:
        state.boot = fact.boot
        state.presses.clear()
        state.pad_frames.clear()
        for window in state.windows.values():
            if window.invite:
                window.invite.until_ns = -1  # monotonic time began anew: only the wall clock can tell now


def _day_started(state: HallState, fact: e.DayStarted, recorded: e.Recorded) -> None:
    state.day = fact.day
    state.counters.setdefault(fact.day, {})
    state.issued.setdefault(fact.day, {})
    for days in (state.counters, state.issued):
        while len(days) > KEPT_DAYS:
            del days[next(day for day in days if day != fact.day)]
    busy = {window.ticket for window in state.windows.values() if window.ticket}
    busy.update(w.invite.ticket for w in state.windows.values() if w.invite)
    state.tickets = {key: ticket for key, ticket in state.tickets.items() if key in busy}
    state.queues.clear()
    state.groups.clear()
    state.calls.clear()
    for window in state.windows.values():
        window.held.clear()
        window.overtakes = 0
    kept_from = (
        (datetime.fromtimestamp(recorded.stamp.wall_ms / 1000, UTC) - timedelta(days=FILINGS_DAYS)).date().isoformat()
    )
    state.filings = {key: one for key, one in state.filings.items() if one.closed is None or one.closed >= kept_from}
    state.bad_ratings = {
        key: one for key, one in state.bad_ratings.items() if one.closed is None or one.closed >= kept_from
    }
    state.complaints = {
        key: one for key, one in state.complaints.items() if one.answered is None or one.answered >= kept_from
    }
    oldest_ms = recorded.stamp.wall_ms - REPLAY_MS
    state.replies = {key: reply for key, reply in state.replies.items() if reply.issued_ms >= oldest_ms}
    oldest_ms = recorded.stamp.wall_ms - KEPT_DAYS * DAY_MS
    state.phone = {code: visit for code, visit in state.phone.items() if visit.finished_ms >= oldest_ms}


def _signed_on(state: HallState, fact: e.SignedOn, recorded: e.Recorded) -> None:
    window = _move(state, fact.window, "idle", recorded)
    window.clerk = fact.clerk
    window.signed_day = state.day


def _signed_off(state: HallState, fact: e.SignedOff, recorded: e.Recorded) -> None:
    window = _move(state, fact.window, "closed", recorded)
    window.clerk = None
    window.reason = None


def _paused(state: HallState, fact: e.Paused, recorded: e.Recorded) -> None:
    _move(state, fact.window, "paused", recorded).reason = fact.reason


def _resumed(state: HallState, fact: e.Resumed, recorded: e.Recorded) -> None:
    _move(state, fact.window, "idle", recorded).reason = None


def _assisted(state: HallState, fact: e.AssistDeclared, recorded: e.Recorded) -> None:
    window = state.windows.setdefault(fact.window, Window(fact.window))
    window.assisted, window.assisted_ms = fact.ticket, recorded.stamp.wall_ms


def _issued(state: HallState, fact: e.TicketIssued, recorded: e.Recorded) -> None:
    at_ms = recorded.stamp.wall_ms
    ticket = Ticket(
        id=fact.ticket,
        number=fact.number,
        service=fact.service,
        day=fact.day,
        priority=fact.priority,
        kiosk=fact.kiosk,
        code=fact.code,
        issued_seq=recorded.seq,
        issued_ms=at_ms,
        ahead=fact.ahead,
        estimate_s=fact.estimate_s,
        since_ms=at_ms,
    )
    state.tickets[ticket.id] = ticket
    _join_queue(state, ticket)
    prefix = fact.number.rstrip("0123456789")
    counters = state.counters.setdefault(fact.day, {}).setdefault(prefix, {})
    counters[fact.service] = max(counters.get(fact.service, 0), fact.count)
    issued = state.issued.setdefault(fact.day, {})
    issued[fact.service] = issued.get(fact.service, 0) + 1
    if fact.request is not None:
        state.replies[fact.request] = Reply(
            body=fact.body or "",
            ticket=fact.ticket,
            number=fact.number,
            service=fact.service,
            ahead=fact.ahead,
            estimate_s=fact.estimate_s,
            issued_ms=at_ms,
            code=fact.code,
            paper=fact.paper,
        )


def _coded(state: HallState, fact: e.SlipCoded, _: e.Recorded) -> None:
    if ticket := state.tickets.get(fact.ticket):
        ticket.slip_code = fact.code


def _called(state: HallState, fact: e.TicketCalled, recorded: e.Recorded) -> None:
    window = _move(state, fact.window, "called", recorded)
    window.ticket = fact.ticket
    window.assisted = None
    window.called_since = True
    window.overtakes = window.overtakes + 1 if fact.overtook else 0
    if window.invite:
        window.invite.ended = True
    ticket = _at_window(state, fact.ticket, "called", fact, recorded)
    if ticket is None:
        return
    ticket.recalls = 0
    ticket.started_ms = None
    state.calls.insert(0, Call(ticket.id, ticket.number, fact.window, recorded.stamp.wall_ms))
    del state.calls[RECENT_CALLS:]


def _recalled(state: HallState, fact: e.TicketRecalled, recorded: e.Recorded) -> None:
    ticket = state.tickets.get(fact.ticket)
    if ticket is None:
        return
    ticket.recalls = fact.n
    call = next((c for c in state.calls if c.ticket == fact.ticket), None)
    if call is not None:
        state.calls.remove(call)
    state.calls.insert(0, Call(ticket.id, ticket.number, fact.window, recorded.stamp.wall_ms, fact.n))
    del state.calls[RECENT_CALLS:]


def _arrived(state: HallState, fact: e.TicketArrived, recorded: e.Recorded) -> None:
    _move(state, fact.window, "serving", recorded)
    ticket = _at_window(state, fact.ticket, "serving", fact, recorded)
    if ticket is not None:
        ticket.started_ms = recorded.stamp.wall_ms


def _missed(state: HallState, fact: e.TicketMissed, recorded: e.Recorded) -> None:
    _move(state, fact.window, "idle", recorded).ticket = None
    ticket = _at_window(state, fact.ticket, "missed", fact, recorded)
    if ticket is not None:
        ticket.misses += 1


def _returned(state: HallState, fact: e.TicketReturned, recorded: e.Recorded) -> None:
    ticket = state.tickets.get(fact.ticket)
    if ticket is not None:
        _wait(ticket, recorded)
        _join_queue(state, ticket, fact.place)


def _held(state: HallState, fact: e.TicketHeld, recorded: e.Recorded) -> None:
    window = _move(state, fact.window, "idle", recorded)
    window.ticket = None
    window.held.append(fact.ticket)
    _at_window(state, fact.ticket, "held", fact, recorded)


def _taken_back(state: HallState, fact: e.TicketTakenBack, recorded: e.Recorded) -> None:
    window = _move(state, fact.window, "serving", recorded)
    window.ticket = fact.ticket
    if fact.ticket in window.held:
        window.held.remove(fact.ticket)
    ticket = _at_window(state, fact.ticket, "serving", fact, recorded)
    if ticket is not None and ticket.started_ms is None:
        ticket.started_ms = recorded.stamp.wall_ms


def _transferred(state: HallState, fact: e.TicketTransferred, recorded: e.Recorded) -> None:
    _move(state, fact.window, "idle", recorded).ticket = None
    ticket = state.tickets.get(fact.ticket)
    if ticket is None:
        return
    _wait(ticket, recorded)
    ticket.service = fact.service
    ticket.reserved = fact.to_window
    queue = state.queues.setdefault(fact.service, [])
    later = (place for place, other in enumerate(queue) if state.tickets[other].issued_seq > ticket.issued_seq)
    _join_queue(state, ticket, next(later, None))


def _cancelled(state: HallState, fact: e.TicketCancelled, recorded: e.Recorded) -> None:
    ticket = state.tickets.get(fact.ticket)
    if ticket is not None:
        _leave_queue(state, ticket)
        ticket.state = "cancelled"
        ticket.since_ms = recorded.stamp.wall_ms


def _finished(state: HallState, fact: e.TicketFinished, recorded: e.Recorded) -> None:
    before = state.tickets.get(fact.ticket)
    called_ms = before.since_ms if before else 0
    _move(state, fact.window, "rating", recorded).ticket = None
    ticket = _at_window(state, fact.ticket, "finished", fact, recorded)
    if ticket is None:
        return
    now_ms = recorded.stamp.wall_ms
    began_ms, times = ticket.started_ms, state.durations_s
    if began_ms is None:
        began_ms, times = called_ms, state.stays_s
    spent = times.setdefault(ticket.service, [])
    spent.append(max(0, now_ms - began_ms) // 1000)
    del spent[:-RECENT_SERVICES]
    invite = PhoneInvite(ticket.id, ticket.number, fact.window, fact.clerk, now_ms, slip_code=ticket.slip_code)
    state.phone[ticket.code] = invite


def _invited(state: HallState, fact: e.RatingInvited, recorded: e.Recorded) -> None:
    window = _move(state, fact.window, "rating", recorded)
    window.called_since = False
    window.invite = Invite(
        ticket=fact.ticket,
        clerk=fact.clerk,
        until_ms=fact.until_ms,
        until_ns=recorded.stamp.mono_ns + fact.timeout_s * 1_000_000_000,
    )


def _invite_expired(state: HallState, fact: e.InviteExpired, recorded: e.Recorded) -> None:
    window = state.window(fact.window)
    if window.invite is not None and window.invite.ticket == fact.ticket:
        window.invite.ended = True
    if window.state == "rating":
        _move(state, fact.window, "idle", recorded)


def _pressed(state: HallState, fact: e.KeyPressed, _: e.Recorded) -> None:
    state.presses[press_key(fact.device, fact.address, fact.key)] = LastPress(fact.raw, fact.received_ns)


def _pad_keyed(state: HallState, fact: e.PadKeyed, _: e.Recorded) -> None:
    pad = pad_key(fact.device, fact.address)
    recent = {
        raw: at_ns
        for raw, at_ns in state.pad_frames.get(pad, {}).items()
        if 0 <= fact.received_ns - at_ns < PAD_RESEND_NS
    }
    state.pad_frames[pad] = recent | {fact.raw: fact.received_ns}


def _rated(state: HallState, fact: e.RatingRecorded, recorded: e.Recorded) -> None:
    grievances.fold_bad(state.bad_ratings, fact, state.day)
    window = state.window(fact.window)
    if window.invite is not None and window.invite.ticket == fact.ticket:
        window.invite.rated = True
        if window.state == "rating":
            _move(state, fact.window, "idle", recorded)
    ticket = state.tickets.get(fact.ticket)
    if ticket is not None:
        ticket.level = fact.level
    for invite in state.phone.values() if ticket is None else (state.phone.get(ticket.code),):
        if invite is not None and invite.ticket == fact.ticket:
            invite.level, invite.rating, invite.source = fact.level, fact.rating, fact.source


def _compared(state: HallState, fact: e.RatingCompared, _: e.Recorded) -> None:
    ticket = state.tickets.get(fact.ticket)
    for invite in state.phone.values() if ticket is None else (state.phone.get(ticket.code),):
        if invite is not None and invite.ticket == fact.ticket:
            invite.compared = True


def _code_refused(state: HallState, fact: e.SlipCodeRefused, _: e.Recorded) -> None:
    for invite in state.phone.values():
        if invite.ticket == fact.ticket:
            invite.refused = fact.n


def _slip_printed(state: HallState, fact: e.SlipPrinted, _: e.Recorded) -> None:
    if ticket := state.tickets.get(fact.ticket):
        ticket.slip = "printed"
        ticket.slip_owed = False


def _slip_failed(state: HallState, fact: e.SlipFailed, _: e.Recorded) -> None:
    if ticket := state.tickets.get(fact.ticket):
        ticket.slip = "unknown" if fact.unknown else "failed"
        ticket.slip_owed = fact.owed


def _slip_reprint_begun(state: HallState, fact: e.SlipReprintBegun, _: e.Recorded) -> None:
    if ticket := state.tickets.get(fact.ticket):
        ticket.slip = "unknown"
        ticket.slip_owed = False
        ticket.reprints += 1


def _online(state: HallState, fact: e.DeviceOnline, recorded: e.Recorded) -> None:
    state.devices[fact.device] = Device(fact.driver, online=True, since_ms=recorded.stamp.wall_ms)


def _offline(state: HallState, fact: e.DeviceOffline, recorded: e.Recorded) -> None:
    state.devices[fact.device] = Device(fact.driver, online=False, since_ms=recorded.stamp.wall_ms, detail=fact.reason)


def _maintenance_started(state: HallState, fact: e.MaintenanceStarted, _: e.Recorded) -> None:
    _end_maintenance(state, fact.device, fact.what, fact.windows)  # begun again: the new end holds
    state.maintenance.append(
        Maintained(fact.device, fact.what, list(fact.windows), fact.until_ms, fact.reason, fact.by)
    )


def _maintenance_ended(state: HallState, fact: e.MaintenanceEnded, _: e.Recorded) -> None:
    _end_maintenance(state, fact.device, fact.what, fact.windows)


def _end_maintenance(state: HallState, device: str, what: str, windows: Sequence[int]) -> None:
    kept = []
    for one in state.maintenance:
        if (one.device, one.what) == (device, what):
            one.windows = [window for window in one.windows if window not in windows] if windows else []
            if not one.windows:
                continue
        kept.append(one)
    state.maintenance = kept


def _flag_raised(state: HallState, fact: e.FlagRaised, recorded: e.Recorded) -> None:
    state.cases[fact.flag] = Case(
        flag=fact.flag,
        seq=recorded.seq,
        clerk=fact.clerk,
        window=fact.window,
        pattern=fact.pattern,
        tier=fact.tier,
        strength_centi=fact.strength_centi,
        quarter=fact.quarter,
        raised_ms=recorded.stamp.wall_ms,
        presses=list(fact.presses),
        visits=list(fact.visits),
    )


def _flag_assigned(state: HallState, fact: e.FlagAssigned, _: e.Recorded) -> None:
    if case := state.cases.get(fact.flag):
        case.assigned = fact.to
        case.state = "assigned" if case.state == "open" else case.state


def _flag_called_back(state: HallState, fact: e.FlagCalledBack, _: e.Recorded) -> None:
    if case := state.cases.get(fact.flag):
        case.calls[fact.press] = fact.outcome


def _flag_stated(state: HallState, fact: e.FlagStated, _: e.Recorded) -> None:
    if case := state.cases.get(fact.flag):
        case.statements += 1


def _flag_noted(state: HallState, fact: e.FlagNoted, _: e.Recorded) -> None:
    if case := state.cases.get(fact.flag):
        case.notes += 1


_DECIDED: Final[dict[str, CaseState]] = {"dismissed": "dismissed", "referred": "referred"}


def _flag_decided(state: HallState, fact: e.FlagDecided, recorded: e.Recorded) -> None:
    case = state.cases.get(fact.flag)
    if case is None:
        return
    case.first_by, case.reason = fact.by, fact.reason
    case.found = None if fact.presses is None else list(fact.presses)
    case.state = _DECIDED.get(fact.decision, "once_confirmed")
    if case.state != "once_confirmed":
        case.decided_ms, case.habit = recorded.stamp.wall_ms, fact.habit
        habits = state.habits.setdefault(case.clerk, [])
        if fact.habit is not None and fact.habit not in habits:
            habits.append(fact.habit)


def _flag_seconded(state: HallState, fact: e.FlagSeconded, recorded: e.Recorded) -> None:
    if case := state.cases.get(fact.flag):
        case.second_by, case.decided_ms, case.state = fact.by, recorded.stamp.wall_ms, "confirmed"


def _flag_returned(state: HallState, fact: e.FlagReturned, _: e.Recorded) -> None:
    if case := state.cases.get(fact.flag):
        case.first_by, case.reason, case.found = None, "", None
        case.state = "open" if case.assigned is None else "assigned"


def _finding_recorded(state: HallState, fact: e.FindingRecorded, _: e.Recorded) -> None:
    if case := state.cases.get(fact.flag or ""):
        case.finding = fact.finding


def _finding_appealed(state: HallState, fact: e.FindingAppealed, recorded: e.Recorded) -> None:
    if case := state.case_of(fact.finding):
        case.state, case.appealed_ms, case.appeal_by = "appealed", recorded.stamp.wall_ms, fact.by


def _appeal_decided(state: HallState, fact: e.AppealDecided, _: e.Recorded) -> None:
    if case := state.case_of(fact.finding):
        case.state = "overturned" if fact.outcome == "overturned" else "upheld"


def _case_moved(state: HallState, fact: e.Fact, _: e.Recorded) -> None:
    if isinstance(fact, e.CaseOpened) and fact.closed is not None:
        return  # 即办件: nothing is awaited
    casework.fold(state.filings, fact)


def _bad_rating_moved(state: HallState, fact: e.Fact, _: e.Recorded) -> None:
    grievances.fold_bad(state.bad_ratings, fact, state.day)


def _complaint_moved(state: HallState, fact: e.Fact, recorded: e.Recorded) -> None:
    grievances.fold_complaint(state.complaints, fact, recorded.seq)


def _callback_sampled(state: HallState, fact: e.CallbackSampled, recorded: e.Recorded) -> None:
    state.samples[fact.quarter] = Sample(
        recorded.seq, recorded.stamp.wall_ms, fact.by, fact.seed, fact.upto_seq, fact.population, list(fact.ratings)
    )


def _callback_made(state: HallState, fact: e.CallbackMade, recorded: e.Recorded) -> None:
    if sample := state.samples.get(fact.quarter):
        sample.results[fact.rating] = recorded.seq


# --- helpers of the folds --------------------------------------------------------------------------------------------


def press_key(device: str, address: int, key: int) -> str:
    """What `HallState.presses` is kept by."""
    return f"{device}/{address}/{key}"


def pad_key(device: str, address: int) -> str:
    """What `HallState.pad_frames` is kept by."""
    return f"{device}/{address}"


def is_resent(frames: Mapping[str, int], raw: str, at_ns: int) -> bool:
    """Whether a pad's frame is one of its recent ones again: a resend of one may come behind another key's frame."""
    before_ns = frames.get(raw)
    return before_ns is not None and 0 <= at_ns - before_ns < PAD_RESEND_NS


def _move(state: HallState, number: int, to: WindowState, recorded: e.Recorded) -> Window:
    window = state.windows.setdefault(number, Window(number))
    window.state = to
    window.since_ms = recorded.stamp.wall_ms
    return window


def _at_window(state: HallState, key: str, to: TicketState, fact: Any, recorded: e.Recorded) -> Ticket | None:  # noqa: ANN401 - any fact with window and clerk
    ticket = state.tickets.get(key)
    if ticket is None:
        return None
    if ticket.state == "waiting":
        _leave_queue(state, ticket)
    ticket.state = to
    ticket.window = fact.window
    ticket.clerk = fact.clerk
    ticket.since_ms = recorded.stamp.wall_ms
    return ticket


def _wait(ticket: Ticket, recorded: e.Recorded) -> None:
    ticket.state = "waiting"
    ticket.window = None
    ticket.clerk = None
    ticket.recalls = 0
    ticket.since_ms = recorded.stamp.wall_ms


def _join_queue(state: HallState, ticket: Ticket, place: int | None = None) -> None:
    queue = state.queues.setdefault(ticket.service, [])
    queue.insert(len(queue) if place is None else place, ticket.id)
    groups = state.groups.setdefault(ticket.service, {})
    group = ticket.priority or ""
    groups[group] = groups.get(group, 0) + 1


def _leave_queue(state: HallState, ticket: Ticket) -> None:
    queue = state.queues.get(ticket.service, [])
    if ticket.id in queue:
        queue.remove(ticket.id)
        state.groups[ticket.service][ticket.priority or ""] -= 1


_FOLDS: dict[type[e.Fact], Callable[[HallState, Any, e.Recorded], None]] = {
    e.HubStarted: _hub_started,
    e.DayStarted: _day_started,
    e.SignedOn: _signed_on,
    e.SignedOff: _signed_off,
    e.Paused: _paused,
    e.Resumed: _resumed,
    e.AssistDeclared: _assisted,
    e.TicketIssued: _issued,
    e.SlipCoded: _coded,
    e.TicketCalled: _called,
    e.TicketRecalled: _recalled,
    e.TicketArrived: _arrived,
    e.TicketMissed: _missed,
    e.TicketReturned: _returned,
    e.TicketHeld: _held,
    e.TicketTakenBack: _taken_back,
    e.TicketTransferred: _transferred,
    e.TicketCancelled: _cancelled,
    e.TicketFinished: _finished,
    e.RatingInvited: _invited,
    e.InviteExpired: _invite_expired,
    e.KeyPressed: _pressed,
    e.PadKeyed: _pad_keyed,
    e.RatingRecorded: _rated,
    e.RatingCompared: _compared,
    e.SlipCodeRefused: _code_refused,
    e.SlipPrinted: _slip_printed,
    e.SlipFailed: _slip_failed,
    e.SlipReprintBegun: _slip_reprint_begun,
    e.DeviceOnline: _online,
    e.DeviceOffline: _offline,
    e.MaintenanceStarted: _maintenance_started,
    e.MaintenanceEnded: _maintenance_ended,
    e.FlagRaised: _flag_raised,
    e.FlagAssigned: _flag_assigned,
    e.FlagCalledBack: _flag_called_back,
    e.FlagStated: _flag_stated,
    e.FlagNoted: _flag_noted,
    e.FlagDecided: _flag_decided,
    e.FlagSeconded: _flag_seconded,
    e.FlagReturned: _flag_returned,
    e.FindingRecorded: _finding_recorded,
    e.FindingAppealed: _finding_appealed,
    e.AppealDecided: _appeal_decided,
    **dict.fromkeys(casework.CASE_FACTS, _case_moved),
    **dict.fromkeys(
        (e.RatingCorrected, e.BadRatingVerified, e.BadRatingRectified, e.BadRatingCalledBack), _bad_rating_moved
    ),
    **dict.fromkeys((e.ComplaintReceived, e.ComplaintAnswered), _complaint_moved),
    e.CallbackSampled: _callback_sampled,
    e.CallbackMade: _callback_made,
}
