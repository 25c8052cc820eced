"""Facts: everything that happened, past tense, appended once and never changed.

Each class is one kind; `kind` is its name in the log. Times stand beside the fact (`Stamp`), not inside, unless they
are the fact's own matter (an invite's end). A field marked `PERSONAL` stands in the log only as a salted hash.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple

PERSONAL: dict[str, bool] = {"personal": True}
"""Field metadata: the value is somebody's personal data and lies apart, where retention may empty it."""


class Stamp(NamedTuple):
    """When a fact was published: for people, and for measuring. A tuple, since one is made for every fact."""

    wall_ms: int
    """Milliseconds since 1970 UTC, as the machine's clock said: it may be wrong and may step."""
    mono_ns: int
    """Monotonic nanoseconds since the machine's start; comparable only within one `HubStarted.boot`."""


@dataclass(frozen=True, slots=True)
class Fact:
    """What all facts are."""

    kind: ClassVar[str] = ""


class Recorded(NamedTuple):
    """A fact with its place in the log. A tuple, since one is made for every fact."""

    seq: int
    stamp: Stamp
    fact: Fact


# --- the hub ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HubStarted(Fact):
    """The hub began to work; `boot` names the machine's start, so that monotonic times can be compared."""

    kind: ClassVar[str] = "hub.started"
    boot: str
    version: str


@dataclass(frozen=True, slots=True)
class DayStarted(Fact):
    """A new hall-local day: yesterday's queue is gone and numbers begin anew."""

    kind: ClassVar[str] = "day.started"
    day: str
    """YYYY-MM-DD, hall-local."""


# --- windows ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SignedOn(Fact):
    """A clerk took up duty at a window."""

    kind: ClassVar[str] = "window.signed_on"
    window: int
    clerk: str
    by: str


@dataclass(frozen=True, slots=True)
class SignedOff(Fact):
    """A clerk ended duty at a window."""

    kind: ClassVar[str] = "window.signed_off"
    window: int
    clerk: str
    by: str


@dataclass(frozen=True, slots=True)
class Paused(Fact):
    """A window interrupts its service."""

    kind: ClassVar[str] = "window.paused"
    window: int
    clerk: str
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class Resumed(Fact):
    """A window goes on."""

    kind: ClassVar[str] = "window.resumed"
    window: int
    clerk: str
    by: str


@dataclass(frozen=True, slots=True)
class AssistDeclared(Fact):
    """The clerk says, before the press, that a citizen is being helped with the keypad."""

    kind: ClassVar[str] = "press.assist_declared"
    window: int
    clerk: str
    ticket: str | None
    by: str


@dataclass(frozen=True, slots=True)
class Announced(Fact):
    """A window asked for an announcement (the one-metre line)."""

    kind: ClassVar[str] = "window.announced"
    window: int
    what: str
    by: str


# --- tickets ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TicketIssued(Fact):
    """A citizen took a place in the queue."""

    kind: ClassVar[str] = "ticket.issued"
    ticket: str
    number: str
    service: str
    day: str
    count: int
    """The number's figure within the day."""
    priority: str | None
    kiosk: str | None
    code: str
    """What the slip's QR carries; 64 random bits or more."""
    ahead: int
    estimate_s: int
    by: str
    request: str | None = None
    """Hash of the idempotency key and who sent it."""
    body: str | None = None
    """Hash of that request's content."""
    paper: bool = False
    """A slip was promised: the kiosk had a printer that was well."""
    holder: str | None = field(default=None, metadata=PERSONAL)


@dataclass(frozen=True, slots=True)
class SlipCoded(Fact):
    """What a rating of the ticket by phone or tablet must carry; it stands on the slip and is shown to no clerk."""

    kind: ClassVar[str] = "slip.coded"
    ticket: str
    code: str


@dataclass(frozen=True, slots=True)
class TicketCalled(Fact):
    """A window called a ticket."""

    kind: ClassVar[str] = "ticket.called"
    ticket: str
    service: str
    window: int
    clerk: str
    by: str
    chosen: bool = False
    overtook: bool = False
    """Somebody who had waited longer at this window was passed over."""


