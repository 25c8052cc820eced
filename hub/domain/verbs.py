"""What each verb of a window does: the table of interfaces.md as pure functions from state to facts.

A verb that the state forbids raises StateForbids and yields no fact.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final

from hub.domain import events as e
from hub.domain.model import MAX_RECALLS, Setup, WindowState
from hub.domain.queueing import candidates, choose, longest_waiting, place_of_returned
from hub.domain.state import HallState, Ticket, Window
from hub.errors import NotFound, StateForbids

VERBS: Final = {
    "next": "叫号",
    "call": "叫号",
    "recall": "重呼",
    "miss": "过号",
    "hold": "挂起",
    "take-back": "取回",
    "transfer": "转移",
    "start": "开始办理",
    "finish": "办结",
    "invite": "邀请评价",
    "assist": "声明协助",
    "pause": "暂停",
    "resume": "恢复",
    "sign-on": "签到",
    "sign-off": "签退",
    "return": "复到",
    "cancel": "取消",
    "announce": "播报",
}
STATES: Final = {
    "closed": "未签到",
    "idle": "空闲",
    "called": "已叫号，等待办理",
    "serving": "正在办理",
    "rating": "等待评价",
    "paused": "已暂停服务",
    "waiting": "还在等候",
    "held": "已挂起",
    "missed": "已过号",
    "finished": "已办结",
    "cancelled": "已取消",
    "expired": "已过期",
}


@dataclass(frozen=True, slots=True)
class Desk:
    """Who wants what where: the state and the window as they stand, and the token's or pad's name."""

    state: HallState
    setup: Setup
    window: Window
    by: str
    now: e.Stamp

    @property
    def clerk(self) -> str:
        """The clerk on duty."""
        return self.window.clerk or ""

    def need(self, verb: str, *states: WindowState) -> None:
        """Forbid the verb outside these states."""
        if self.window.state not in states:
            raise forbidden(verb, self.window)

    def ticket(self) -> Ticket:
        """The ticket at the window."""
        return self.state.tickets[self.window.ticket or ""]


def forbidden(verb: str, window: Window, why: str = "") -> StateForbids:
    """The error for a verb that the window's state forbids."""
    detail = why or f"{window.number}号窗口{STATES[window.state]}，不能{VERBS[verb]}"
    return StateForbids(verb, window.state, detail)


def sign_on(desk: Desk, clerk: str) -> list[e.Fact]:
    """Closed → idle."""
    desk.need("sign-on", "closed")
    return [e.SignedOn(desk.window.number, clerk, desk.by)]


def sign_off(desk: Desk) -> list[e.Fact]:
    """Idle, rating, paused → closed."""
    desk.need("sign-off", "idle", "rating", "paused")
    return [e.SignedOff(desk.window.number, desk.clerk, desk.by)]


def pause(desk: Desk, reason: str) -> list[e.Fact]:
    """Idle, rating → paused."""
    desk.need("pause", "idle", "rating")
    return [e.Paused(desk.window.number, desk.clerk, reason, desk.by)]


def resume(desk: Desk) -> list[e.Fact]:
    """Paused → idle."""
    desk.need("resume", "paused")
    return [e.Resumed(desk.window.number, desk.clerk, desk.by)]


def call_next(desk: Desk) -> list[e.Fact]:
    """Idle, rating → called; nothing where nobody waits."""
    desk.need("next", "idle", "rating")
    choice = choose(desk.state, desk.setup, desk.setup.windows[desk.window.number])
    if choice is None:
        return []
    ticket = choice.ticket
    number = desk.window.number
    return [e.TicketCalled(ticket.id, ticket.service, number, desk.clerk, desk.by, overtook=choice.overtook)]


def call_chosen(desk: Desk, ticket: Ticket) -> list[e.Fact]:
    """Idle, rating → called, with a waiting ticket that the window may serve."""
    desk.need("call", "idle", "rating")
    number = desk.window.number
    if ticket.state != "waiting":
        raise StateForbids("call", ticket.state, f"{ticket.number}{STATES[ticket.state]}，不能叫号")
    waiting = [other for _, other in candidates(desk.state, desk.setup.windows[number])]
    if all(ticket is not other for other in waiting):
        raise forbidden("call", desk.window, f"{number}号窗口不办理{ticket.number}的业务，或该号已指定其他窗口")
    overtook = ticket is not longest_waiting(waiting)
    return [e.TicketCalled(ticket.id, ticket.service, number, desk.clerk, desk.by, chosen=True, overtook=overtook)]


def recall(desk: Desk) -> list[e.Fact]:
    """Called → called, at most five times."""
    desk.need("recall", "called")
    ticket = desk.ticket()
    if ticket.recalls >= MAX_RECALLS:
        raise forbidden("recall", desk.window, f"{ticket.number}已重呼{MAX_RECALLS}次，请按过号处理")
    n = ticket.recalls + 1
    return [e.TicketRecalled(ticket.id, ticket.service, desk.window.number, desk.clerk, n, desk.by)]


def start(desk: Desk) -> list[e.Fact]:
    """Called → serving."""
    desk.need("start", "called")
    ticket = desk.ticket()
    return [e.TicketArrived(ticket.id, ticket.service, desk.window.number, desk.clerk, desk.by)]


def miss(desk: Desk) -> list[e.Fact]:
    """Called → idle."""
    desk.need("miss", "called")
    ticket = desk.ticket()
    return [e.TicketMissed(ticket.id, ticket.service, desk.window.number, desk.clerk, desk.by)]


def hold(desk: Desk) -> list[e.Fact]:
    """Called, serving → idle."""
    desk.need("hold", "called", "serving")
    ticket = desk.ticket()
    return [e.TicketHeld(ticket.id, ticket.service, desk.window.number, desk.clerk, desk.by)]


