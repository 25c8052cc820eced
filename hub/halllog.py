"""The hall log, JSONL version 1 (interfaces.md): what other programs read of a hall's history.

`export` translates facts to lines and keeps their order; times stand as they were recorded, also where the clock
stepped. A reader passes over kinds and fields that it doesn't know; beyond the table of interfaces.md there are:
ticket.returned, .held, .taken_back, .transferred {to_win}, .cancelled; rating.recorded for ratings that no key made;
rating.agreed and rating.disagreed {level, source, second_level, second_source} for visits rated by two ways;
device.maintenance {device, win, state (start, end), what (drill, maintenance), until}; `number` and `priority` of
ticket.issued, `ticket` of press.assist_declared, `clerk` of rating.invited, `again` (bounce, duplicate) of key.pressed,
and its `maintenance`: true for presses of a device under maintenance, which are tests and say nothing of anybody.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from hub.domain import events as e
from hub.domain.rates import KEYPADS
from hub.eventlog import EventLog

PROGRESS_EVERY: Final = 1000
_AGAIN: Final = frozenset({"bounce", "duplicate"})
_EPOCH: Final = date(1970, 1, 1)

Line = dict[str, Any]


def days_of(log: EventLog, zone: ZoneInfo) -> tuple[date, date] | None:
    """The hall-local days of the log's first and last fact; None where it is empty."""
    last_seq = log.head().last_seq
    ends = [*log.read(0, limit=1), *log.read(last_seq - 1, limit=1)]
    days = sorted(_local(recorded.stamp.wall_ms, zone).date() for recorded in ends)
    return (days[0], days[-1]) if days else None


def export(
    records: Iterable[e.Recorded],
    first_day: date,
    last_day: date,
    zone: ZoneInfo,
    levels: Collection[int],
    progress: Callable[[int], None] = lambda _seq: None,
) -> Iterator[str]:
    """The lines, without their ends, of the facts from `first_day` to `last_day`, both hall-local and included.

    `levels` are those of 1–5 that the hall's keys have; the file counts them from 1. `progress(seq)` is called now and
    then with the number of the last fact read.
    """
    writer = Writer(first_day, zone, sorted(levels))
    start = {"days": (last_day - first_day).days + 1, "levels": len(levels), "scale": sorted(levels)}
    yield _json({"v": 1, "seq": 0, "t": 0, "ev": "hall.start", **start, "tz": zone.key, "first_day": str(first_day)})
    n = 0
    for recorded, decision in with_decision(records):
        if recorded.seq % PROGRESS_EVERY == 0:
            progress(recorded.seq)
        t = writer.t(recorded.stamp.wall_ms)
        if not first_day <= writer.day(t) <= last_day:
            continue
        for event, line in writer.lines(recorded.fact, decision):
            n += 1
            yield _json({"v": 1, "seq": n, "t": t, "ev": event, **line})


