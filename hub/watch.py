"""The detector, live: durable facts in, flags out. It follows the log as every reader does and keeps nothing itself.

A start reads from the first day of the quarter before the last one, beside the hall's work: what is normal is learnt of
the quarter before, so that a hub that was restarted knows what one that ran on knows. A flag that the quarter has
already is not raised twice. A day is weighed when the next one begins. Watches on what was left undone go the same way.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
import structlog

from hub.bus import Bus
from hub.domain import events as e
from hub.eventlog import EventLog
from hub.halllog import Writer, with_decision
from hub.selfpress import Detector, Event, Flag
from hub.selfpress.reading import DAY_MS

TAGS_DAYS: Final = 30
"""So long single presses are remembered, to be named in a flag."""
RECENT: Final = 500
PAUSE_S: Final = 1.0
"""Between two looks: the hall's own work comes first, and a suspicion may wait a second."""

_log = structlog.get_logger(__name__)


class Watch:
    """Runs one detector. `raise_flag(statement, quarter)` stores a flag and gives its id, None where there is one.

    `on_day` is called as the hub starts and each morning, once the facts so far are read; not for days of history.
    """

    def __init__(
        self,
        bus: Bus,
        zone: ZoneInfo,
        levels: Iterable[int],
        raise_flag: Callable[[dict[str, Any], str], str | None],
        on_day: Callable[[], None] = lambda: None,
    ) -> None:
        self.scores: deque[tuple[str, float]] = deque(maxlen=RECENT)
        """The latest presses and how suspicious each is, by what was known the evening before."""
        self.seq = 0
        """The last fact that was looked at."""
        self._bus = bus
        self._zone = zone
        self._levels = sorted(levels)
        self._raise_flag = raise_flag
        self._on_day = on_day
        self._day_begun = True
        self._detector: Detector | None = None
        self._writer: Writer | None = None
        self._rest: list[e.Recorded] = []
        self._busy = asyncio.Lock()
        self._read = asyncio.Event()

    @property
    def habits(self) -> dict[Any, tuple[str, ...]]:
        """What dismissals said of clerks' ways."""
        return {} if self._detector is None else self._detector.habits

    async def run(self) -> None:
        """Follow the hall until cancelled."""
        begin = await asyncio.to_thread(self._begin)
        async for batch in self._bus.follow(begin):
            await self._take(batch)
            if self.seq >= self._bus.durable_seq:
                await asyncio.sleep(PAUSE_S)  # what came meanwhile is looked at together

    async def close_day(self) -> None:
        """Weigh the day as far as it goes, for whoever does not want to wait for midnight."""
        upto = self._bus.durable_seq
        while self.seq < upto:
            self._read.clear()
            await self._read.wait()
        async with self._busy:
            if self._detector is not None:
                flags = await asyncio.to_thread(self._detector.close_day)
                self._store([*flags, *self._detector.take_watches()])

    async def _take(self, batch: Sequence[e.Recorded]) -> None:
        async with self._busy:
            flags = await asyncio.to_thread(self._feed, batch)
            self.seq = batch[-1].seq
            self._read.set()
            self._store(flags)
            self._day_begun = self._day_begun or any(isinstance(one.fact, e.DayStarted) for one in batch)
            if self._day_begun and self.seq >= self._bus.durable_seq:
                self._day_begun = False
                self._on_day()

    def _store(self, flags: Iterable[Flag]) -> None:
        for flag in flags:
            quarter = quarter_of(self._day(flag.t))
            stored = self._raise_flag(flag.payload(), quarter)
            if stored is not None:
                _log.warning("flag.raised", flag=stored, clerk=flag.clerk, tier=flag.tier, pattern=flag.pattern)

    # --- in a thread --------------------------------------------------------------------------------------------------

    def _begin(self) -> int:
        """The number of the last fact before those that matter."""
        now = datetime.fromtimestamp(self._bus.clock.wall_ms() / 1000, UTC).astimezone(self._zone).date()
        first = two_quarters_back(now).isoformat()
        days = self._bus.log.replay(kinds=(e.DayStarted.kind,))
        later = (row.seq for row in days if isinstance(row.fact, e.DayStarted) and row.fact.day >= first)
        return max(0, next(later, 1) - 1)

    def _feed(self, batch: Sequence[e.Recorded]) -> list[Flag]:
        flags: list[Flag] = []
        failed = 0
        for recorded, decision in with_decision(self._whole(batch)):
            try:
                self._feed_one(recorded, decision, flags)
            except Exception:  # noqa: BLE001 - the top of a supervised reader: the hall goes on without this fact
                failed += 1
                if failed == 1:
                    _log.exception("watch.failed", seq=recorded.seq)
        if failed > 1:
            _log.error("watch.failed.more", facts=failed, last=batch[-1].seq)
        return flags if self._detector is None else [*flags, *self._detector.take_watches()]

    def _feed_one(self, recorded: e.Recorded, decision: e.PressUnmatched | None, flags: list[Flag]) -> None:
        detector, writer = self._started(recorded)
        match recorded.fact:
            case e.DayStarted():
                flags += detector.close_day()
            case e.FlagDecided(habit=str()):
                detector.habits = known_habits(self._bus.log)
            case _:
                t = writer.t(recorded.stamp.wall_ms)
                for kind, line in writer.lines(recorded.fact, decision):
                    event = msgspec.convert({"t": t, "ev": kind, **line}, Event)
                    flags += detector.feed(event)
                    score = detector.score(event)
                    if score is not None:
                        self.scores.append((str(event.press), score))

    def _whole(self, batch: Sequence[e.Recorded]) -> list[e.Recorded]:
        """With what was left over, without a last press whose decision is still to come."""
        whole = [*self._rest, *batch]
        self._rest = [whole.pop()] if isinstance(whole[-1].fact, e.KeyPressed) else []
        return whole

    def _started(self, recorded: e.Recorded) -> tuple[Detector, Writer]:
        """The detector, which counts days from the first fact that it is given."""
        if self._detector is None or self._writer is None:
            first = datetime.fromtimestamp(recorded.stamp.wall_ms / 1000, UTC).astimezone(self._zone).date()
            self._writer = Writer(first, self._zone, self._levels)
            self._detector = Detector(known_habits(self._bus.log), TAGS_DAYS, self._levels)
            self._detector.feed(Event(0, "hall.start", levels=len(self._levels), first_day=first.isoformat()))
        return self._detector, self._writer

    def _day(self, t: float) -> date:
        assert self._writer is not None
        return self._writer.day(int(t // DAY_MS) * DAY_MS)


def known_habits(log: EventLog) -> dict[Any, tuple[str, ...]]:
    """What dismissals have said so far of each clerk's ways. Blocks while it reads."""
    clerk_of: dict[str, str] = {}
    habits: dict[Any, tuple[str, ...]] = {}
    for recorded in log.replay(kinds=(e.FlagRaised.kind, e.FlagDecided.kind)):
        match recorded.fact:
            case e.FlagRaised():
                clerk_of[recorded.fact.flag] = recorded.fact.clerk
            case e.FlagDecided(flag=flag, habit=str() as habit) if flag in clerk_of:
                known = habits.get(clerk_of[flag], ())
                habits[clerk_of[flag]] = tuple(dict.fromkeys((*known, habit)))
    return habits


def two_quarters_back(day: date) -> date:
    """The first day of the quarter before the last one."""
    quarters = day.year * 4 + (day.month - 1) // 3 - 2
    return date(quarters // 4, quarters % 4 * 3 + 1, 1)


def quarter_of(day: date) -> str:
    """A quarter's name: 2026Q4."""
    return f"{day.year}Q{(day.month + 2) // 3}"