@dataclass(frozen=True, slots=True)
class TicketRecalled(Fact):
    """The call was repeated; `n` counts from 1."""

    kind: ClassVar[str] = "ticket.recalled"
    ticket: str
    service: str
    window: int
    clerk: str
    n: int
    by: str


@dataclass(frozen=True, slots=True)
class TicketArrived(Fact):
    """The citizen is at the window and service begins."""

    kind: ClassVar[str] = "ticket.arrived"
    ticket: str
    service: str
    window: int
    clerk: str
    by: str


@dataclass(frozen=True, slots=True)
class TicketMissed(Fact):
    """Nobody came (过号)."""

    kind: ClassVar[str] = "ticket.missed"
    ticket: str
    service: str
    window: int
    clerk: str
    by: str


@dataclass(frozen=True, slots=True)
class TicketReturned(Fact):
    """A missed citizen came back (复到) and waits at `place` of the queue, counted from 0."""

    kind: ClassVar[str] = "ticket.returned"
    ticket: str
    service: str
    place: int
    by: str


@dataclass(frozen=True, slots=True)
class TicketHeld(Fact):
    """The visit is put aside at the window (挂起)."""

    kind: ClassVar[str] = "ticket.held"
    ticket: str
    service: str
    window: int
    clerk: str
    by: str


@dataclass(frozen=True, slots=True)
class TicketTakenBack(Fact):
    """A held visit goes on (取回)."""

    kind: ClassVar[str] = "ticket.taken_back"
    ticket: str
    service: str
    window: int
    clerk: str
    by: str


@dataclass(frozen=True, slots=True)
class TicketTransferred(Fact):
    """The ticket waits, with the wait it had, for another service or for one window."""

    kind: ClassVar[str] = "ticket.transferred"
    ticket: str
    service: str
    """The service it waits for from now on."""
    window: int
    """The window that sent it on."""
    clerk: str
    to_window: int | None
    by: str


@dataclass(frozen=True, slots=True)
class TicketCancelled(Fact):
    """The ticket was given up while it waited."""

    kind: ClassVar[str] = "ticket.cancelled"
    ticket: str
    service: str
    by: str


@dataclass(frozen=True, slots=True)
class Matter:
    """One matter of a visit; a case where it has a kind and a number."""

    service: str | None = None
    case_kind: str | None = None
    case_no: str | None = None


@dataclass(frozen=True, slots=True)
class TicketFinished(Fact):
    """The visit is done (办结)."""

    kind: ClassVar[str] = "ticket.finished"
    ticket: str
    service: str
    window: int
    clerk: str
    by: str
    matters: tuple[Matter, ...] = (Matter(),)


# --- ratings ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RatingInvited(Fact):
    """The citizen is asked to rate until `until_ms` or the next call."""

    kind: ClassVar[str] = "rating.invited"
    ticket: str
    window: int
    clerk: str
    until_ms: int
    timeout_s: int
    by: str
    armed: bool = False
    """The pad armed the evaluator itself; the hub need not."""


@dataclass(frozen=True, slots=True)
class InviteExpired(Fact):
    """The invite ended by time, unrated."""

    kind: ClassVar[str] = "rating.invite_expired"
    ticket: str
    window: int


@dataclass(frozen=True, slots=True)
class KeyPressed(Fact):
    """A rating key was pressed: raw, before anything was decided about it, no ticket and no clerk."""

    kind: ClassVar[str] = "key.pressed"
    press: str
    device: str
    address: int
    window: int | None
    key: int
    level: int | None
    raw: str
    """The frame, hex."""
    received_ns: int
    """Monotonic nanoseconds at which the frame was received."""
    uncertainty_ms: int = 0
    device_ms: int | None = None


