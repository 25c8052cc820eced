"""What the detector remembers of a quarter: counts by clerk and day, histograms by clerk and block of days."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, auto
from typing import Final

import numpy as np

from hub.selfpress.binding import Place, Press, Visit
from hub.selfpress.reading import Id

BLOCK_DAYS: Final = 5  # days with events that are counted together
FIRST_DELAY_S: Final = 0.05
BIN: Final = 0.125  # width of a delay bin, in log seconds
BINS: Final = 64
TICKS: Final = 600  # fine bins for a machine's rhythm
TICK_S: Final = 0.05
SHORT: Final = 2.2  # spreads of log service time below the median
INSTANT: Final = 3.0
ABSURD: Final = 4.2
ANSWER_MS: Final = 30_000  # a citizen answers a press that was made in their place within this
CORRECT_MS: Final = 25_000
BOUT_MS: Final = 60_000  # presses without a visit this close to the one before are one child's or one test's
A_DAY: Final = 3  # presses without a visit that count a day: one child or one test is no habit
STUCK: Final = 12  # this many presses of one key, each within STUCK_MS of the one before: a key that hangs
STUCK_MS: Final = 700


class Count(IntEnum):
    """What is counted of a clerk; presses are first presses of a visit unless said otherwise."""

    DAYS = 0
    VISITS = auto()  # finished, keypad working and not worked on, no declared assistance
    RATED = auto()
    RATED_TOP = auto()
    RATED_LOW = auto()
    NOBODY = auto()
    NOBODY_TOP = auto()
    CLOSED = auto()
    CLOSED_TOP = auto()
    DURING = auto()
    DURING_TOP = auto()
    NOBODY_BOUTS = auto()  # of presses without a visit, those close together count once
    CLOSED_BOUTS = auto()
    DURING_BOUTS = auto()
    LATE = auto()
    LATE_TOP = auto()
    BEFORE = auto()
    BEFORE_TOP = auto()
    LOW_FIRST = auto()  # visits whose first press was low
    RAISED = auto()  # of these, with a later top press
    TOP_FIRST = auto()
    LOWERED = auto()  # first press top and quick, a later one low
    SHORT = auto()  # called at once and served implausibly fast
    SHORT_TOP = auto()  # of these, rated top
    INSTANT = auto()  # called at once and served in less time still
    INSTANT_TOP = auto()
    ABSURD = auto()  # and in hardly any
    ABSURD_TOP = auto()
    ENDING = auto()  # pressed as the invite ended
    ENDING_TOP = auto()
    REPEATED = auto()  # further presses on a rated visit
    REPEATED_TOP = auto()
    MISSED = auto()
    MISSED_SERVED = auto()  # missed after a long service
    FINISHED = auto()  # all finished visits
    ENDED = auto()  # finished or missed
    UNINVITED = auto()  # finished, no invite seen
    OUTAGE = auto()  # days with a visit during which the keypad was away
    DECLARED = auto()  # finished visits with declared assistance


@dataclass(slots=True)
class Tagged:
    """What a press is to the detector: everything that its score and its line in a flag need."""

    press: Id
    t: float
    window: Id
    ticket: Id | None
    level: int
    place: Place
    day: int
    clerk: int  # index in the ledger
    top: bool
    delay_s: float  # from finish to press; below 0 before the finish; nan without a visit
    gap_s: float  # to the next call; nan where none came
    first: bool
    raised: bool = False  # a top press over a low one
    answered: bool = False  # a top press that a low one followed
    short: bool = False  # implausibly fast
    ending: bool = False


@dataclass(slots=True)
class Ledger:
    """Counts `table[clerk, day, Count]`; histograms [clerk, block, bin, all or top] of delays, gaps, ticks."""

    clerks: dict[Id, int] = field(default_factory=dict)
    days: list[int] = field(default_factory=list)  # days with events, in order
    quarter: int = 0  # index of the quarter's first day in `days`; earlier ones only tell what is normal
    table: np.ndarray = field(default_factory=lambda: np.zeros((0, 0, len(Count))))
    delays: np.ndarray = field(default_factory=lambda: np.zeros((0, 0, BINS, 2)))
    gaps: np.ndarray = field(default_factory=lambda: np.zeros((0, 0, BINS, 2)))
    ticks: np.ndarray = field(default_factory=lambda: np.zeros((0, 0, TICKS, 2), np.float32))

    @property
    def blocks(self) -> int:
        """How many blocks there are, the last one perhaps unfinished."""
        return -(-len(self.days) // BLOCK_DAYS)

    def begin(self, day: int) -> None:
        """A day with events begins."""
        self.days.append(day)
        self._grow()

    def at_work(self) -> int:
        """How many clerks were seen at work in this quarter."""
        days = self.table[: len(self.clerks), self.quarter : len(self.days), Count.DAYS]
        return int((days.sum(1) > 0).sum())

    def index(self, clerk: Id) -> int:
        """The row of a clerk, new ones added."""
        row = self.clerks.get(clerk)
        if row is None:
            row = self.clerks[clerk] = len(self.clerks)
            self._grow()
        return row

    def turn(self, forgotten: Sequence[int]) -> None:
        """A quarter ends: what these clerks did is forgotten, and all that was before the quarter.

        A block is begun anew, so that quarters share none.
        """
        while len(self.days) % BLOCK_DAYS:
            self.begin(self.days[-1])
        drop = self.quarter // BLOCK_DAYS
        self.days = self.days[drop * BLOCK_DAYS :]
        self.table = self.table[:, drop * BLOCK_DAYS :].copy()
        self.delays, self.gaps, self.ticks = (hist[:, drop:].copy() for hist in (self.delays, self.gaps, self.ticks))
        for hist in (self.table, self.delays, self.gaps, self.ticks):
            hist[list(forgotten)] = 0
        self.quarter = len(self.days)

    def _grow(self) -> None:
        """Room for the clerks and blocks there are, doubled so that it is rare."""
        clerks = len(self.clerks)
        for name, columns in (
            ("table", len(self.days)),
            ("delays", self.blocks),
            ("gaps", self.blocks),
            ("ticks", self.blocks),
        ):
            old = getattr(self, name)
            rows, have = old.shape[:2]
            if clerks > rows or columns > have:
                size = (2 * clerks if clerks > rows else rows, 2 * columns if columns > have else have)
                new = np.zeros((*size, *old.shape[2:]), old.dtype)
                new[:rows, :have] = old
                setattr(self, name, new)


def delay_bin(seconds: np.ndarray) -> np.ndarray:
    """The bin of each delay; what is beyond the ends counts in the last bins."""
    result: np.ndarray = np.clip(np.floor(np.log(np.maximum(seconds, 1e-3) / FIRST_DELAY_S) / BIN), 0, BINS - 1).astype(
        int
    )
    return result


@dataclass(frozen=True, slots=True)
class Yardstick:
    """What counts as short or prompt in this hall, learnt up to yesterday."""

    service_log_s: dict[Id | None, tuple[float, float]]  # median and spread of log service seconds
    prompt_s: float  # issue to call
    long_s: float  # a service that is long for a citizen who is then said to have missed
    top_level: int
    quick_s: float = 2.5  # from finish to press: sooner than most citizens

    def low(self, level: int) -> bool:
        """Whether a level is in the lower half."""
        return level * 2 <= self.top_level + (self.top_level % 2)


def tag_day(
    visits: Sequence[Visit], presses: Sequence[Press], day: int, ledger: Ledger, yard: Yardstick
) -> list[Tagged]:
    """Count a day's visits and presses into the ledger; the presses that count, tagged."""
    tagged = [tag for press in _without_stuck(presses) if (tag := tag_press(press, day, ledger, yard)) is not None]
    counted = [(ledger.index(visit.clerk), _visit_counts(visit, yard)) for visit in visits if visit.clerk is not None]
    counted += [(clerk, [Count.OUTAGE]) for clerk in _outages(visits, ledger)]
    strays: Counter[tuple[int, Place]] = Counter()
    counted += [(clerk, [bout]) for clerk, bout in _bouts(tagged)]
    for tag in tagged:
        counts = _press_counts(tag)
        if counts and tag.place in _PLACED:
            strays[tag.clerk, tag.place] += 1
            if strays[tag.clerk, tag.place] > A_DAY:
                continue
        if counts:
            counted.append((tag.clerk, counts))
    counted += [(clerk, [Count.DAYS]) for clerk in {clerk for clerk, _ in counted}]
    if counted:
        width = len(Count)
        flat = [clerk * width + count for clerk, counts in counted for count in counts]
        total = np.bincount(flat, minlength=len(ledger.clerks) * width).reshape(-1, width)
        ledger.table[: len(total), len(ledger.days) - 1] += total
    _histograms(tagged, ledger.blocks - 1, ledger)
    return tagged


