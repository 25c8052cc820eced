"""What happened, as sentences for whoever watches: Chinese, with the English words beside."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, tzinfo
from typing import Final

from hub.demo.town import Town
from hub.domain import events as e
from hub.domain.model import LEVEL_WORDS, PRIORITY_NAMES
from hub.domain.state import HallState

KEPT: Final = 60
_UNMATCHED: Final = {
    "bounce": "按键抖动，只算一次 (contact bounce)",
    "duplicate": "设备重发，只算一次 (resent)",
    "repeated": "已评过，只存档 (rated already)",
    "paused": "窗口暂停中，只存档 (window paused)",
    "closed": "窗口未开放，只存档 (window closed)",
    "late": "邀请已过期，只存档 (too late)",
    "uninvited": "没有邀请，只存档 (nobody invited)",
    "unmapped": "不是评价键 (no rating key)",
    "maintenance": "维护中 (maintenance)",
}
_PHRASES: Final[Mapping[type[e.Fact], tuple[str, str]]] = {
    e.TicketCalled: ("{window}号窗口叫号 {number} (called)", "bold yellow"),
    e.TicketRecalled: ("{window}号窗口重呼 {number} (called again)", "yellow"),
    e.TicketMissed: ("{window}号窗口 {number} 没有人来，过号 (missed)", "red"),
    e.TicketReturned: ("{number} 复到，重新排队 (came back)", "cyan"),
    e.TicketHeld: ("{number} 回去取材料，挂起 (on hold)", "magenta"),
    e.TicketTakenBack: ("{window}号窗口取回 {number}，继续办理 (taken back)", "magenta"),
    e.TicketTransferred: ("{window}号窗口把 {number} 转到别的窗口 (transferred)", "magenta"),
    e.TicketCancelled: ("{number} 放弃等候 (gave up)", "red"),
    e.TicketFinished: ("{window}号窗口办结 {number}，请评价 (done, asks to rate)", "green"),
    e.SignedOn: ("{window}号窗口 {name} 签到 (signed on)", "blue"),
    e.SignedOff: ("{window}号窗口 {name} 签退 (signed off)", "blue"),
    e.Paused: ("{window}号窗口 {reason} (paused)", "blue"),
    e.Resumed: ("{window}号窗口恢复服务 (resumed)", "blue"),
    e.SlipFailed: ("{number} 未能出票：{reason} (no slip)", "bold red"),
    e.SlipReprintBegun: ("{number} 补打号票 (slip printed again)", "cyan"),
    e.DeviceOffline: ("设备 {device} 断开 (device lost)", "bold red"),
    e.DeviceOnline: ("设备 {device} 已连接 (device connected)", "blue"),
}
"""Words in braces are the fact's own fields, the ticket's printed number and the clerk's name."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One thing that happened."""

    at: str
    """HH:MM:SS, hall-local."""
    text: str
    style: str


class Story:
    """The latest sentences, newest last."""

    def __init__(self, town: Town, state: HallState, zone: tzinfo) -> None:
        self.sentences: deque[Sentence] = deque(maxlen=KEPT)
        self._town = town
        self._state = state
        self._zone = zone

    def see(self, batch: Sequence[e.Recorded]) -> None:
        """Tell what is worth telling of some facts."""
        for recorded in batch:
            said = self._say(recorded.fact)
            if said is not None:
                at = datetime.fromtimestamp(recorded.stamp.wall_ms / 1000, self._zone)
                self.sentences.append(Sentence(at.strftime("%H:%M:%S"), *said))

    def _say(self, fact: e.Fact) -> tuple[str, str] | None:
        """Text and style."""
        match fact:
            case e.TicketIssued():
                what = self._town.service(fact.service).name
                group = PRIORITY_NAMES.get(fact.priority or "")
                what += f"（{group}）" if group else ""
                return f"取号 {fact.number} {what}，前面 {fact.ahead} 人 (took a ticket)", "cyan"
            case e.RatingRecorded():
                how = "手机评价 (by phone)" if fact.source == "phone" else "按键评价 (keypad)"
                style = "green" if fact.level > 2 else "bold red"
                return f"{self._number(fact.ticket)} {how}：{LEVEL_WORDS[fact.level]}", style
            case e.PressUnmatched():
                return f"{fact.window}号窗口按键：{_UNMATCHED.get(fact.disposition, fact.disposition)}", "bold magenta"
        if type(fact) not in _PHRASES:
            return None
        phrase, style = _PHRASES[type(fact)]
        words: dict[str, object] = {field.name: getattr(fact, field.name) for field in fields(fact)}
        if "{number}" in phrase:
            words["number"] = self._number(getattr(fact, "ticket", ""))
        if "{name}" in phrase:
            words["name"] = self._town.clerk(getattr(fact, "clerk", "")).name
        return phrase.format_map(words), style

    def _number(self, ticket: str) -> str:
        known = self._state.tickets.get(ticket)
        return known.number if known is not None else ticket
