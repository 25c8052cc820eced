"""A hall small enough to click through: the state behind the fake hub, in the shapes of /api/v1.

It is written from the contract alone and shares no code with the hub.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

Json = dict[str, Any]

BEIJING = timezone(timedelta(hours=8))

# (code, name, prefix, waiting at the start, seconds to wait)
SERVICES = [
    ("social", "社会保险", "A", 6, 780),
    ("medical", "医疗保障", "B", 3, 360),
    ("estate", "不动产登记", "C", 12, 2700),
    ("tax", "税务征收", "D", 0, 0),
    ("police", "公安户政", "E", 4, 540),
    ("market", "市场监管（企业开办）", "F", 1, 180),
    ("fund", "住房公积金", "G", 0, None),
    ("general", "综合受理", "H", 2, 240),
]
WINDOWS = [
    (1, "社保综合", "人社局", ["social"]),
    (2, "社保综合", "人社局", ["social", "medical"]),
    (3, "医保业务", "医保局", ["medical"]),
    (4, "不动产受理", "自然资源局", ["estate"]),
    (5, "不动产受理", "自然资源局", ["estate"]),
    (6, "办税服务", "税务局", ["tax"]),
    (7, "户籍业务", "公安局", ["police"]),
    (8, "企业开办", "市场监管局", ["market", "general"]),
]
PRIORITIES = [
    ("elderly", "老年人"),
    ("disabled", "残疾人"),
    ("serviceman", "军人"),
    ("appointment", "已预约"),
    ("green", "绿色通道"),
]
PAUSE_REASONS = ["临时离开", "用餐", "会议", "设备故障", "取送材料"]
CLERKS = [("1001", "张三"), ("1002", "李四"), ("1003", "韦小娟"), ("1004", "覃秀英")]
NOTICES = ["过号请到原窗口告知工作人员复到，无需重新取号。", "午休时间 12:00–13:00，社保、医保窗口不停办。"]

# The contract's table of states and verbs.
ALLOWED = {
    "next": {"idle", "rating"},
    "call": {"idle", "rating"},
    "start": {"called"},
    "finish": {"called", "serving"},
    "recall": {"called"},
    "miss": {"called"},
    "hold": {"called", "serving"},
    "take-back": {"idle", "rating"},
    "transfer": {"called", "serving"},
    "invite": {"rating", "idle"},
    "assist": {"called", "serving", "rating"},
    "pause": {"idle", "rating"},
    "resume": {"paused"},
    "sign-on": {"closed"},
    "sign-off": {"idle", "rating", "paused"},
}
STATE_WORDS = {
    "idle": "空闲",
    "called": "已叫号",
    "serving": "办理中",
    "rating": "等待评价",
    "paused": "暂停",
    "closed": "未签到",
}


class Refused(Exception):
    """The hall says no: a status and a sentence."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


@dataclass
class Ticket:
    id: str
    number: str
    service: str
    priority: str | None
    state: str = "waiting"
    window: int | None = None
    recalls: int = 0

    def reply(self) -> Json:
        return {
            "id": self.id,
            "number": self.number,
            "service": self.service,
            "state": self.state,
            "window": self.window,
            "recalls": self.recalls,
        }


@dataclass
class Window:
    number: int
    name: str
    department: str
    services: list[str]
    state: str = "idle"
    clerk: str | None = "1001"
    ticket: Ticket | None = None
    since: str = ""
    reason: str | None = None
    invite_until: int | None = None
    assisted_at: str | None = None
    held: list[Ticket] = field(default_factory=list)