def _outages(visits: Sequence[Visit], ledger: Ledger) -> set[int]:
    """The clerks with a finished visit during which the keypad was away: a loose plug spoils a day, not each visit."""
    out = (visit.clerk for visit in visits if visit.outage and not visit.maintenance and visit.finished is not None)
    return {ledger.index(clerk) for clerk in out if clerk is not None}


def _bouts(tagged: Sequence[Tagged]) -> Iterator[tuple[int, Count]]:
    """Each bout of presses without a visit, at most A_DAY of a kind: the clerk and what it counts as."""
    last: dict[tuple[int, Place], float] = {}
    bouts: Counter[tuple[int, Place]] = Counter()
    for tag in tagged:
        if tag.place in _BOUTS:
            kind = tag.clerk, tag.place
            if kind not in last or tag.t - last[kind] > BOUT_MS:
                bouts[kind] += 1
                if bouts[kind] <= A_DAY:
                    yield tag.clerk, _BOUTS[tag.place]
            last[kind] = tag.t


def _without_stuck(presses: Sequence[Press]) -> list[Press]:
    """The presses without runs that only a hanging key makes."""
    run: dict[Id, list[Press]] = {}
    stuck: set[int] = set()
    for press in presses:
        last = run.get(press.window)
        if last and last[-1].level == press.level and 0 <= press.t - last[-1].t <= STUCK_MS:
            last.append(press)
            if len(last) >= STUCK:
                stuck.update(id(one) for one in last)
        else:
            run[press.window] = [press]
    return [press for press in presses if id(press) not in stuck]