@dataclass(frozen=True, slots=True)
class PhoneRated(Fact):
    """A rating came from a citizen's phone: raw, before anything was decided about it."""

    kind: ClassVar[str] = "phone.rated"
    press: str
    ticket: str
    level: int
    reasons: tuple[str, ...] = ()
    comment: str | None = field(default=None, metadata=PERSONAL)


@dataclass(frozen=True, slots=True)
class SlipCodeRefused(Fact):
    """A rating came with a wrong code and was not taken; `n` counts the visit's from 1."""

    kind: ClassVar[str] = "rating.code_refused"
    ticket: str
    window: int
    source: str
    n: int


@dataclass(frozen=True, slots=True)
class RatingRecorded(Fact):
    """The press that counts for a visit."""

    kind: ClassVar[str] = "rating.recorded"
    rating: str
    press: str
    ticket: str
    window: int
    clerk: str
    level: int
    source: str


@dataclass(frozen=True, slots=True)
class RatingCompared(Fact):
    """The visit was rated by a second way too, as by its slip's link after the keypad; evidence only, whoever erred.

    Of each visit the first such rating is compared, no later one.
    """

    kind: ClassVar[str] = "rating.compared"
    ticket: str
    window: int
    clerk: str
    rating: str
    """The one that counts, with its level and source."""
    level: int
    source: str
    second: str
    """The other press, with its level and source."""
    second_level: int
    second_source: str
    agrees: bool


@dataclass(frozen=True, slots=True)
class RatingCorrected(Fact):
    """误评更正: a mistaken rating gets another level; the first one stays as a fact."""

    kind: ClassVar[str] = "rating.corrected"
    rating: str
    was: int
    level: int
    register: str
    """Number in the hall's register of corrections (误评变更登记簿)."""
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class PressUnmatched(Fact):
    """A press that is no rating, and why; `ticket` is the visit it came nearest to."""

    kind: ClassVar[str] = "press.unmatched"
    press: str
    window: int | None
    disposition: str
    ticket: str | None


@dataclass(frozen=True, slots=True)
class PadKeyed(Fact):
    """A caller pad's frame and what came of it; `why` tells a refusal."""

    kind: ClassVar[str] = "pad.key"
    device: str
    address: int
    window: int | None
    raw: str
    verb: str | None
    done: bool
    why: str | None
    received_ns: int


