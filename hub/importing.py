"""A hall log (interfaces.md, "The hall log") into an empty event log: history of another system, training, tests.

The whole file is read before a fact is written, and refused whole at the first bad line. A press in it carries no
ticket and no clerk: it is judged as a live one is, at the time that the file says.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from hub.bus import Bus
from hub.domain import events as e
from hub.domain import rating
from hub.domain.rules import ATTENDANCE, FINDINGS, WHATS
from hub.domain.state import HallState
from hub.errors import HallhubError
from hub.eventlog import EventLog

BY: Final = "import"
DEVICE: Final = "import"
DRIVER: Final = "keypad.import"
USUAL: Final[Mapping[int, tuple[int, ...]]] = {5: (1, 2, 3, 4, 5), 4: (2, 3, 4, 5), 3: (2, 4, 5), 2: (2, 5)}
"""Levels of halls with so many keys, the lowest first (interfaces.md, Levels)."""
_AT_ONCE: Final = 5_000
_DAY_MS: Final = 86_400_000
_WINDOWS_MOST: Final = 10_000

Line = dict[str, Any]


class BrokenLog(HallhubError):
    """A line of a hall log is none; `number` counts from 1."""

    exit_code = 1

    def __init__(self, number: int, reason: str) -> None:
        super().__init__(f"第 {number} 行：{reason}；整份日志未导入 (line {number}; nothing was imported)")
        self.number = number
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Parsed:
    """A file's lines as facts to be: (ms since 1970, line), in the file's order."""

    lines: list[tuple[int, Line]]
    levels: tuple[int, ...]
    """What 1, 2, … of the file stand for."""


def parse(lines: Iterable[bytes], first_day: date | None, levels: tuple[int, ...], zone: ZoneInfo) -> Parsed:
    """Check every line; BrokenLog at the first that is none.

    `first_day` goes before the file's own; `levels` are the rule set's, lowest first, for files with as many.
    """
    decode = msgspec.json.Decoder(dict[str, Any]).decode
    found: list[tuple[int, Line]] = []
    start: Line | None = None
    scale: tuple[int, ...] = ()
    presses: set[str] = set()
    begin_ms = 0
    for number, text in enumerate(lines, 1):
        if not text.strip():
            raise BrokenLog(number, "空行 (empty)")
        try:
            line = decode(text)
        except (msgspec.DecodeError, UnicodeError):
            raise BrokenLog(number, "不是 JSON 对象 (no JSON object)") from None
        if start is None:
            start, scale, begin_ms = _start(line, number, first_day, levels, zone)
            continue
        checked = _checked(line, number, len(scale))
        if checked is None:
            continue
        if checked["ev"] == "key.pressed":
            if checked["press"] in presses:
                raise BrokenLog(number, f"按键 {checked['press']} 前面已有 (a press that was there before)")
            presses.add(checked["press"])
        found.append((begin_ms + checked["t"], checked))
    if start is None:
        raise BrokenLog(1, "没有内容 (nothing in it)")
    return Parsed(found, scale)


def _start(
    line: Line, number: int, first_day: date | None, levels: tuple[int, ...], zone: ZoneInfo
) -> tuple[Line, tuple[int, ...], int]:
    if line.get("ev") != "hall.start" or line.get("v") != 1:
        raise BrokenLog(number, "第一行应为 hall.start，v 为 1 (begins with hall.start, v 1)")
    count = line.get("levels")
    if not isinstance(count, int) or count not in USUAL:
        raise BrokenLog(number, "levels 应为 2–5 (2 to 5 levels)")
    said = line.get("scale")
    if isinstance(said, list) and len(said) == count and said == sorted({one for one in said if one in USUAL[5]}):
        scale = tuple(said)
    else:
        scale = levels if len(levels) == count else USUAL[count]
    try:
        day = first_day or date.fromisoformat(line["first_day"])
    except (KeyError, TypeError, ValueError):
        raise BrokenLog(number, "没有 first_day，请用 --first-day 指明 (needs --first-day)") from None
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    return line, scale, round(midnight.timestamp() * 1000)


# --- one line -------------------------------------------------------------------------------------------------------

_ID: Final = "id"
_NUMBER: Final = "number"
_WINDOW: Final = "window"
_LEVEL: Final = "level"
_VISIT: Final = {"ticket": _ID, "service": _ID, "win": _WINDOW, "clerk": _ID}
_FIELDS: Final[Mapping[str, Mapping[str, str]]] = {
    "window.open": {"win": _WINDOW, "clerk": _ID},
    "window.pause": {"win": _WINDOW, "clerk": _ID},
    "window.close": {"win": _WINDOW, "clerk": _ID},
    "ticket.issued": {"ticket": _ID, "service": _ID},
    "ticket.called": _VISIT,
    "ticket.recalled": _VISIT,
    "ticket.arrived": _VISIT,
    "ticket.missed": _VISIT,
    "ticket.finished": _VISIT,
    "rating.invited": {"ticket": _ID, "win": _WINDOW, "until": _NUMBER},
    "key.pressed": {"press": _ID, "win": _WINDOW, "level": _LEVEL},
    "press.assist_declared": {"win": _WINDOW, "clerk": _ID},
    "hall.announcement": {},
    "device.offline": {"device": _ID, "win": _WINDOW},
    "device.online": {"device": _ID, "win": _WINDOW},
    "finding.recorded": {"finding": _ID, "kind": _ID, "status": _ID},
    "finding.appealed": {"finding": _ID},
    "appeal.decided": {"finding": _ID, "outcome": _ID},
    "points.entered": {"sheet": _ID, "section": _ID, "points": _NUMBER},
}
_EXPECTED: Final = {
    _ID: "编号 (an id)",
    _NUMBER: "数字 (a number)",
    _WINDOW: "窗口号 (a window's number)",
    _LEVEL: "等级 (a level)",
}
_CHOICES: Final[Mapping[tuple[str, str], tuple[str, ...]]] = {
    ("finding.recorded", "status"): ("confirmed", "dismissed"),
    ("finding.recorded", "kind"): tuple(FINDINGS),
    ("appeal.decided", "outcome"): ("upheld", "overturned"),
    ("points.entered", "sheet"): ("window", "clerk"),
}


def _checked(line: Line, number: int, levels: int) -> Line | None:
    """The line with its values of the right kind; None where its event is none that is known."""
    if line.get("v") != 1:
        raise BrokenLog(number, "v 应为 1 (v 1)")
    t, ev = line.get("t"), line.get("ev")
    if not _is_number(t) or not 0 <= float(str(t)) < 36_600 * _DAY_MS:
        raise BrokenLog(number, "t 应为第一天零点起的毫秒数 (ms since the first day's midnight)")
    fields = _FIELDS.get(ev) if isinstance(ev, str) else None
    if fields is None:
        if isinstance(ev, str) and ev:
            return None
        raise BrokenLog(number, "ev 应为事件名 (an event's name)")
    assert isinstance(ev, str)
    values = {**line, "t": int(float(str(t)))}
    for name, kind in fields.items():
        values[name] = _value(line.get(name), name, kind, number, levels)
        allowed = _CHOICES.get((ev, name))
        if allowed is not None and values[name] not in allowed:
            raise BrokenLog(number, f"{name} 应为 {'、'.join(allowed)} 之一 (one of them)")
    if ev == "finding.recorded":
        _check_finding(values, number)
    if ev == "points.entered":
        of = "win" if values["sheet"] == "window" else "clerk"
        values[of] = _value(line.get(of), of, _WINDOW if of == "win" else _ID, number, levels)
    return values


def _value(value: object, name: str, kind: str, number: int, levels: int) -> object:
    if kind == _ID and ((isinstance(value, str) and 0 < len(value) <= 64) or _is_int(value)):
        return str(value)
    if kind == _NUMBER and _is_number(value):
        return value
    if kind == _WINDOW and _is_int(value) and 0 < int(str(value)) < _WINDOWS_MOST:
        return value
    if kind == _LEVEL and (value is None or (_is_int(value) and 1 <= int(str(value)) <= levels)):
        return value
    raise BrokenLog(number, f"{name} 应为{_EXPECTED[kind]}")


def _check_finding(line: Line, number: int) -> None:
    if line.get("win") is None and line.get("clerk") is None:
        raise BrokenLog(number, "win 和 clerk 至少有一个 (a window or a clerk)")
    if line.get("win") is not None:
        _value(line["win"], "win", _WINDOW, number, 0)
    what, half_days, day = line.get("what"), line.get("half_days"), line.get("date")
    known = WHATS.get(str(line.get("kind")), ATTENDANCE)
    if what is not None and what not in known:
        raise BrokenLog(number, f"what 应为 {'、'.join(known)} 之一 (one of them)")
    if half_days is not None and not _is_int(half_days):
        raise BrokenLog(number, "half_days 应为整数 (whole half days)")
    try:
        if day is not None:
            date.fromisoformat(day)
    except (TypeError, ValueError):
        raise BrokenLog(number, "date 应为日期 (a date)") from None
    if line["kind"] == "other" and not line.get("article"):
        raise BrokenLog(number, "other 须写明 article (other must give its article)")


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:  # noqa: ANN401 - whatever JSON has
    return _is_int(value) or (isinstance(value, float) and value == value and abs(value) < 1e18)  # noqa: PLR0124 - nan


# --- facts ----------------------------------------------------------------------------------------------------------


class LogClock:
    """Says the file's times; the monotonic one never steps back."""

    def __init__(self, wall_ms: int) -> None:
        self._first_ms = self._wall_ms = wall_ms
        self._mono_ns = 0

    def set(self, wall_ms: int) -> None:
        """It is now so late."""
        self._wall_ms = wall_ms
        self._mono_ns = max(self._mono_ns, (wall_ms - self._first_ms) * 1_000_000)

    def wall_ms(self) -> int:
        """Milliseconds since 1970-01-01 UTC."""
        return self._wall_ms

    def mono_ns(self) -> int:
        """Nanoseconds since the file's first line."""
        return self._mono_ns

    def boot(self) -> str:
        """All of a file is one boot."""
        return BY

    def real_s(self, seconds: float) -> float:
        """Nobody waits on it."""
        return seconds

    def mono_ns_at(self, machine_s: float) -> int:
        """Nothing was stamped by a driver."""
        return round(machine_s * 1e9)


