"""The hall's use-cases: check the rules, publish facts, answer when they are durable.

Every method that changes something decides and publishes before its first `await`, so that no two commands decide on
the same state. `Done.stored` is False only while the disk refuses: the hall goes on from memory, and nothing that
promises durability (a press, a new ticket) is acknowledged.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, tzinfo
from hashlib import sha256
from typing import Any, Final

import msgspec
import structlog

from hub import __version__
from hub.bus import Bus
from hub.domain import casework, queueing, rating, verbs
from hub.domain import events as e
from hub.domain.model import PRIORITY_RANK, Clerk, Disposition, Setup, Source
from hub.domain.state import VERSION, HallState, PhoneInvite, Ticket, is_resent, pad_key
from hub.domain.verbs import Desk
from hub.errors import BadValue, Conflict, HallhubError, NotFound, StateForbids, StorageFull, WrongCode

SNAPSHOT: Final = "hall"
MINUTE_MS: Final = 60_000
SNAPSHOT_EVERY: Final = 5000
"""Facts between snapshots: what a restart folds at most, beside those since the last one."""
_LEVELS: Final = range(1, 6)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Done:
    """A verb's result: the ticket as the verb left it, None where nobody waits or the verb has none."""

    ticket: Ticket | None
    stored: bool


@dataclass(frozen=True, slots=True)
class Issued:
    """A ticket as its taker sees it; the same on every replay."""

    ticket: str
    number: str
    service: str
    ahead: int
    estimate_s: int
    issued_ms: int
    code: str
    paper: bool
    """Whether a slip was promised."""
    slip_code: str | None = None
    """For paper only, or the kiosk's own screen where it has none."""


@dataclass(frozen=True, slots=True)
class Request:
    """What makes a repeated request the same one: who sent it, its key, and its content."""

    sender: str
    key: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Press:
    """A rating key's frame, translated to the hall's words but not judged."""

    device: str
    address: int
    window: int | None
    key: int
    level: int | None
    raw: bytes
    received_ns: int
    """Monotonic nanoseconds of receipt, on the clock that also stamps facts."""
    uncertainty_ms: int = 0
    device_ms: int | None = None


@dataclass(frozen=True, slots=True)
class PadPress:
    """A caller pad's frame and the verb that its key stands for."""

    device: str
    address: int
    window: int | None
    verb: str | None
    raw: bytes
    received_ns: int


@dataclass(frozen=True, slots=True)
class PadOutcome:
    """What came of a pad key: `seq` to wait for, and whether the pad should sound a refusal."""

    seq: int
    refused: bool