# --- devices and slips -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DeviceOnline(Fact):
    """A device answers (again)."""

    kind: ClassVar[str] = "device.online"
    device: str
    driver: str
    windows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class DeviceOffline(Fact):
    """A device is gone or silent."""

    kind: ClassVar[str] = "device.offline"
    device: str
    driver: str
    windows: tuple[int, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class MaintenanceStarted(Fact):
    """Presses of this device at these windows are tests from now on."""

    kind: ClassVar[str] = "maintenance.started"
    device: str
    by: str
    windows: tuple[int, ...] = ()
    """None named: all of the device, also addresses that no window has."""
    what: str = "drill"
    """drill: every key is asked for; maintenance: somebody works on it."""
    until_ms: int | None = None
    """Wall clock milliseconds at which it ends by itself."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class MaintenanceEnded(Fact):
    """Presses of this device at these windows (none named: at all) count again."""

    kind: ClassVar[str] = "maintenance.ended"
    device: str
    by: str
    windows: tuple[int, ...] = ()
    what: str = "drill"


@dataclass(frozen=True, slots=True)
class SlipPrinted(Fact):
    """Paper came out; `proof` tells whether the printer proved it or only took the bytes."""

    kind: ClassVar[str] = "slip.printed"
    ticket: str
    kiosk: str
    device: str
    proof: bool
    reprint: bool = False


@dataclass(frozen=True, slots=True)
class SlipFailed(Fact):
    """Paper surely did not come out whole, or nobody knows (`unknown`)."""

    kind: ClassVar[str] = "slip.failed"
    ticket: str
    kiosk: str
    device: str
    reason: str
    unknown: bool = False
    owed: bool = False
    """It is printed again, marked 补打, if the printer is well in time."""


@dataclass(frozen=True, slots=True)
class SlipReprintBegun(Fact):
    """The printer gets a slip once more, marked 补打; stored before it does, so that no restart repeats it."""

    kind: ClassVar[str] = "slip.reprint_begun"
    ticket: str
    kiosk: str
    device: str


# --- suspicion and judgement -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FlagRaised(Fact):
    """疑似: the detector's suspicion, with all that it was made from; never a finding."""

    kind: ClassVar[str] = "flag.raised"
    flag: str
    clerk: str
    window: int | None
    pattern: str
    tier: str
    """A may lead to a finding; B only asks to call citizens back."""
    strength_centi: int
    """Hundredths of log10 of how much likelier the evidence is."""
    quarter: str
    version: str
    input_hash: str
    presses: tuple[str, ...]
    evidence: str
    """JSON of the detector's whole statement; as text, since the chain's form has no fractions."""
    visits: tuple[str, ...] = ()
    """Tickets of a watch on what was left undone, which names no presses."""


@dataclass(frozen=True, slots=True)
class FlagAssigned(Fact):
    """Somebody is to look into a flag."""

    kind: ClassVar[str] = "flag.assigned"
    flag: str
    to: str
    by: str


@dataclass(frozen=True, slots=True)
class FlagCalledBack(Fact):
    """回访: what a citizen said about one press, or about the ticket's visit where that is what the flag names."""

    kind: ClassVar[str] = "flag.called_back"
    flag: str
    press: str
    outcome: str
    by: str
    note: str | None = field(default=None, metadata=PERSONAL)


@dataclass(frozen=True, slots=True)
class FlagStated(Fact):
    """What the clerk concerned says."""

    kind: ClassVar[str] = "flag.statement"
    flag: str
    by: str
    text: str | None = field(default=None, metadata=PERSONAL)


@dataclass(frozen=True, slots=True)
class FlagNoted(Fact):
    """What the camera or an inspection showed."""

    kind: ClassVar[str] = "flag.noted"
    flag: str
    by: str
    text: str | None = field(default=None, metadata=PERSONAL)


@dataclass(frozen=True, slots=True)
class FlagDecided(Fact):
    """One person's decision: `confirmed` waits for a second person, `dismissed` and `referred` (tier B) end it."""

    kind: ClassVar[str] = "flag.decided"
    flag: str
    decision: str
    reason: str
    by: str
    habit: str | None = None
    """What the dismissal says of the clerk's ways; the detector takes it as context."""
    presses: tuple[str, ...] | None = None
    """Of a confirmation: the presses that it is about; None for all named ones that no citizen owned."""


@dataclass(frozen=True, slots=True)
class FlagSeconded(Fact):
    """A second, different person confirms."""

    kind: ClassVar[str] = "flag.seconded"
    flag: str
    by: str


@dataclass(frozen=True, slots=True)
class FlagReturned(Fact):
    """A first confirmation is withdrawn, or a second person doesn't agree: the inquiry goes on."""

    kind: ClassVar[str] = "flag.returned"
    flag: str
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class FindingRecorded(Fact):
    """查实结论: what people found, about a clerk or only a window."""

    kind: ClassVar[str] = "finding.recorded"
    finding: str
    about: str
    """The finding's kind (interfaces.md): self_press, complaint …"""
    window: int | None
    clerk: str | None
    status: str
    article: str
    note: str
    flag: str | None = None
    what: str | None = None
    """Of attendance: late, early, asleep, absent, away."""
    half_days: int | None = None
    date: str | None = None
    """The hall-local day that it is about, ISO 8601; without one the day on which it was recorded."""
    by: str | None = None
    """Who entered it; of a flag's finding the flag's steps tell."""


@dataclass(frozen=True, slots=True)
class PointsEntered(Fact):
    """Assessors entered a section's or an item's points; the last entry counts."""

    kind: ClassVar[str] = "points.entered"
    sheet: str
    """window or clerk."""
    quarter: str
    window: int | None
    clerk: str | None
    section: str
    """The regulation's number: 一(一), or an item's: 一(六)1."""
    points: str
    """A decimal number, as it was entered."""
    note: str
    by: str
    stage: str = "review"
    """自评 self, 互评 mutual, 审核 review: only the review counts (考核办法 五(一))."""


@dataclass(frozen=True, slots=True)
class FindingAppealed(Fact):
    """申诉 against a finding."""

    kind: ClassVar[str] = "finding.appealed"
    finding: str
    by: str
    reason: str | None = field(default=None, metadata=PERSONAL)


@dataclass(frozen=True, slots=True)
class AppealDecided(Fact):
    """`upheld`: the finding stands; `overturned`: it never was."""

    kind: ClassVar[str] = "appeal.decided"
    finding: str
    outcome: str
    reason: str
    by: str


# --- random call-backs -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BadRatingVerified(Fact):
    """差评核实: founded, unfounded or unclear."""

    kind: ClassVar[str] = "bad_rating.verified"
    rating: str
    verdict: str
    note: str
    day: str
    by: str


@dataclass(frozen=True, slots=True)
class BadRatingRectified(Fact):
    """差评整改: what was put right."""

    kind: ClassVar[str] = "bad_rating.rectified"
    rating: str
    note: str
    day: str
    by: str


@dataclass(frozen=True, slots=True)
class BadRatingCalledBack(Fact):
    """差评回访: what the citizen says now."""

    kind: ClassVar[str] = "bad_rating.called_back"
    rating: str
    heard: str
    day: str
    by: str
    note: str | None = field(default=None, metadata=PERSONAL)


@dataclass(frozen=True, slots=True)
class ContactSeen(Fact):
    """Somebody looked at who rated."""

    kind: ClassVar[str] = "contact.seen"
    rating: str
    by: str


@dataclass(frozen=True, slots=True)
class ComplaintReceived(Fact):
    """投诉登记."""

    kind: ClassVar[str] = "complaint.received"
    complaint: str
    channel: str
    day: str
    window: int | None
    clerk: str | None
    by: str
    text: str | None = field(default=None, metadata=PERSONAL)
    contact: str | None = field(default=None, metadata=PERSONAL)


@dataclass(frozen=True, slots=True)
class ComplaintAnswered(Fact):
    """The written answer to a complaint, and whether it is founded."""

    kind: ClassVar[str] = "complaint.answered"
    complaint: str
    verdict: str
    answer: str
    day: str
    by: str


@dataclass(frozen=True, slots=True)
class QuarterClosed(Fact):
    """季度考核定稿: an edition of a quarter, by which facts and rules, with the hash of its tables.

    Who has the log and the configuration makes the same tables again: of the facts up to `upto_seq`, judged on `as_of`.
    """

    kind: ClassVar[str] = "quarter.closed"
    quarter: str
    edition: int
    rules: str
    rules_version: int
    as_of: str
    upto_seq: int
    sha256: str
    reason: str
    """Of a later edition: what was put right."""
    by: str


@dataclass(frozen=True, slots=True)
class CaseOpened(Fact):
    """办件: a case is received. Days are ISO dates, terms working days."""

    kind: ClassVar[str] = "case.opened"
    case: str
    case_kind: str
    service: str
    department: str
    window: int | None
    clerk: str | None
    day: str
    promised: int | None
    statutory: int | None
    green: bool
    ticket: str | None
    closed: str | None
    """即办件: done on the day itself."""
    by: str


@dataclass(frozen=True, slots=True)
class CaseCompleted(Fact):
    """补办件: its materials are complete since the day."""

    kind: ClassVar[str] = "case.completed"
    case: str
    day: str
    by: str


@dataclass(frozen=True, slots=True)
class CaseStopped(Fact):
    """A special procedure (听证, 招标 …) begins: the clock stands."""

    kind: ClassVar[str] = "case.stopped"
    case: str
    procedure: str
    day: str
    by: str


@dataclass(frozen=True, slots=True)
class CaseResumed(Fact):
    """The special procedure is over."""

    kind: ClassVar[str] = "case.resumed"
    case: str
    day: str
    by: str


@dataclass(frozen=True, slots=True)
class CaseDue(Fact):
    """The due day as it is told from now on; `estimated` where a year's holidays are not announced yet (预估)."""

    kind: ClassVar[str] = "case.due"
    case: str
    due: str | None
    estimated: bool


@dataclass(frozen=True, slots=True)
class CaseClosed(Fact):
    """A case is done, refused or withdrawn."""

    kind: ClassVar[str] = "case.closed"
    case: str
    day: str
    outcome: str
    note: str
    by: str


@dataclass(frozen=True, slots=True)
class CaseReviewAsked(Fact):
    """驳回件: the citizen asks for a review (复核)."""

    kind: ClassVar[str] = "case.review_asked"
    case: str
    by: str
    reason: str | None = field(default=None, metadata=PERSONAL)


@dataclass(frozen=True, slots=True)
class CaseReviewed(Fact):
    """The review's ruling."""

    kind: ClassVar[str] = "case.reviewed"
    case: str
    outcome: str
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class CallbackSampled(Fact):
    """A quarter's ratings to call back, drawn by a seed; stored before anybody is called."""

    kind: ClassVar[str] = "callback.sampled"
    quarter: str
    seed: str
    version: str
    upto_seq: int
    """The last fact whose rating could be drawn."""
    population: int
    population_hash: str
    """SHA-256 over the ids of all ratings that could be drawn."""
    size: int
    ratings: tuple[str, ...]
    """In the order of the draw."""
    by: str


@dataclass(frozen=True, slots=True)
class CallbackMade(Fact):
    """What a citizen said of a rating of the sample."""

    kind: ClassVar[str] = "callback.made"
    quarter: str
    rating: str
    outcome: str
    level: int | None
    """The one that the citizen says, where it is another."""
    by: str
    note: str | None = field(default=None, metadata=PERSONAL)
    contact: str | None = field(default=None, metadata=PERSONAL)
    """Whom the officer called."""


@dataclass(frozen=True, slots=True)
class Unknown(Fact):
    """A fact of a kind that this version doesn't know; readers pass over it."""

    name: str
    payload: dict[str, Any]


KINDS: dict[str, type[Fact]] = {
    kind.kind: kind
    for kind in (
        HubStarted,
        DayStarted,
        SignedOn,
        SignedOff,
        Paused,
        Resumed,
        AssistDeclared,
        Announced,
        TicketIssued,
        SlipCoded,
        TicketCalled,
        TicketRecalled,
        TicketArrived,
        TicketMissed,
        TicketReturned,
        TicketHeld,
        TicketTakenBack,
        TicketTransferred,
        TicketCancelled,
        TicketFinished,
        RatingInvited,
        InviteExpired,
        KeyPressed,
        PhoneRated,
        SlipCodeRefused,
        RatingRecorded,
        RatingCompared,
        RatingCorrected,
        PressUnmatched,
        PadKeyed,
        DeviceOnline,
        DeviceOffline,
        MaintenanceStarted,
        MaintenanceEnded,
        SlipPrinted,
        SlipFailed,
        SlipReprintBegun,
        FlagRaised,
        FlagAssigned,
        FlagCalledBack,
        FlagStated,
        FlagNoted,
        FlagDecided,
        FlagSeconded,
        FlagReturned,
        FindingRecorded,
        FindingAppealed,
        AppealDecided,
        PointsEntered,
        BadRatingVerified,
        BadRatingRectified,
        BadRatingCalledBack,
        ContactSeen,
        ComplaintReceived,
        ComplaintAnswered,
        QuarterClosed,
        CaseOpened,
        CaseCompleted,
        CaseStopped,
        CaseResumed,
        CaseDue,
        CaseClosed,
        CaseReviewAsked,
        CaseReviewed,
        CallbackSampled,
        CallbackMade,
    )
}