def take_back(desk: Desk, ticket: str | None) -> list[e.Fact]:
    """Idle, rating → serving, with the named or the oldest held ticket of the window."""
    desk.need("take-back", "idle", "rating")
    held = desk.window.held
    if not held:
        raise forbidden("take-back", desk.window, f"{desk.window.number}号窗口没有挂起的号")
    key = ticket or held[0]
    if key not in held:
        raise forbidden("take-back", desk.window, f"{key}没有挂起在{desk.window.number}号窗口")
    one = desk.state.tickets[key]
    return [e.TicketTakenBack(one.id, one.service, desk.window.number, desk.clerk, desk.by)]


def transfer(desk: Desk, *, service: str | None = None, window: int | None = None) -> list[e.Fact]:
    """Called, serving → idle; the ticket waits for the service or the window with the wait it had."""
    desk.need("transfer", "called", "serving")
    ticket = desk.ticket()
    number = desk.window.number
    if window == number:
        raise forbidden("transfer", desk.window, "不能转移到本窗口，请选择其他窗口或业务")
    to_service = service or _service_at(desk.setup, ticket.service, window)
    return [e.TicketTransferred(ticket.id, to_service, number, desk.clerk, window, desk.by)]


def finish(desk: Desk, matters: Collection[e.Matter] = (), *, armed: bool = False) -> list[e.Fact]:
    """Called, serving → rating; finish and invite are one commit."""
    desk.need("finish", "called", "serving")
    ticket = desk.ticket()
    done = tuple(matters) or (e.Matter(),)
    finished = e.TicketFinished(ticket.id, ticket.service, desk.window.number, desk.clerk, desk.by, done)
    return [finished, _invitation(desk, ticket.id, desk.clerk, armed=armed)]


def invite(desk: Desk) -> list[e.Fact]:
    """Rating, idle → rating: ask once more for the last finished visit."""
    desk.need("invite", "rating", "idle")
    last = desk.window.invite
    if last is None or last.rated or desk.window.called_since:
        raise forbidden("invite", desk.window, f"{desk.window.number}号窗口没有可再次邀请评价的办理")
    ticket = desk.state.tickets.get(last.ticket)
    if ticket is not None and ticket.level is not None:
        raise forbidden("invite", desk.window, "该次办理已评价，不能重复邀请")
    return [_invitation(desk, last.ticket, last.clerk, armed=False)]


def assist(desk: Desk) -> list[e.Fact]:
    """Declare, before the press, that the citizen is being helped; once a visit."""
    desk.need("assist", "called", "serving", "rating")
    ticket = desk.window.rated_next
    if ticket is not None and ticket == desk.window.assisted:
        raise forbidden("assist", desk.window, "本次办理已声明协助，不必重复")
    return [e.AssistDeclared(desk.window.number, desk.clerk, ticket, desk.by)]


def announce(desk: Desk, what: str) -> list[e.Fact]:
    """Ask for an announcement at the window."""
    if desk.window.state == "closed":
        raise forbidden("announce", desk.window)
    return [e.Announced(desk.window.number, what, desk.by)]


def pause_or_resume(desk: Desk) -> list[e.Fact]:
    """The pad's one key for both."""
    return resume(desk) if desk.window.state == "paused" else pause(desk, "暂停服务")


def transfer_as_set_up(desk: Desk) -> list[e.Fact]:
    """The pad's transfer key: to the window that the configuration names."""
    target = desk.setup.windows[desk.window.number].transfer_to
    if target is None:
        raise forbidden("transfer", desk.window, "未配置转移目标窗口 (transfer_to)")
    return transfer(desk, window=target)


PAD: Final[Mapping[str, Callable[[Desk], list[e.Fact]]]] = {
    "next": call_next,
    "recall": recall,
    "finish": lambda desk: finish(desk, armed=True),
    "miss": miss,
    "hold": hold,
    "take-back": lambda desk: take_back(desk, None),
    "pause": pause_or_resume,
    "transfer": transfer_as_set_up,
    "announce": lambda desk: announce(desk, "one_metre_line"),
}
"""What a caller pad's keys do; `next` yields no fact where nobody waits."""


def give_back(state: HallState, setup: Setup, ticket: Ticket, by: str) -> list[e.Fact]:
    """Missed → waiting, behind the next few (复到)."""
    if ticket.state != "missed":
        raise StateForbids("return", ticket.state, f"{ticket.number}{STATES[ticket.state]}，不能复到")
    place = place_of_returned(state.queues.get(ticket.service, ()), setup.return_after, ticket.misses)
    return [e.TicketReturned(ticket.id, ticket.service, place, by)]


def cancel(ticket: Ticket, by: str) -> list[e.Fact]:
    """Waiting → cancelled."""
    if ticket.state != "waiting":
        raise StateForbids("cancel", ticket.state, f"{ticket.number}{STATES[ticket.state]}，不能取消")
    return [e.TicketCancelled(ticket.id, ticket.service, by)]


def _invitation(desk: Desk, ticket: str, clerk: str, *, armed: bool) -> e.RatingInvited:
    seconds = desk.setup.invite_s
    until_ms = desk.now.wall_ms + seconds * 1000
    return e.RatingInvited(ticket, desk.window.number, clerk, until_ms, seconds, desk.by, armed=armed)


def _service_at(setup: Setup, service: str, window: int | None) -> str:
    """The service under which a ticket waits for a window: its own where served there, else the window's first."""
    if window is None or window not in setup.windows:
        raise NotFound("window", str(window))
    served = setup.windows[window].services
    return service if service in served else served[0]