async def write(log: EventLog, parsed: Parsed, zone: ZoneInfo, progress: Callable[[int, int], None]) -> int:
    """Write the facts into an empty log; how many there are."""
    clock = LogClock(parsed.lines[0][0] if parsed.lines else 0)
    bus = Bus(log, clock)
    state = HallState()
    bus.fold(state.apply)
    bus.start()
    maker = _Maker(state, parsed.levels, zone)
    try:
        for done, (wall_ms, line) in enumerate(parsed.lines, 1):
            clock.set(wall_ms)
            for fact in maker.facts(line, wall_ms, clock):
                decided = [maker.judged(fact, bus.now(), bus.last_seq)] if isinstance(fact, e.KeyPressed) else []
                bus.publish(fact, *decided)
            if done % _AT_ONCE == 0:
                await bus.durable(bus.last_seq)
                progress(done, len(parsed.lines))
        if bus.last_seq:
            await bus.durable(bus.last_seq)
        return bus.last_seq
    finally:
        await bus.close()


class _Maker:
    """Makes facts of lines."""

    def __init__(self, state: HallState, levels: tuple[int, ...], zone: ZoneInfo) -> None:
        self._state = state
        self._levels = levels
        self._zone = zone
        self._counts: dict[str, int] = {}

    def facts(self, line: Line, wall_ms: int, clock: LogClock) -> Iterator[e.Fact]:
        """The facts of one line; a new day first."""
        today = datetime.fromtimestamp(wall_ms / 1000, UTC).astimezone(self._zone).date()
        day = today.isoformat()
        if day > self._state.day:
            self._counts.clear()
            yield e.DayStarted(day)
        yield self._fact(line, wall_ms, day, clock) or self._judgement(line, today)

    def _fact(  # noqa: C901, PLR0911 - one an event
        self, line: Line, wall_ms: int, day: str, clock: LogClock
    ) -> e.Fact | None:
        """Of the hall's work; None for what people judged."""
        ev, win, clerk = line["ev"], line.get("win") or 0, str(line.get("clerk") or "")
        if ev in _VISITS:
            return _VISITS[ev](line["ticket"], line["service"], win, clerk, BY)
        if ev in _DEVICES:
            return _DEVICES[ev](line["device"], (win,))
        match ev:
            case "window.open":
                return self._opened(win, clerk)
            case "window.pause":
                return e.Paused(win, clerk, str(line.get("reason") or ""), BY)
            case "window.close":
                return e.SignedOff(win, clerk, BY)
            case "ticket.issued":
                return self._issued(line, day)
            case "ticket.recalled":
                known = self._state.tickets.get(line["ticket"])
                again = 1 if known is None else known.recalls + 1
                return e.TicketRecalled(line["ticket"], line["service"], win, clerk, again, BY)
            case "rating.invited":
                return self._invited(line, wall_ms)
            case "key.pressed":
                return self._pressed(line, clock)
            case "press.assist_declared":
                return e.AssistDeclared(win, clerk, None, BY)
            case "hall.announcement":
                return e.Announced(win, str(line.get("what") or ""), BY)
        return None

    def _opened(self, win: int, clerk: str) -> e.Fact:
        """A pause of the same clerk ends, or somebody takes up duty."""
        known = self._state.windows.get(win)
        paused = known is not None and known.state == "paused" and known.clerk == clerk
        return e.Resumed(win, clerk, BY) if paused else e.SignedOn(win, clerk, BY)

    def _invited(self, line: Line, wall_ms: int) -> e.RatingInvited:
        until_ms = wall_ms - line["t"] + int(line["until"])
        window = self._state.windows.get(line["win"])
        clerk = line.get("clerk") or (None if window is None else window.clerk) or ""
        seconds = max(1, round((until_ms - wall_ms) / 1000))
        return e.RatingInvited(line["ticket"], line["win"], str(clerk), until_ms, seconds, BY)

    def judged(self, press: e.KeyPressed, now: e.Stamp, seq: int) -> e.Fact:
        """What becomes of a press, by the hub's own rule; `seq` is the number before the press."""
        decision = rating.decide(self._state, press, now)
        if decision.disposition != "rating" or press.window is None or press.level is None:
            return e.PressUnmatched(press.press, press.window, decision.disposition, decision.ticket)
        whose = (decision.ticket or "", press.window, decision.clerk or "")
        return e.RatingRecorded(f"r{seq + 2}", press.press, *whose, press.level, "keypad")

    def _issued(self, line: Line, day: str) -> e.TicketIssued:
        service = line["service"]
        count = self._counts[service] = self._counts.get(service, 0) + 1
        number = str(line.get("number") or line["ticket"])
        kiosk = line.get("kiosk")
        code = secrets.token_urlsafe(9)
        return e.TicketIssued(
            line["ticket"], number, service, day, count, line.get("priority"), None if kiosk is None else str(kiosk),
            code, 0, 0, BY,
        )  # fmt: skip

    def _pressed(self, line: Line, clock: LogClock) -> e.KeyPressed:
        rank, win = line["level"], line["win"]
        level = None if rank is None else self._levels[rank - 1]
        return e.KeyPressed(
            line["press"], f"{DEVICE}-{win}", win, win, rank or 0, level, "", clock.mono_ns(), 0, line.get("t_dev")
        )

    def _judgement(self, line: Line, today: date) -> e.Fact:
        win, clerk = line.get("win"), line.get("clerk")
        by_clerk = None if clerk is None else str(clerk)
        match line["ev"]:
            case "finding.recorded":
                return e.FindingRecorded(
                    line["finding"], line["kind"], win, by_clerk, line["status"], str(line.get("article") or ""),
                    str(line.get("note") or ""), None, line.get("what"), line.get("half_days"), line.get("date"),
                )  # fmt: skip
            case "finding.appealed":
                return e.FindingAppealed(line["finding"], str(line.get("by") or BY))
            case "appeal.decided":
                return e.AppealDecided(line["finding"], line["outcome"], str(line.get("note") or ""), BY)
        quarter = f"{today.year}Q{(today.month + 2) // 3}"
        return e.PointsEntered(
            line["sheet"], line.get("quarter") or quarter, win, by_clerk, line["section"], _decimal(line["points"]),
            str(line.get("note") or ""), BY,
        )  # fmt: skip


_VISITS: Final[Mapping[str, Callable[[str, str, int, str, str], e.Fact]]] = {
    "ticket.called": e.TicketCalled,
    "ticket.arrived": e.TicketArrived,
    "ticket.missed": e.TicketMissed,
    "ticket.finished": e.TicketFinished,
}
_DEVICES: Final[Mapping[str, Callable[[str, tuple[int, ...]], e.Fact]]] = {
    "device.offline": lambda device, windows: e.DeviceOffline(device, DRIVER, windows, ""),
    "device.online": lambda device, windows: e.DeviceOnline(device, DRIVER, windows),
}


def _decimal(points: float) -> str:
    try:
        return format(Decimal(str(points)).normalize(), "f")
    except InvalidOperation:
        return "0"