class Hall:
    """One hall. `start` restores its state; then its verbs may be used, all on the bus's loop."""

    def __init__(
        self,
        setup: Setup,
        bus: Bus,
        zone: tzinfo,
        new_code: Callable[[], str],
        new_digits: Callable[[int], str] = lambda digits: f"{secrets.randbelow(10**digits):0{digits}}",
    ) -> None:
        """`new_code()` makes what a slip's QR carries, `new_digits(n)` the code of n digits beside it."""
        self.setup = setup
        self.state = HallState()
        self.zone = zone
        self._bus = bus
        self._new_code = new_code
        self._new_digits = new_digits
        self._snapshot_seq = 0
        self._minute = -1
        self._today = date.min

    # --- life ---------------------------------------------------------------------------------------------------------

    def start(self) -> HallState:
        """Restore the state: the newest snapshot, then the facts after it. Blocks while it reads.

        Returns a copy of the state as restored, for `hub.shown`.
        """
        self.state, self._snapshot_seq = restore(self._bus)
        copy = msgspec.json.decode(msgspec.json.encode(self.state), type=HallState)
        self._bus.fold(self._apply)
        self._bus.publish(e.HubStarted(self._bus.clock.boot(), __version__))
        self.settle()
        return copy

    def save(self) -> None:
        """Keep a snapshot of the state now."""
        self._bus.log.save_snapshot(SNAPSHOT, self.state.seq, VERSION, msgspec.json.encode(self.state))
        self._snapshot_seq = self.state.seq

    def settle(self) -> None:
        """Let what time alone changes happen now: a new day, invites that end."""
        facts = [*self._new_day(), *self._expired()]
        if facts:
            self._bus.publish(*facts)

    def next_settle_s(self) -> float:
        """Hall seconds until time alone changes something, a minute at most."""
        now = self._bus.now()
        ends = [
            (w.invite.until_ns - now.mono_ns) / 1e9
            if w.invite.until_ns >= 0
            else (w.invite.until_ms - now.wall_ms) / 1e3
            for w in self.state.windows.values()
            if w.invite is not None and not w.invite.ended and not w.invite.rated
        ]
        local = datetime.fromtimestamp(now.wall_ms / 1000, self.zone)
        midnight_s = 86400 - (local.hour * 3600 + local.minute * 60 + local.second)
        return max(0.01, min([60.0, float(midnight_s), *(end + 0.001 for end in ends)]))

    def today(self) -> date:
        """The hall-local day; looked up once a minute, since every command asks."""
        wall_ms = self._bus.clock.wall_ms()
        if wall_ms // MINUTE_MS != self._minute:
            self._minute, self._today = wall_ms // MINUTE_MS, self.day_of(wall_ms)
        return self._today

    def day_of(self, wall_ms: int) -> date:
        """The hall-local day of a time."""
        return datetime.fromtimestamp(wall_ms / 1000, UTC).astimezone(self.zone).date()

    # --- tickets ------------------------------------------------------------------------------------------------------

    async def issue_ticket(
        self,
        service: str,
        *,
        by: str,
        priority: str | None = None,
        kiosk: str | None = None,
        holder: str | None = None,
        paper: bool = False,
        request: Request | None = None,
    ) -> Issued:
        """A new ticket; the earlier one for a repeated request. StateForbids where the day's numbers are used up.

        `paper`: a slip is promised; a repeated request is told what the first one was.
        """
        key, body = _hashes(request)
        issued = self._replayed(key, _bodies(request))
        if issued is None:
            if self._bus.trouble is not None:
                raise StorageFull(self._bus.trouble)
            self.settle()
            fact = self._new_ticket(service, priority, kiosk, by=by, holder=holder, paper=paper, request=key, body=body)
            seq = self._bus.publish(fact, *self._coded(fact.ticket))
            issued = _issued(self.state.tickets[fact.ticket], paper=paper)
        else:
            seq = self.state.seq
        if not await self._bus.stored(seq):
            raise StorageFull(self._bus.trouble or "")
        return issued

    def ticket(self, ticket: str) -> Ticket:
        """One ticket of today; NotFound."""
        found = self.state.tickets.get(ticket)
        if found is None:
            raise NotFound("ticket", ticket)
        return found

    def ahead(self, ticket: Ticket) -> tuple[int, int]:
        """How many are before a waiting ticket, and the estimated seconds."""
        ahead = queueing.ahead_of(self.state, ticket)
        service = self.setup.services.get(ticket.service)
        return ahead, queueing.estimate_s(self.state, self.setup, service, ahead) if service else 0

    async def cancel(self, ticket: str, *, by: str) -> Done:
        """Give up a waiting ticket."""
        self.settle()
        return await self._do(self.ticket(ticket), verbs.cancel(self.ticket(ticket), by))

    async def give_back(self, ticket: str, *, by: str) -> Done:
        """Let a missed citizen wait again (复到)."""
        self.settle()
        found = self.ticket(ticket)
        return await self._do(found, verbs.give_back(self.state, self.setup, found, by))

    # --- windows ------------------------------------------------------------------------------------------------------

    async def sign_on(self, window: int, clerk: str, *, by: str, pin: str | None = None) -> Done:
        """A clerk takes up duty; BadValue for a wrong PIN."""
        desk = self._desk(window, by)
        self._check_pin(self._clerk(clerk), pin)
        return await self._do(None, verbs.sign_on(desk, clerk))

    async def sign_off(self, window: int, *, by: str) -> Done:
        """The clerk ends duty."""
        return await self._do(None, verbs.sign_off(self._desk(window, by)))

    async def pause(self, window: int, reason: str, *, by: str) -> Done:
        """The window interrupts its service."""
        return await self._do(None, verbs.pause(self._desk(window, by), reason))

    async def resume(self, window: int, *, by: str) -> Done:
        """The window goes on."""
        return await self._do(None, verbs.resume(self._desk(window, by)))

    async def call_next(self, window: int, *, by: str) -> Done:
        """Call the next ticket; `Done.ticket` is None where nobody waits."""
        desk = self._desk(window, by)
        facts = verbs.call_next(desk)
        if not facts:
            return Done(None, await self._bus.stored(self.state.seq))
        return await self._at_window(desk, facts)

    async def call(self, window: int, ticket: str, *, by: str) -> Done:
        """Call a chosen waiting ticket."""
        desk = self._desk(window, by)
        return await self._at_window(desk, verbs.call_chosen(desk, self.ticket(ticket)))

    async def recall(self, window: int, *, by: str) -> Done:
        """Repeat the call."""
        desk = self._desk(window, by)
        return await self._at_window(desk, verbs.recall(desk))

    async def start_service(self, window: int, *, by: str) -> Done:
        """The citizen is there."""
        desk = self._desk(window, by)
        return await self._at_window(desk, verbs.start(desk))

    async def finish(self, window: int, matters: Collection[e.Matter] = (), *, by: str) -> Done:
        """The visit is done; the citizen is invited to rate."""
        desk = self._desk(window, by)
        facts = verbs.finish(desk, matters)
        cases = casework.of_visit(facts[0], self.setup, self.state.filings, self.today())
        return await self._at_window(desk, [*facts, *cases])

    async def miss(self, window: int, *, by: str) -> Done:
        """Nobody came."""
        desk = self._desk(window, by)
        return await self._at_window(desk, verbs.miss(desk))

    async def hold(self, window: int, *, by: str) -> Done:
        """Put the visit aside."""
        desk = self._desk(window, by)
        return await self._at_window(desk, verbs.hold(desk))

    async def take_back(self, window: int, ticket: str | None = None, *, by: str) -> Done:
        """Go on with a held visit."""
        desk = self._desk(window, by)
        named = self.ticket(ticket).id if ticket is not None else None
        return await self._at_window(desk, verbs.take_back(desk, named))

    async def transfer(self, window: int, *, by: str, service: str | None = None, to_window: int | None = None) -> Done:
        """Send the citizen on, with the wait they had, to a service or to a window."""
        desk = self._desk(window, by)
        if (service is None) == (to_window is None):
            raise BadValue("service, window", "其中一项 (one of the two)", (service, to_window))
        if service is not None and service not in self.setup.services:
            raise NotFound("service", service)
        return await self._at_window(desk, verbs.transfer(desk, service=service, window=to_window))

    async def invite(self, window: int, *, by: str) -> Done:
        """Ask once more for a rating."""
        desk = self._desk(window, by)
        return await self._do(self._last_visit(desk), verbs.invite(desk))

    async def assist(self, window: int, *, by: str) -> Done:
        """Declare assistance before the press."""
        desk = self._desk(window, by)
        facts = verbs.assist(desk)
        return await (self._at_window(desk, facts) if desk.window.ticket else self._do(self._last_visit(desk), facts))

    # --- keypads and pads ---------------------------------------------------------------------------------------------

    def record_press(self, press: Press) -> int:
        """Store a rating key's frame and what becomes of it; return the number to wait for before acknowledging.

        The raw fact comes first in the same commit, and is stored even where deciding fails.
        """
        self._settle_safely()
        seq = self._bus.last_seq + 1
        raw = e.KeyPressed(
            press=f"p{seq}",
            device=press.device,
            address=press.address,
            window=press.window,
            key=press.key,
            level=press.level,
            raw=press.raw.hex(),
            received_ns=press.received_ns,
            uncertainty_ms=press.uncertainty_ms,
            device_ms=press.device_ms,
        )
        facts: list[e.Fact] = [raw]
        try:
            facts += self._judge(raw, f"r{seq + 1}")
        except Exception:  # noqa: BLE001 - evidence comes first: an undecided press is better than a lost one
            _log.exception("press.undecided", press=raw.press)
        return self._bus.publish(*facts)

    def record_pad(self, press: PadPress) -> PadOutcome:
        """Store a caller pad's frame and do its verb; a refusal is stored too and is no error.

        The day's first pad key signs the window's clerk on and acts.
        """
        self._settle_safely()
        facts: list[e.Fact] = []
        acts: list[e.Fact] = []
        resent = self._is_resend(press)
        why = "resend" if resent else None
        if not resent and press.verb is not None:
            try:
                desk, facts = self._pad_desk(press)
                acts = verbs.PAD[press.verb](desk)
                why = None if acts else "没有人在等候 (nobody waits)"
            except HallhubError as error:
                why = str(error)
        key = e.PadKeyed(
            device=press.device,
            address=press.address,
            window=press.window,
            raw=press.raw.hex(),
            verb=press.verb,
            done=bool(acts),
            why=why,
            received_ns=press.received_ns,
        )
        seq = self._bus.publish(key, *facts, *acts)
        return PadOutcome(seq, refused=why is not None and not resent)

    async def rate_by_phone(
        self,
        code: str,
        level: int,
        reasons: tuple[str, ...] = (),
        comment: str | None = None,
        slip_code: str | None = None,
    ) -> Disposition:
        """A rating from the slip's QR, and what became of it: `rating`, `repeated` or `late`.

        The first rating of a visit on any channel counts, until the end of the fifth working day; others are kept.
        WrongCode where the hall asks for the slip's code and this is another: a wrong one is a fact, five are the end.
        """
        self.settle()
        visit = self.state.phone.get(code)
        if visit is None:
            raise NotFound("link", code)
        if level not in _LEVELS:
            raise BadValue("level", "1 – 5", level)
        await self._check_slip_code(visit, slip_code, "phone")
        became = rating.decide_phone(visit, self.setup.calendar, self.day_of(visit.finished_ms), self.today())
        seq = self._bus.last_seq + 1
        press = f"p{seq}"
        raw = e.PhoneRated(press, visit.ticket, level, reasons, comment)
        outcome: list[e.Fact] = [e.PressUnmatched(press, visit.window, became, visit.ticket)]
        if became == "rating":
            rated = e.RatingRecorded(f"r{seq + 1}", press, visit.ticket, visit.window, visit.clerk, level, "phone")
            outcome = [rated]
        elif became == "repeated":
            outcome += rating.compare(visit, press, level, "phone")
        if not await self._bus.stored(self._bus.publish(raw, *outcome)):
            raise StorageFull(self._bus.trouble or "")
        return became

    # --- inside -------------------------------------------------------------------------------------------------------

    async def _check_slip_code(self, visit: PhoneInvite, given: str | None, source: Source) -> None:
        if not rating.needs_code(visit, self.setup):
            return
        try:
            rating.check_code(visit, given)
        except WrongCode as error:
            if given and visit.refused < rating.CODE_TRIES:
                refused = e.SlipCodeRefused(visit.ticket, visit.window, source, visit.refused + 1)
                if not await self._bus.stored(self._bus.publish(refused)):
                    raise StorageFull(self._bus.trouble or "") from error
            raise

    def _apply(self, recorded: e.Recorded) -> None:
        self.state.apply(recorded)
        if self.state.seq - self._snapshot_seq >= SNAPSHOT_EVERY:
            self._snapshot_seq = self.state.seq
            asyncio.get_running_loop().call_soon(self.save)  # after the commit that this fact is part of is queued

    def _desk(self, window: int, by: str) -> Desk:
        if window not in self.setup.windows:
            raise NotFound("window", str(window))
        self.settle()
        return Desk(self.state, self.setup, self.state.window(window), by, self._bus.now())

    async def _at_window(self, desk: Desk, facts: list[e.Fact]) -> Done:
        before = desk.window.ticket
        seq = self._bus.publish(*facts)
        return await self._done(self.state.tickets.get(desk.window.ticket or before or ""), seq)

    async def _do(self, ticket: Ticket | None, facts: list[e.Fact]) -> Done:
        return await self._done(ticket, self._bus.publish(*facts))

    async def _done(self, ticket: Ticket | None, seq: int) -> Done:
        """Copy before waiting: the next verb may move the ticket on meanwhile."""
        copy = replace(ticket) if ticket is not None else None
        return Done(copy, await self._bus.stored(seq))

    def _last_visit(self, desk: Desk) -> Ticket | None:
        invite = desk.window.invite
        return self.state.tickets.get(invite.ticket) if invite is not None else None

    def _settle_safely(self) -> None:
        try:
            self.settle()
        except HallhubError:
            _log.exception("settle.failed")

    def _judge(self, press: e.KeyPressed, rating_id: str) -> list[e.Fact]:
        decision = rating.decide(self.state, press, self._bus.now())
        if decision.disposition != "rating":
            unmatched = e.PressUnmatched(press.press, press.window, decision.disposition, decision.ticket)
            return [unmatched, *self._compared(press, decision)]
        assert press.window is not None
        assert press.level is not None
        rated = e.RatingRecorded(
            rating_id, press.press, decision.ticket or "", press.window, decision.clerk or "", press.level, "keypad"
        )
        return [rated]

    def _compared(self, press: e.KeyPressed, decision: rating.Decision) -> list[e.RatingCompared]:
        """A keypad's press against the rating that a phone gave before."""
        ticket = self.state.tickets.get(decision.ticket or "")
        if decision.disposition != "repeated" or ticket is None or press.level is None:
            return []
        return rating.compare(self.state.phone.get(ticket.code), press.press, press.level, "keypad")

    def _is_resend(self, press: PadPress) -> bool:
        return is_resent(
            self.state.pad_frames.get(pad_key(press.device, press.address), {}), press.raw.hex(), press.received_ns
        )

    def _pad_desk(self, press: PadPress) -> tuple[Desk, list[e.Fact]]:
        """The desk that a pad speaks for, and the sign-on that its first key of the day is."""
        setup = self.setup.windows.get(press.window or 0)
        if setup is None:
            raise NotFound("address" if press.window is None else "window", str(press.window or press.address))
        by = f"pad:{press.device}/{press.address}"
        window = self.state.window(setup.number)
        first: list[e.Fact] = []
        if window.state == "closed" and setup.clerk is not None and window.signed_day != self.state.day:
            first = [e.SignedOn(setup.number, setup.clerk, by)]
            window = replace(window, state="idle", clerk=setup.clerk)
        return Desk(self.state, self.setup, window, by, self._bus.now()), first

    def _new_ticket(self, service: str, priority: str | None, kiosk: str | None, **rest: Any) -> e.TicketIssued:  # noqa: ANN401 - fields of the fact
        known = self.setup.services.get(service)
        if known is None:
            raise NotFound("service", service)
        if kiosk is not None and kiosk not in self.setup.kiosks:
            raise NotFound("kiosk", kiosk)
        if priority is not None and priority not in PRIORITY_RANK:
            raise BadValue("priority", " | ".join(PRIORITY_RANK), priority)
        day = self.state.day
        number = queueing.next_number(self.state, known, day)
        if number is None:
            raise StateForbids("issue", "full", f"{known.name}今日号已发完，请改日再来或咨询服务台")
        ahead = queueing.ahead_of_new(self.state, service, priority)
        return e.TicketIssued(
            ticket=queueing.ticket_id(day, number.text),
            number=number.text,
            service=service,
            day=day,
            count=number.count,
            priority=priority,
            kiosk=kiosk,
            code=self._new_code(),
            ahead=ahead,
            estimate_s=queueing.estimate_s(self.state, self.setup, known, ahead),
            **rest,
        )

    def _coded(self, ticket: str) -> list[e.SlipCoded]:
        digits = self.setup.slip_code_digits
        return [e.SlipCoded(ticket, self._new_digits(digits))] if digits else []

    def _replayed(self, key: str | None, bodies: Collection[str]) -> Issued | None:
        reply = self.state.replies.get(key) if key is not None else None
        if reply is None:
            return None
        if reply.body not in bodies:
            raise Conflict("idempotency_key", "同一请求标识已用于另一项请求")
        ticket = self.state.tickets.get(reply.ticket)
        return Issued(
            reply.ticket,
            reply.number,
            reply.service,
            reply.ahead,
            reply.estimate_s,
            reply.issued_ms,
            reply.code,
            reply.paper,
            ticket.slip_code if ticket else None,
        )

    def _clerk(self, clerk: str) -> Clerk:
        found = self.setup.clerks.get(clerk)
        if found is None:
            raise NotFound("clerk", clerk)
        return found

    def _check_pin(self, clerk: Clerk, pin: str | None) -> None:
        if clerk.pin is not None and pin != clerk.pin:
            raise BadValue("pin", "该工作人员的签到密码", "***" if pin else None)

    def _new_day(self) -> list[e.Fact]:
        day = self.today().isoformat()
        if day == self.state.day or (day < self.state.day and self._is_busy()):
            return []
        if day < self.state.day:
            return [e.DayStarted(day)]  # the clock was set back: nobody went home
        closing = [w for w in self.state.windows.values() if w.state in {"idle", "paused", "rating"}]
        return [*(e.SignedOff(w.number, w.clerk or "", "day-end") for w in closing), e.DayStarted(day)]

    def _is_busy(self) -> bool:
        """Whether a clock that was set back must not clear the queue."""
        waiting = any(self.state.queues.values())
        return waiting or any(w.held or w.state in {"called", "serving", "rating"} for w in self.state.windows.values())

    def _expired(self) -> list[e.Fact]:
        now = self._bus.now()
        return [
            e.InviteExpired(invite.ticket, window.number)
            for window in self.state.windows.values()
            if (invite := window.invite) is not None
            and not (invite.ended or invite.rated or rating.is_open(invite, now))
        ]


