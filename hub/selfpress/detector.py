"""Days in, flags out: the same code live, over history and on a file.

What is known at the end of a day decides about that day; nothing later, hall averages included. A quarter ends the
running evidence: the next one begins anew, with what was learnt of the hall, and without the own past of clerks who
were flagged.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

import msgspec
import numpy as np

from hub.selfpress.asides import Asides
from hub.selfpress.binding import Binder, Place, Press, Visit
from hub.selfpress.counts import BIN, FIRST_DELAY_S, Ledger, Tagged, Yardstick, tag_day, tag_press, undone
from hub.selfpress.days import Days
from hub.selfpress.explain import Account, calls_needed
from hub.selfpress.flags import VERSION, Delays, Flag, Suspect, Undone
from hub.selfpress.likelihood import DECADE
from hub.selfpress.order import in_order
from hub.selfpress.patterns import PATTERNS, TIER, WATCHES, Evidence
from hub.selfpress.reading import DAY_MS, MOST_LEVELS, Event, Id, Reader
from hub.selfpress.scores import Scorer
from hub.selfpress.swapped import swapped
from hub.selfpress.weighing import Weigher
from hub.selfpress.words import ASKED, HABITS

BAR: Final = 3.0  # log10: 1000 times likelier
HABIT_COST: Final = 2.0  # decades more for a pattern that a known habit explains
ALSO: Final = 1.0  # decades from which other patterns are named
SUSPECT: Final = 0.3  # share of presses like it that are the clerk's, from which a press is named
_MOST_SUSPECTS: Final = 200
_SERVICES: Final = 1_500  # last services by kind that tell what is short
_WAITS: Final = 20_000
_KNOWN: Final = 20  # services of a kind that it takes
_NEW_HALL_DAYS: Final = 10
NO_DELAYS: Final = Delays(FIRST_DELAY_S, BIN, [], [], None)  # of a watch, which is about no presses


class Detector:
    """Finds clerks who press in citizens' places; feed it the hall's events."""

    def __init__(
        self,
        habits: Mapping[Id, Iterable[str]] | None = None,
        kept_days: int | None = None,
        scale: Sequence[int] = (),
    ) -> None:
        """`kept_days`: so long single presses are remembered; for ever where none is given.

        `scale`: what the events' levels stand for on the glossary's 1–5, the lowest first.
        """
        self._scale = tuple(scale)
        self.flags: dict[Id, Flag] = {}  # of this quarter
        self.watches: dict[tuple[Id, str], Flag] = {}  # of this quarter, by clerk and pattern
        self.earlier: list[Flag] = []
        """Flags and watches of the quarters before."""
        self.habits: dict[Id, tuple[str, ...]] = {clerk: tuple(tags) for clerk, tags in (habits or {}).items()}
        self.first_day: str | None = None
        self._ledger = Ledger()
        self._binder = Binder()
        self._live = Binder()
        self._asides = Asides()
        self._earlier_scores: list[dict[str, Any]] = []
        self._days = Days()
        self._day: int | None = None
        self._events: list[Event] = []
        self._tags: list[Tagged] = []
        self._undone: dict[tuple[Id, str], deque[Undone]] = {}
        self._new_watches: list[Flag] = []
        self._services: dict[Id | None, deque[float]] = {}
        self._waits: deque[float] = deque(maxlen=_WAITS)
        self._delays: deque[float] = deque(maxlen=_WAITS)
        self._yard = Yardstick({}, 60.0, 300.0, 0)
        self._levels = 0
        self._kept_days = kept_days
        self._planned_levels: int | None = None
        self._hash = hashlib.sha256()
        self._weigher: Weigher | None = None
        self._evidence: Evidence | None = None
        self._scorer: Scorer | None = None

    # events in

    def feed(self, event: Event) -> list[Flag]:
        """Take an event, in the log's order; the flags that the day before raised, once it is sure to be another."""
        if event.ev == "hall.start":
            known = event.levels is not None and 2 <= event.levels <= MOST_LEVELS
            self._planned_levels, self.first_day = event.levels if known else None, _date(event.first_day)
            self._scale = self._scale or _scale(event.scale, event.levels)
            return []
        return self._take(self._days.take(event))

    def _take(self, decided: Iterable[tuple[int, Event]]) -> list[Flag]:
        raised: list[Flag] = []
        for day, event in decided:
            if day != self._day:
                raised += self.close_day()
                self._begin(day)
            self._events.append(event)
        return raised

    def score(self, event: Event) -> float | None:
        """Take an event live, beside `feed`: how suspicious the press is that it is; None where it is none that counts.

        Costs well under a millisecond; by what was known last evening.
        """
        press = self._live.feed(event)
        if press is None or self._scorer is None or self._day is None:
            return None
        return self._score(press, self._scorer)

    def close_day(self) -> list[Flag]:
        """Weigh the day; the flags that it raises, of clerks who have none in this quarter."""
        if not self._events or self._day is None:
            return []
        events = in_order(self._events)
        self._events = []
        self._hash.update(msgspec.msgpack.encode(events))
        binder = self._binder
        before = binder.new_day()
        binder.feed_all(events)
        binder.end_day()
        moved = swapped(binder.visits, binder.presses)
        if moved:
            binder.new_day(before)
            binder.feed_all(_at_its_window(event, moved) for event in events)
            binder.end_day()
        if self._ledger.days[-1:] != [self._day]:  # else the day was weighed before it was over
            self._ledger.begin(self._day)
        self._learn(binder.visits, binder.presses)
        self._asides.take(events, self._day, self._yard.top_level, self._yard.low)
        self._note_undone(binder.visits)
        self._tags += tag_day(binder.visits, binder.presses, self._day, self._ledger, self._yard)
        if self._kept_days is not None:
            self._tags = [tag for tag in self._tags if tag.day > self._day - self._kept_days]
        if not self._ledger.clerks:
            return []
        self._weigher = Weigher(self._ledger)
        self._evidence = self._weigher.weigh()
        self._scorer = Scorer(self._ledger, self._weigher, self._evidence)
        self._live.new_day()
        self._watch()
        return self._raise()

    def finish(self) -> list[Flag]:
        """Weigh the last day; nothing follows it."""
        return [*self._take(self._days.flush()), *self.close_day()]

    def take_watches(self) -> list[Flag]:
        """The watches on what was left undone since this was last asked: one a clerk, quarter and pattern."""
        taken, self._new_watches = self._new_watches, []
        return taken

    # what comes out

    def answers(self) -> Iterator[dict[str, Any]]:
        """Scores of all presses that are worth one, the flags, and the watches: the lines of `hallhub selfpress`.

        A clerk is flagged once; a flag in a later quarter says `again`.
        """
        yield from self._earlier_scores
        yield from self._scores()
        told: set[Id] = set()
        for flag in (*self.earlier, *self.flags.values(), *self.watches.values()):
            if flag.is_watch:
                kind: dict[str, Any] = {"flag": False, "watch": flag.pattern}
            elif flag.clerk in told:
                kind = {"flag": False, "again": True, "pattern": flag.pattern, "tier": flag.tier}
            else:
                told.add(flag.clerk)
                kind = {"flag": True, "pattern": flag.pattern, "tier": flag.tier}
            evidence = [row.zh for row in flag.rows]
            made = {"t": flag.t, "log10_lr": flag.log10_lr, "evidence": evidence, "version": flag.version}
            yield {"clerk": flag.clerk, **kind, **made}

    def _scores(self) -> Iterator[dict[str, Any]]:
        if self._scorer is None:
            return
        by_clerk: dict[int, list[Tagged]] = {}
        for tag in self._tags:
            by_clerk.setdefault(tag.clerk, []).append(tag)
        for clerk, tags in by_clerk.items():
            for tag, score in zip(tags, self._scorer.scores(clerk, tags).tolist(), strict=True):
                if score > 1e-6:
                    yield {"press": tag.press, "score": round(score, 6)}

    @property
    def days(self) -> int:
        """Days with events that were weighed or counted."""
        return len(self._ledger.days)

    @property
    def left_out(self) -> int:
        """Events that a wrong clock stamped."""
        return self._days.left_out

    @property
    def clerks(self) -> int:
        """Clerks seen at work."""
        return len(self._ledger.clerks)

    # a day's end

    def _begin(self, day: int) -> None:
        """Another day; at a quarter's end what is known of the hall stays and the evidence begins anew."""
        if self._day is not None and self._quarter(day) != self._quarter(self._day):
            flagged = [self._ledger.clerks[clerk] for clerk in self.flags]
            if self._kept_days is None:
                self._earlier_scores += self._scores()
            self.earlier += self.flags.values()
            self.earlier += self.watches.values()
            self.flags, self.watches, self._tags, self._asides = {}, {}, [], Asides()
            self._undone = {}
            self._ledger.turn(flagged)
        self._day = day

    def _quarter(self, day: int) -> int:
        if self.first_day is None:
            return 0
        number = date.fromisoformat(self.first_day).toordinal() + day
        on = date.fromordinal(min(max(number, 1), date.max.toordinal()))
        return on.year * 4 + (on.month - 1) // 3

    def _raise(self) -> list[Flag]:
        assert self._evidence is not None
        raised = []
        names = list(self._ledger.clerks)
        for row in np.argwhere(self._evidence.total >= BAR * DECADE)[:, 0].tolist():
            clerk = names[row]
            if clerk not in self.flags and self._standing(row, clerk) >= BAR:
                flag = self.flags[clerk] = self._flag(row, clerk)
                raised.append(flag)
        return raised

    def _standing(self, row: int, clerk: Id) -> float:
        """What a clerk's known habits leave of the evidence, log10."""
        assert self._evidence is not None
        habits = self.habits.get(clerk, ())
        if not habits:
            return float(self._evidence.total[row]) / DECADE
        explained = frozenset().union(*(HABITS[habit][1] for habit in habits if habit in HABITS))
        cost = dict.fromkeys(explained, HABIT_COST * DECADE)
        return self._evidence.less(row, cost) / DECADE

    def _watch(self) -> None:
        assert self._evidence is not None
        names = list(self._ledger.clerks)
        for code in WATCHES:
            values = self._evidence.watches[code] / DECADE
            for row in np.argwhere(values >= BAR + np.log10(len(WATCHES)))[:, 0].tolist():
                clerk = names[row]
                explained = any(code in HABITS[habit][1] for habit in self.habits.get(clerk, ()) if habit in HABITS)
                decades = float(values[row]) - (HABIT_COST if explained else 0.0)
                if (clerk, code) not in self.watches and decades >= BAR + np.log10(len(WATCHES)):
                    watch = self.watches[clerk, code] = self._watched(row, clerk, code, decades)
                    self._new_watches.append(watch)

    def _watched(self, row: int, clerk: Id, code: str, decades: float) -> Flag:
        account = self._account(row, code)
        rows = account.rows(code)
        main = rows[0]
        share = 1 - max(main.share, 0.0) * main.n / main.k if main.k else 0.0
        since = account.since_day * DAY_MS
        visits = [visit for visit in self._undone.get((clerk, code), ()) if visit.t >= since]
        calls = calls_needed(share) if code in ASKED else 0
        return self._statement(
            account, clerk, code, tier="B", log10_lr=decades, rows=rows, visits=visits[::-1], calls=calls
        )

    def _note_undone(self, visits: Iterable[Visit]) -> None:
        for visit in visits:
            end = visit.finished if visit.missed is None else visit.missed
            if visit.clerk is None or end is None:
                continue
            start = visit.arrived if visit.arrived is not None else visit.called
            for code in undone(visit, self._yard):
                kept = self._undone.setdefault((visit.clerk, code), deque(maxlen=_MOST_SUSPECTS))
                served_s = None if start is None else round((end - start) / 1000, 1)
                kept.append(Undone(end, visit.window, visit.ticket, served_s))

    def _flag(self, row: int, clerk: Id) -> Flag:
        assert self._evidence is not None
        code = self._evidence.strongest(row)
        account = self._account(row, code)
        suspects, share = self._suspects(row, code)
        also = {
            pattern.code: round(float(self._evidence.by_pattern[pattern.code][row]) / DECADE, 2)
            for pattern in PATTERNS
            if pattern.code != code and self._evidence.by_pattern[pattern.code][row] >= ALSO * DECADE
        }
        return self._statement(
            account,
            clerk,
            code,
            tier=TIER[code],
            log10_lr=self._standing(row, clerk),
            also=also,
            rows=[*account.rows(code), *self._asides.rows(clerk, account.since_day)],
            suspects=suspects,
            calls=calls_needed(share),
            delays=account.delays(code),
        )

    def _statement(self, account: Account, clerk: Id, code: str, **told: Any) -> Flag:  # noqa: ANN401 - a Flag's fields
        """A flag as of the day's end, with all that it was made from."""
        told["log10_lr"] = round(told["log10_lr"], 2)
        usual: dict[str, Any] = {"also": {}, "suspects": [], "delays": NO_DELAYS}
        return Flag(
            clerk=clerk,
            t=self._end(),
            pattern=code,
            since_day=account.since_day,
            clerks=self._ledger.at_work(),
            version=VERSION,
            input_hash=self._hash.copy().hexdigest(),
            first_day=self.first_day,
            habits=self.habits.get(clerk, ()),
            new_hall=len(self._ledger.days) < _NEW_HALL_DAYS,
            weeks=account.weeks(code),
            scale=self._scale,
            **(usual | told),
        )

    def _account(self, row: int, code: str) -> Account:
        assert self._evidence is not None
        assert self._weigher is not None
        return Account(self._ledger, self._weigher, row, int(self._evidence.best_start[code][row]))

    def _suspects(self, row: int, code: str) -> tuple[list[Suspect], float]:
        """The presses that the pattern is about, the most suspicious first; the share of them that is the clerk's."""
        assert self._scorer is not None
        tags = [tag for tag in self._tags if tag.clerk == row]
        shares = self._scorer.shares(code, row, tags).tolist()
        named = sorted(
            (pair for pair in zip(shares, tags, strict=True) if pair[0] > 0), key=lambda pair: (-pair[0], pair[1].t)
        )
        strong = [pair for pair in named if pair[0] >= SUSPECT] or named[:_MOST_SUSPECTS]
        mean = float(np.mean([share for share, _ in strong])) if strong else 0.0
        opposed = self._asides.opposed(list(self._ledger.clerks)[row])
        return [_suspect(tag, share, opposed) for share, tag in strong[:_MOST_SUSPECTS]], mean

    def _end(self) -> float:
        assert self._day is not None
        return (self._day + 1) * DAY_MS - 1

    # what is normal in this hall

    def _learn(self, visits: Iterable[Visit], presses: Iterable[Press]) -> None:
        """Service times, waits and levels up to this day."""
        self._levels = self._planned_levels or max(self._levels, max((press.level for press in presses), default=0))
        for visit in visits:
            if visit.finished is not None and visit.presses and visit.presses[0].place is Place.AFTER:
                self._delays.append((visit.presses[0].t - visit.finished) / 1000)
            start = visit.arrived if visit.arrived is not None else visit.called
            if start is not None and visit.finished is not None and visit.finished > start:
                seconds = max(0.5, (visit.finished - start) / 1000)
                self._services.setdefault(visit.service, deque(maxlen=_SERVICES)).append(float(np.log(seconds)))
            if visit.issued is not None and visit.called is not None and visit.called >= visit.issued:
                self._waits.append((visit.called - visit.issued) / 1000)
        self._yard = self._yardstick()

    def _yardstick(self) -> Yardstick:
        known: dict[Id | None, tuple[float, float]] = {}
        for service, values in self._services.items():
            if len(values) >= _KNOWN:
                recent = np.array(values)
                median = float(np.median(recent))
                spread = float(np.median(np.abs(recent - median))) * 1.483
                known[service] = (median, min(max(spread, 0.3), 1.2))
        waits = np.array(self._waits) if self._waits else np.array([60.0])
        prompt = float(np.clip(np.median(waits), 20.0, 90.0))
        quick = 0.5 * float(np.median(np.array(self._delays))) if len(self._delays) >= _KNOWN else 2.5
        return Yardstick(known, prompt, 300.0, self._levels, min(max(quick, 0.8), 6.0))

    def _score(self, press: Press, scorer: Scorer) -> float | None:
        assert self._day is not None
        if press.clerk is None or press.clerk not in self._ledger.clerks:
            return 0.0
        tag = tag_press(press, self._day, self._ledger, self._yard)
        return None if tag is None else float(scorer.scores(tag.clerk, [tag])[0])