def tag_press(press: Press, day: int, ledger: Ledger, yard: Yardstick) -> Tagged | None:
    """A press as it counts; None where it says nothing of anybody."""
    if press.again or press.clerk is None or press.declared or press.place is Place.UNKNOWN:
        return None
    visit = press.visit
    gap = (press.next_call - press.t) / 1000 if press.next_call is not None else np.nan
    tag = Tagged(
        press.id,
        press.t,
        press.window,
        visit.ticket if visit is not None else None,
        press.level,
        press.place,
        day,
        ledger.index(press.clerk),
        top=press.level >= yard.top_level,
        delay_s=np.nan,
        gap_s=gap,
        first=False,
    )
    if visit is None or visit.finished is None:
        return tag
    if visit.outage or visit.maintenance or visit.declared:
        return None
    tag.delay_s = (press.t - visit.finished) / 1000
    tag.first = press.order == 1 and press.place in {Place.AFTER, Place.BEFORE}
    if tag.top and len(visit.presses) > 1:
        lows = [other.t for other in visit.presses if not other.again and yard.low(other.level)]
        tag.raised = any(0 < press.t - t <= CORRECT_MS for t in lows)
        tag.answered = tag.delay_s < yard.quick_s and any(0 < t - press.t <= ANSWER_MS for t in lows)
    tag.short = _shortness(visit, yard) > INSTANT
    if visit.until is not None:
        tag.ending = abs(press.t - visit.until) < max(1_000, 0.04 * (visit.until - visit.finished))
    return tag


def _shortness(visit: Visit, yard: Yardstick) -> float:
    """Spreads by which a visit called at once was served faster than the hall's median; 0 where it was not."""
    issued, called = visit.issued, visit.called
    if issued is None or called is None or called - issued >= 1000 * yard.prompt_s or visit.finished is None:
        return 0.0
    known = yard.service_log_s.get(visit.service) or yard.service_log_s.get(None)
    start = visit.arrived if visit.arrived is not None else called
    if known is None:
        return 0.0
    median, spread = known
    return (median - math.log(max(0.5, (visit.finished - start) / 1000))) / spread


def undone(visit: Visit, yard: Yardstick) -> list[str]:
    """The watches (`patterns.WATCHES`) that count this visit."""
    if visit.missed is not None:
        return ["miscoded"] if _missed_served(visit, yard) else []
    unplugged = visit.outage and not visit.maintenance
    told = (("uninvited", visit.invited is None), ("unplugged", unplugged), ("declared", visit.declared))
    return [code for code, counts in told if counts]


def _missed_served(visit: Visit, yard: Yardstick) -> bool:
    """Whether it was booked as missed long after the citizen came, or was last called: by then somebody was served."""
    if visit.missed is None:
        return False
    since = next((t for t in (visit.arrived, visit.recalled, visit.called) if t is not None), visit.missed)
    return visit.missed - since > 1000 * yard.long_s


