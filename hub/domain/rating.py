"""What a press is: the first disposition that fits, in the order of interfaces.md."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from hub.domain.calendar import WorkCalendar
from hub.domain.events import KeyPressed, RatingCompared, Stamp
from hub.domain.model import Disposition, Setup, Source
from hub.domain.state import HallState, Invite, PhoneInvite, Window, press_key
from hub.errors import WrongCode

BOUNCE_NS = 300_000_000  # same address and key again within 300 ms: the contact bounced
RESEND_NS = 1_500_000_000  # the same frame again within 1.5 s: the device resent it (devices.md §3.1)
LOWEST_TWO = 2
CODE_TRIES = 5  # wrong codes of one visit: with three digits 1 in 200 guesses right
PHONE_WORKDAYS = 5  # domain.md `invite_expires`: phone: end of the fifth working day

PhoneDisposition = Literal["rating", "repeated", "late"]


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a press; `ticket` is the visit it belongs to or came nearest to."""

    disposition: Disposition
    ticket: str | None = None
    clerk: str | None = None


def decide(state: HallState, press: KeyPressed, now: Stamp) -> Decision:
    """Judge a press against the state before it."""
    window = state.windows.get(press.window) if press.window is not None else None
    invite = window.invite if window else None
    ticket = invite.ticket if invite else None
    if state.is_maintained(press.device, press.window):
        return Decision("maintenance")
    again = _again(state, press)
    if again is not None:
        return Decision(again, ticket)
    if press.level is None or press.window is None:
        return Decision("unmapped", ticket)
    if invite is not None and is_open(invite, now):
        return Decision("repeated" if invite.rated else "rating", ticket, invite.clerk)
    return Decision(_outside(window), ticket)


def decide_phone(visit: PhoneInvite, calendar: WorkCalendar, finished: date, today: date) -> PhoneDisposition:
    """Judge a phone's rating; days are hall-local."""
    if visit.level is not None:
        return "repeated"
    return "rating" if today <= calendar.add_workdays(finished, PHONE_WORKDAYS) else "late"


def needs_code(visit: PhoneInvite, setup: Setup) -> bool:
    """Whether a rating by phone or tablet must carry the code of the visit's slip."""
    return setup.slip_code_digits > 0 and visit.slip_code is not None


def check_code(visit: PhoneInvite, given: str | None) -> None:
    """Raise WrongCode where the code is missing or wrong, or was wrong too often; the caller counts the wrong ones."""
    digits = len(visit.slip_code or "")
    left = CODE_TRIES - visit.refused
    if left <= 0 or not given:
        raise WrongCode(digits, max(0, left), is_missing=left > 0)
    if given != visit.slip_code:
        raise WrongCode(digits, left - 1)


def compare(visit: PhoneInvite | None, press: str, level: int, source: Source) -> list[RatingCompared]:
    """What a press on a rated visit says of its rating; nothing where both came the same way.

    The two lowest levels count as one: keypads with fewer than five keys don't tell them apart (interfaces.md, Levels).
    """
    if visit is None or visit.level is None or visit.source in {None, source} or visit.compared:
        return []
    agrees = level == visit.level or max(level, visit.level) <= LOWEST_TWO
    return [
        RatingCompared(
            visit.ticket,
            visit.window,
            visit.clerk,
            visit.rating or "",
            visit.level,
            visit.source or "",
            press,
            level,
            source,
            agrees=agrees,
        )
    ]


def is_open(invite: Invite, now: Stamp) -> bool:
    """Whether a press at `now` falls inside the invite; measured monotonically, by the wall clock after a reboot."""
    if invite.ended:
        return False
    if invite.until_ns >= 0:
        return now.mono_ns <= invite.until_ns
    return now.wall_ms <= invite.until_ms


def _again(state: HallState, press: KeyPressed) -> Disposition | None:
    last = state.presses.get(press_key(press.device, press.address, press.key))
    if last is None:
        return None
    gap_ns = press.received_ns - last.at_ns
    if 0 <= gap_ns < BOUNCE_NS:
        return "bounce"
    if 0 <= gap_ns < RESEND_NS and press.raw == last.raw:
        return "duplicate"
    return None


def _outside(window: Window | None) -> Disposition:
    if window is not None and window.state == "paused":
        return "paused"
    if window is None or window.state == "closed":
        return "closed"
    return "late" if window.invite is not None and not window.called_since else "uninvited"