def restore(bus: Bus) -> tuple[HallState, int]:
    """The state of the whole log, and the number of the snapshot that it was read from."""
    state, seq = HallState(), 0
    snapshot = bus.log.latest_snapshot(SNAPSHOT, VERSION)
    if snapshot is not None:
        try:
            state, seq = msgspec.json.decode(snapshot[1], type=HallState), snapshot[0]
        except msgspec.MsgspecError:
            _log.warning("snapshot.unreadable", hint="从头重放事件日志，启动会慢一些")
    for recorded in bus.log.replay(seq):
        state.apply(recorded)
    return state, seq


def _hashes(request: Request | None) -> tuple[str | None, str | None]:
    if request is None:
        return None, None
    sent = f"{request.sender}\0{request.key}".encode()
    # The content may hold personal data: its hash is salted with the key, of which the log has but the hash.
    return sha256(sent).hexdigest(), sha256(sent + b"\0" + request.content).hexdigest()


def _bodies(request: Request | None) -> tuple[str, ...]:
    """The hashes that a request's content may be kept under: older hubs kept an unsalted one."""
    _, body = _hashes(request)
    return () if request is None or body is None else (body, sha256(request.content).hexdigest())


def _issued(ticket: Ticket, *, paper: bool) -> Issued:
    return Issued(
        ticket.id,
        ticket.number,
        ticket.service,
        ticket.ahead,
        ticket.estimate_s,
        ticket.issued_ms,
        ticket.code,
        paper,
        ticket.slip_code,
    )