@dataclass(frozen=True, slots=True)
class Writer:
    """Translates one fact at a time; `levels` are those of 1–5 that the hall's keys have, in order."""

    first_day: date
    zone: ZoneInfo
    levels: list[int]

    def t(self, wall_ms: int) -> int:
        """Milliseconds since the first day's midnight as the hall's clocks show them: a day is always 86,400,000."""
        offset = _local(wall_ms, self.zone).utcoffset()
        assert offset is not None
        return wall_ms + int(offset.total_seconds() * 1000) - (self.first_day - _EPOCH).days * 86_400_000

    def day(self, t: int) -> date:
        """The calendar day of a time."""
        return date.fromordinal(self.first_day.toordinal() + t // 86_400_000)

    def level(self, level: int | None) -> int | None:
        """1..levels, best highest; a level that the hall doesn't use counts as the next lower one that it does."""
        return None if level is None else max(1, bisect_right(self.levels, level))

    def lines(self, fact: e.Fact, decision: e.PressUnmatched | None) -> Iterator[tuple[str, Line]]:
        """Event name and fields; none where the file has no word for the fact."""
        simple = _SIMPLE.get(type(fact))
        if simple is not None:
            yield simple[0], {key: getattr(fact, name) for key, name in simple[1].items()}
            return
        match fact:
            case e.TicketIssued():
                yield "ticket.issued", _issued(fact)
            case e.RatingInvited():
                fields = {"ticket": fact.ticket, "win": fact.window, "until": self.t(fact.until_ms)}
                yield "rating.invited", {**fields, "clerk": fact.clerk}
            case e.KeyPressed():
                yield "key.pressed", self._pressed(fact, decision)
            case e.RatingRecorded() if fact.source != "keypad":
                fields = {"rating": fact.rating, "press": fact.press, "ticket": fact.ticket, "win": fact.window}
                more = {"clerk": fact.clerk, "level": self.level(fact.level), "source": fact.source}
                yield "rating.recorded", fields | more
            case e.RatingCompared():
                yield self._compared(fact)
            case e.DeviceOffline() | e.DeviceOnline() if fact.driver.startswith(KEYPADS):  # a sign rates nobody
                for window in fact.windows:
                    yield fact.kind, {"device": fact.device, "win": window}
            case e.MaintenanceStarted() | e.MaintenanceEnded():
                yield from self._maintained(fact)
            case _:
                yield from self._judged(fact)

    def _judged(self, fact: e.Fact) -> Iterator[tuple[str, Line]]:
        """What people decided and entered."""
        match fact:
            case e.RatingCorrected():
                levels = {"was": self.level(fact.was), "level": self.level(fact.level)}
                yield "rating.corrected", {"rating": fact.rating, **levels, "register": fact.register}
            case e.FindingRecorded():
                line = {key: getattr(fact, name) for key, name in _FINDING.items()}
                more = {"what": fact.what, "half_days": fact.half_days, "date": fact.date}
                yield "finding.recorded", line | {key: value for key, value in more.items() if value is not None}
            case e.PointsEntered(stage="review"):
                whose = {"win": fact.window} if fact.sheet == "window" else {"clerk": fact.clerk}
                entry = {"sheet": fact.sheet, **whose, "section": fact.section, "points": float(fact.points)}
                yield "points.entered", {**entry, "quarter": fact.quarter, "note": fact.note}

    def _maintained(self, fact: e.MaintenanceStarted | e.MaintenanceEnded) -> Iterator[tuple[str, Line]]:
        """A line for each window; none for facts of older hubs, which named none."""
        for window in fact.windows:
            line: Line = {"device": fact.device, "win": window}
            if isinstance(fact, e.MaintenanceEnded):
                line |= {"state": "end", "what": fact.what}
            else:
                line |= {"state": "start", "what": fact.what}
                if fact.until_ms is not None:
                    line["until"] = self.t(fact.until_ms)
            yield "device.maintenance", line

    def _compared(self, fact: e.RatingCompared) -> tuple[str, Line]:
        visit = {"ticket": fact.ticket, "win": fact.window, "clerk": fact.clerk, "rating": fact.rating}
        first = {"level": self.level(fact.level), "source": fact.source}
        second = {"second_level": self.level(fact.second_level), "second_source": fact.second_source}
        return "rating.agreed" if fact.agrees else "rating.disagreed", visit | first | second

    def _pressed(self, fact: e.KeyPressed, decision: e.PressUnmatched | None) -> Line:
        line: Line = {"press": fact.press, "win": fact.window, "level": self.level(fact.level)}
        if fact.device_ms is not None:
            line["t_dev"] = fact.device_ms
        if decision is not None and decision.disposition in _AGAIN:
            line["again"] = decision.disposition
        if decision is not None and decision.disposition == "maintenance":
            line["maintenance"] = True
        return line


def with_decision(records: Iterable[e.Recorded]) -> Iterator[tuple[e.Recorded, e.PressUnmatched | None]]:
    """Each fact; a press together with the fact after it, if that says what the press was not."""
    waiting: e.Recorded | None = None
    for recorded in records:
        if waiting is not None:
            yield waiting, recorded.fact if isinstance(recorded.fact, e.PressUnmatched) else None
            waiting = None
        if isinstance(recorded.fact, e.KeyPressed):
            waiting = recorded
        else:
            yield recorded, None
    if waiting is not None:
        yield waiting, None


def _issued(fact: e.TicketIssued) -> Line:
    line: Line = {"ticket": fact.ticket, "service": fact.service, "kiosk": fact.kiosk, "number": fact.number}
    return line | {"priority": fact.priority} if fact.priority else line


def _local(wall_ms: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(wall_ms / 1000, UTC).astimezone(zone)


def _json(line: Line) -> str:
    return json.dumps(line, ensure_ascii=False, separators=(",", ":"))


_DUTY: Final = {"win": "window", "clerk": "clerk"}
_VISIT: Final = {"ticket": "ticket", "service": "service", **_DUTY}
_FINDING: Final = {
    "finding": "finding",
    "kind": "about",
    "win": "window",
    "clerk": "clerk",
    "status": "status",
    "article": "article",
    "note": "note",
}
_SIMPLE: Final[dict[type[e.Fact], tuple[str, dict[str, str]]]] = {
    e.SignedOn: ("window.open", _DUTY),
    e.Resumed: ("window.open", _DUTY),
    e.Paused: ("window.pause", _DUTY),
    e.SignedOff: ("window.close", _DUTY),
    e.AssistDeclared: ("press.assist_declared", {"ticket": "ticket", **_DUTY}),
    e.TicketCalled: ("ticket.called", _VISIT),
    e.TicketRecalled: ("ticket.recalled", _VISIT),
    e.TicketArrived: ("ticket.arrived", _VISIT),
    e.TicketMissed: ("ticket.missed", _VISIT),
    e.TicketFinished: ("ticket.finished", _VISIT),
    e.TicketHeld: ("ticket.held", _VISIT),
    e.TicketTakenBack: ("ticket.taken_back", _VISIT),
    e.TicketTransferred: ("ticket.transferred", {**_VISIT, "to_win": "to_window"}),
    e.TicketReturned: ("ticket.returned", {"ticket": "ticket", "service": "service"}),
    e.TicketCancelled: ("ticket.cancelled", {"ticket": "ticket", "service": "service"}),
    e.PadKeyed: ("pad.key", {"win": "window", "raw": "raw", "done": "done"}),
    e.FindingAppealed: ("finding.appealed", {"finding": "finding"}),
    e.AppealDecided: ("appeal.decided", {"finding": "finding", "outcome": "outcome"}),
}
"""Facts whose fields stand in the file as they are: event, and field of the file → field of the fact."""