class FakeHall:
    """Tickets and windows in memory; `on_change` hears of every change."""

    def __init__(self) -> None:
        self.seq = 1
        self.on_change: Callable[[], None] = lambda: None
        self.name = "示范县政务服务中心"
        self.closed_services = {"fund": "系统升级，预计 14:00 恢复"}
        self.estimates = {code: estimate for code, _, _, _, estimate in SERVICES}
        self.notices = list(NOTICES)
        self.calls: list[Json] = []
        self.tickets: dict[str, Ticket] = {}
        self.replies: dict[str, Json] = {}
        self.issued = 0
        self.printer_ok = True
        self.next_number: str | None = None
        """Instead of the next by its prefix."""
        self.stored = True
        self.windows = {number: Window(number, *rest, since=self.now()) for number, *rest in WINDOWS}
        for code, _, _, waiting, _ in SERVICES:
            for _ in range(waiting):
                self.add_ticket(code, None)
        self.windows[7].state = "closed"
        self.windows[7].clerk = None
        self.windows[5].state, self.windows[5].reason = "paused", "用餐"

    @staticmethod
    def now() -> str:
        return datetime.now(UTC).astimezone(BEIJING).isoformat(timespec="milliseconds")  # noqa: TID251 - a fake of the outside

    def changed(self) -> None:
        self.seq += 1
        self.on_change()

    # What screens are told

    def hall(self, *, with_clerks: bool) -> Json:
        shape: Json = {
            "name": self.name,
            "services": [self._service(code, name, prefix) for code, name, prefix, _, _ in SERVICES],
            "windows": [
                {"number": w.number, "name": w.name, "department": w.department, "services": w.services}
                for w in self.windows.values()
            ],
            "priorities": [{"code": code, "name": name} for code, name in PRIORITIES],
            "pause_reasons": PAUSE_REASONS,
            "kiosks": ["K1"],
        }
        if with_clerks:
            shape["clerks"] = [{"id": clerk, "name": name} for clerk, name in CLERKS]
        return shape

    def _service(self, code: str, name: str, prefix: str) -> Json:
        shape: Json = {
            "code": code,
            "name": name,
            "prefix": prefix,
            "open": code not in self.closed_services,
            "waiting": len(self.waiting(code)),
            "estimate_s": self.estimates[code],
        }
        if code in self.closed_services:
            shape["reason"] = self.closed_services[code]
        return shape

    def board(self) -> Json:
        return {
            "calls": self.calls[:8],
            "services": [
                {"code": code, "name": name, "waiting": len(self.waiting(code)), "estimate_s": self.estimates[code]}
                for code, name, _, _, _ in SERVICES
            ],
            "windows": [
                {
                    "number": w.number,
                    "name": w.name,
                    "state": w.state,
                    "ticket": w.ticket.number if w.ticket else None,
                    "clerk": w.clerk,
                }
                for w in self.windows.values()
            ],
            "notices": self.notices,
        }

    def windows_state(self) -> list[Json]:
        return [self._window(w) for w in self.windows.values()]

    def _window(self, w: Window) -> Json:
        names = dict(CLERKS)
        waiting = [t for code in w.services for t in self.waiting(code)]
        missed = [t for t in self.tickets.values() if t.state == "missed" and t.service in w.services]
        return {
            "number": w.number,
            "name": w.name,
            "state": w.state,
            "ticket": w.ticket.number if w.ticket else None,
            "ticket_id": w.ticket.id if w.ticket else None,
            "service": w.ticket.service if w.ticket else None,
            "clerk": w.clerk,
            "clerk_name": names.get(w.clerk or ""),
            "since": w.since,
            "reason": w.reason,
            "recalls": w.ticket.recalls if w.ticket else 0,
            "held": [{"id": t.id, "number": t.number} for t in w.held],
            "waiting": len(waiting),
            "next": [
                {"id": t.id, "number": t.number, "service": t.service, "priority": t.priority} for t in waiting[:20]
            ],
            "invite_until": w.invite_until,
            "assisted_at": w.assisted_at,
            "missed": [{"id": t.id, "number": t.number} for t in missed],
            "devices": [{"id": "line-1", "state": "ok"}, {"id": f"sign-{w.number}", "state": "ok"}],
        }

    def waiting(self, service: str) -> list[Ticket]:
        found = [t for t in self.tickets.values() if t.state == "waiting" and t.service == service]
        return sorted(found, key=lambda t: t.priority is None)

    # Tickets

    def add_ticket(self, service: str, priority: str | None) -> Ticket:
        prefix = next(prefix for code, _, prefix, _, _ in SERVICES if code == service)
        count = sum(1 for t in self.tickets.values() if t.service == service) + 1
        ticket = Ticket(f"t{len(self.tickets) + 1}", self.next_number or f"{prefix}{count:03d}", service, priority)
        self.tickets[ticket.id] = ticket
        return ticket

    def issue(self, key: str, body: Json, origin: str) -> Json:
        if key in self.replies:
            return self.replies[key]
        service = str(body.get("service"))
        if service not in self.estimates:
            raise Refused(404, "没有这项业务。")
        if service in self.closed_services:
            raise Refused(409, "该业务已暂停，请到咨询台。")
        ahead = len(self.waiting(service))
        ticket = self.add_ticket(service, body.get("priority"))
        self.issued += 1
        reply = {
            "id": ticket.id,
            "number": ticket.number,
            "service": service,
            "ahead": ahead,
            "estimate_s": self.estimates[service],
            "issued_at": self.now(),
            "link": f"{origin}/r/Zk3vT9qLw2XbHc71mN5rPd",
            "slip": bool(body.get("kiosk")) and self.printer_ok,
        }
        reply["rating_code"] = None if reply["slip"] else "0417"
        self.replies[key] = reply
        self.changed()
        return reply

    def find(self, ticket_id: Any) -> Ticket:
        if ticket_id not in self.tickets:
            raise Refused(404, "没有这张号票。")
        return self.tickets[ticket_id]

    def give_back(self, ticket_id: str) -> Json:
        ticket = self.find(ticket_id)
        if ticket.state != "missed":
            raise Refused(409, f"{ticket.number} 没有过号，不能复到。")
        ticket.state = "waiting"
        self.changed()
        return ticket.reply()

    # The windows' verbs

    def verb(self, number: int, verb: str, body: Json) -> Json | None:
        """Do it; the ticket's reply, or None where there is no ticket to tell of."""
        w = self.windows.get(number)
        if w is None:
            raise Refused(404, f"没有 {number} 号窗口。")
        if w.state not in ALLOWED[verb]:
            raise Refused(409, f"{number} 号窗口现在是“{STATE_WORDS[w.state]}”，不能这样做。")
        reply = getattr(self, "_" + verb.replace("-", "_"))(w, body)
        self.changed()
        return reply if reply is None else {**reply}

    def _enter(self, w: Window, state: str, ticket: Ticket | None) -> None:
        w.state, w.ticket, w.since, w.reason = state, ticket, self.now(), None
        if state != "rating":
            w.invite_until = None
        if state in {"called", "idle"}:
            w.assisted_at = None

    def _take(self, w: Window, ticket: Ticket) -> Json:
        ticket.state, ticket.window, ticket.recalls = "called", w.number, 0
        self._enter(w, "called", ticket)
        self.announce(ticket)
        return ticket.reply()

    def announce(self, ticket: Ticket) -> None:
        call = {"number": ticket.number, "window": ticket.window, "at": self.now(), "recalls": ticket.recalls}
        self.calls = [call, *(c for c in self.calls if c["number"] != ticket.number)]

    def _next(self, w: Window, _body: Json) -> Json | None:
        for service in w.services:
            if waiting := self.waiting(service):
                return self._take(w, waiting[0])
        return None

    def _call(self, w: Window, body: Json) -> Json:
        ticket = self.find(body.get("ticket"))
        if ticket.state != "waiting":
            raise Refused(409, f"{ticket.number} 已不在等候。")
        return self._take(w, ticket)

    def _leave(self, w: Window, ticket_state: str) -> Json:
        ticket = w.ticket
        assert ticket is not None
        ticket.state = ticket_state
        self._enter(w, "idle", None)
        return ticket.reply()

    def _start(self, w: Window, _body: Json) -> Json:
        assert w.ticket is not None
        w.ticket.state = "serving"
        self._enter(w, "serving", w.ticket)
        return w.ticket.reply()

    def _finish(self, w: Window, _body: Json) -> Json:
        assert w.ticket is not None
        w.ticket.state = "finished"
        self._enter(w, "rating", w.ticket)
        return self._invite(w, _body)

    def _invite(self, w: Window, _body: Json) -> Json:
        if w.ticket is None:
            raise Refused(409, "没有可以邀请评价的办理。")
        until = datetime.now(UTC) + timedelta(seconds=60)  # noqa: TID251 - a fake of the outside
        w.state, w.invite_until = "rating", int(until.timestamp() * 1000)
        return w.ticket.reply()

    def _assist(self, w: Window, _body: Json) -> Json:
        assert w.ticket is not None
        w.assisted_at = "2026-11-25T09:30:00.000+08:00"
        return w.ticket.reply()

    def _recall(self, w: Window, _body: Json) -> Json:
        assert w.ticket is not None
        if w.ticket.recalls >= 5:
            raise Refused(409, "已重呼 5 次，请按“过号”。")
        w.ticket.recalls += 1
        self.announce(w.ticket)
        return w.ticket.reply()

    def _miss(self, w: Window, _body: Json) -> Json:
        return self._leave(w, "missed")

    def _hold(self, w: Window, _body: Json) -> Json:
        if w.ticket is not None:
            w.held.append(w.ticket)
        return self._leave(w, "held")

    def _take_back(self, w: Window, body: Json) -> Json:
        chosen = [t for t in w.held if body.get("ticket") in {None, t.id}]
        if not chosen:
            raise Refused(409, "没有挂起的号票。")
        w.held.remove(chosen[0])
        chosen[0].state = "serving"
        self._enter(w, "serving", chosen[0])
        return chosen[0].reply()

    def _transfer(self, w: Window, body: Json) -> Json:
        assert w.ticket is not None
        if body.get("service"):
            w.ticket.service = body["service"]
        elif body.get("window") in self.windows:
            w.ticket.service = self.windows[body["window"]].services[0]
        else:
            raise Refused(422, "请选择要转到的业务或窗口。")
        return self._leave(w, "waiting")

    def _pause(self, w: Window, body: Json) -> None:
        if not body.get("reason"):
            raise Refused(422, "请说明暂停事由。")
        self._enter(w, "paused", None)
        w.reason = body["reason"]

    def _resume(self, w: Window, _body: Json) -> None:
        self._enter(w, "idle", None)

    def _sign_on(self, w: Window, body: Json) -> None:
        if body.get("clerk") not in dict(CLERKS):
            raise Refused(404, "没有这个工号。")
        if body["clerk"] == "1002" and body.get("pin") != "2468":
            raise Refused(403, "签到密码不对。")
        w.clerk = body["clerk"]
        self._enter(w, "idle", None)

    def _sign_off(self, w: Window, _body: Json) -> None:
        w.clerk = None
        self._enter(w, "closed", None)
