"""Who is next, how long it takes, what the next number is: pure rules of the queue."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from hub.domain.model import ORDINARY_RANK, PRIORITY_RANK, Service, Setup, WindowSetup
from hub.domain.state import HallState, Ticket


@dataclass(frozen=True, slots=True)
class Choice:
    """The ticket to call; `overtook`: a longer-waiting one of this window was passed over."""

    ticket: Ticket
    overtook: bool


def rank(priority: str | None) -> int:
    """Lower is called first."""
    return PRIORITY_RANK.get(priority or "", ORDINARY_RANK)


def choose(state: HallState, setup: Setup, window: WindowSetup) -> Choice | None:
    """The next ticket for a window.

    Priority groups go first, then the window's services in its order, then the order of the queue. So that nobody
    starves, after `Setup.max_overtakes` calls in a row that passed over somebody, the longest-waiting is called.
    """
    waiting = list(candidates(state, window))
    if not waiting:
        return None
    oldest = longest_waiting(ticket for _, ticket in waiting)
    if state.window(window.number).overtakes >= setup.max_overtakes:
        return Choice(oldest, overtook=False)
    # min() keeps the first of equals, and each queue comes in its own order: a returned ticket keeps its later place.
    _, best = min(waiting, key=lambda pair: (rank(pair[1].priority), pair[0]))
    return Choice(best, overtook=best is not oldest)


def longest_waiting(candidates: Iterable[Ticket]) -> Ticket:
    """The earliest issued of those at the head of their service's queue: a returned one waits at its later place."""
    heads: dict[str, Ticket] = {}
    for ticket in candidates:
        heads.setdefault(ticket.service, ticket)
    return min(heads.values(), key=lambda ticket: ticket.issued_seq)


def candidates(state: HallState, window: WindowSetup) -> Iterator[tuple[int, Ticket]]:
    """Tickets that the window may call, each with its service's place in the window's order; reserved ones first."""
    served = set(window.services)
    for service in sorted(set(state.queues) - served):
        yield from ((-1, t) for t in state.waiting(service) if t.reserved == window.number)
    for place, service in enumerate(window.services):
        for ticket in state.waiting(service):
            if ticket.reserved == window.number:
                yield -1, ticket
            elif ticket.reserved is None or _is_away(state, ticket.reserved):
                yield place, ticket


def place_of_returned(queue: Sequence[str], return_after: int, misses: int) -> int:
    """A missed ticket that came back waits behind `return_after` others, or at the end of a shorter queue.

    With each further miss behind as many and one more, so that those who are never there don't keep the rest waiting.
    """
    return min((return_after + 1) * max(1, misses) - 1, len(queue))


def ahead_of_new(state: HallState, service: str, priority: str | None) -> int:
    """How many waiting tickets of the service will be called before a new one."""
    mine = rank(priority)
    return sum(count for group, count in state.groups.get(service, {}).items() if rank(group) <= mine)


def ahead_of(state: HallState, ticket: Ticket) -> int:
    """How many tickets of its service will be called before this waiting one."""
    queue = state.waiting(ticket.service)
    mine = rank(ticket.priority)
    before = True
    count = 0
    for other in queue:
        if other is ticket:
            before = False
        elif rank(other.priority) < mine or (before and rank(other.priority) == mine):
            count += 1
    return count


def estimate_s(state: HallState, setup: Setup, service: Service, ahead: int) -> int:
    """Seconds until a ticket with `ahead` before it is called.

    From the hall's own recent service times of that service (their median; from call to finish where nobody says when
    a visit starts; the configured typical time until there are any), shared by the windows that are open for it.
    """
    recent = sorted(state.durations_s.get(service.code) or state.stays_s.get(service.code) or ())
    each = recent[len(recent) // 2] if recent else service.typical_s
    open_windows = sum(
        1
        for number in setup.windows_of(service.code)
        if state.windows.get(number) and state.windows[number].state not in {"closed", "paused"}
    )
    return ahead * each // max(1, open_windows)


@dataclass(frozen=True, slots=True)
class Number:
    """A ticket's printed number and its figure."""

    text: str
    count: int


def next_number(state: HallState, service: Service, day: str) -> Number | None:
    """The next free number of the service on that day; None when its range or quota is used up."""
    if service.quota is not None and state.issued.get(day, {}).get(service.code, 0) >= service.quota:
        return None
    counters = state.counters.get(day, {}).get(service.prefix, {})
    used = [last for last in counters.values() if service.first <= last <= service.last]
    count = max(used, default=service.first - 1) + 1
    while ticket_id(day, _text(service, count)) in state.tickets:  # another range of today's had it
        count += 1
    if count > service.last:
        return None
    return Number(_text(service, count), count)


def ticket_id(day: str, number: str) -> str:
    """A ticket's id, unique for ever: the day that it was issued on and its number within that day."""
    return f"{day.replace('-', '')}-{number}"


def _text(service: Service, count: int) -> str:
    return f"{service.prefix}{count:03d}"


def _is_away(state: HallState, window: int) -> bool:
    return state.window(window).state == "closed"