def _scale(said: object, levels: int | None) -> tuple[int, ...]:
    """What a file's levels stand for, where it says so: as many of 1–5 as there are levels, the lowest first."""
    if not isinstance(said, list) or len(said) != levels or not set(map(repr, said)) <= set("12345"):
        return ()
    return tuple(said) if said == sorted(set(said)) else ()


def _date(text: str | None) -> str | None:
    """A day's ISO 8601 name; None where it is none."""
    try:
        return None if text is None else date.fromisoformat(text).isoformat()
    except ValueError:
        return None


def _at_its_window(event: Event, moved: Mapping[Id, Id]) -> Event:
    """A press as if its keypad were plugged in where it belongs."""
    if event.ev != "key.pressed" or event.win is None or event.win not in moved:
        return event
    return msgspec.structs.replace(event, win=moved[event.win])


def _suspect(tag: Tagged, share: float, opposed: Mapping[Id, int]) -> Suspect:
    delay = None if np.isnan(tag.delay_s) else round(tag.delay_s, 2)
    other = None if tag.ticket is None else opposed.get(tag.ticket)
    return Suspect(tag.press, tag.t, tag.window, tag.ticket, tag.level, delay, round(share, 3), other)


def detect(lines: Iterable[bytes | str]) -> Iterator[dict[str, Any]]:
    """The answer to a hall log (interfaces.md): scores, flags and watches as dicts."""
    detector = Detector()
    for event in Reader().events(lines):
        detector.feed(event)
    detector.finish()
    yield from detector.answers()