def _visit_counts(visit: Visit, yard: Yardstick) -> list[Count]:
    if visit.missed is not None:
        return _MISSED_SERVED if _missed_served(visit, yard) else _MISSED
    counts = [Count.ENDED, Count.FINISHED]
    if visit.invited is None:
        counts.append(Count.UNINVITED)
    if visit.declared:
        counts.append(Count.DECLARED)
    if visit.maintenance or visit.outage:
        return counts
    if visit.declared or any(press.declared or press.place is Place.UNKNOWN for press in visit.presses):
        return counts
    counts.append(Count.VISITS)
    shortness = _shortness(visit, yard)
    kinds = [kind for kind, least in _SHORT_KINDS if shortness > least]
    counts += kinds
    first = next((press for press in visit.presses if not press.again and press.place in _RATES), None)
    if first is not None:
        counts += _rating_counts(visit, first, yard)
        if first.level >= yard.top_level:
            counts += [Count(kind + 1) for kind in kinds]
    return counts


def _rating_counts(visit: Visit, first: Press, yard: Yardstick) -> list[Count]:
    later = [(press.t - first.t, press.level) for press in visit.presses if press.t > first.t and not press.again]
    if first.level >= yard.top_level:
        quick = visit.finished is not None and first.t - visit.finished < 1000 * yard.quick_s
        lowered = quick and any(gap <= ANSWER_MS and yard.low(level) for gap, level in later)
        return [*_RATED_TOP, Count.LOWERED] if lowered else _RATED_TOP
    if yard.low(first.level):
        raised = any(gap <= CORRECT_MS and level >= yard.top_level for gap, level in later)
        return [*_RATED_LOW, Count.RAISED] if raised else _RATED_LOW
    return _RATED


_MISSED: Final = [Count.ENDED, Count.MISSED]
_MISSED_SERVED: Final = [Count.ENDED, Count.MISSED, Count.MISSED_SERVED]
_RATED: Final = [Count.RATED]
_RATED_TOP: Final = [Count.RATED, Count.RATED_TOP, Count.TOP_FIRST]
_RATED_LOW: Final = [Count.RATED, Count.RATED_LOW, Count.LOW_FIRST]
_SHORT_KINDS: Final = ((Count.SHORT, SHORT), (Count.INSTANT, INSTANT), (Count.ABSURD, ABSURD))
_RATES: Final = (Place.AFTER, Place.BEFORE, Place.LATE)
_BOUTS: Final = {
    Place.NOBODY: Count.NOBODY_BOUTS,
    Place.CLOSED: Count.CLOSED_BOUTS,
    Place.DURING: Count.DURING_BOUTS,
}
_PLACED: Final = {
    Place.NOBODY: (Count.NOBODY, Count.NOBODY_TOP),
    Place.CLOSED: (Count.CLOSED, Count.CLOSED_TOP),
    Place.DURING: (Count.DURING, Count.DURING_TOP),
    Place.LATE: (Count.LATE, Count.LATE_TOP),
}


def _press_counts(tag: Tagged) -> list[Count]:
    place = tag.place
    if place in _PLACED:
        both = _PLACED[place]
    elif not tag.first:
        both = (Count.REPEATED, Count.REPEATED_TOP)
    elif place is Place.BEFORE:
        both = (Count.BEFORE, Count.BEFORE_TOP)
    elif tag.ending:
        both = (Count.ENDING, Count.ENDING_TOP)
    else:
        return []
    return list(both) if tag.top else [both[0]]


def _histograms(tagged: Sequence[Tagged], block: int, ledger: Ledger) -> None:
    after = [tag for tag in tagged if tag.first and tag.place is Place.AFTER]
    if not after:
        return
    clerk = np.array([tag.clerk for tag in after])
    top = np.array([tag.top for tag in after])
    delay = np.array([tag.delay_s for tag in after])
    gap = np.array([tag.gap_s for tag in after])
    _add(ledger.delays[:, block], clerk, delay_bin(delay), top)
    seen = np.isfinite(gap)
    _add(ledger.gaps[:, block], clerk[seen], delay_bin(gap[seen]), top[seen])
    tick = np.floor(delay / TICK_S).astype(int)
    inside = (tick >= 0) & (tick < TICKS)
    _add(ledger.ticks[:, block], clerk[inside], tick[inside], top[inside])


def _add(into: np.ndarray, clerk: np.ndarray, at: np.ndarray, top: np.ndarray) -> None:
    np.add.at(into[..., 0], (clerk, at), 1)
    np.add.at(into[..., 1], (clerk[top], at[top]), 1)
