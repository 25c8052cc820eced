"""Random call-backs: draw a quarter's sample, keep what citizens say, and tell how often ratings were wrong."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final, Literal, TypeVar, cast

from hub.bus import Bus
from hub.domain import events as e
from hub.domain.callbacks import OUTCOMES, VERSION, Outcome, Sampled, Tally, draw, fingerprint, quarter_days, tally
from hub.domain.codec import is_erased
from hub.domain.judgement import WATCHES
from hub.domain.model import Setup
from hub.domain.state import Sample
from hub.errors import BadValue, NotFound, StateForbids, StorageFull
from hub.eventlog import EventLog
from hub.hall import Hall

SEED_BYTES: Final = 16

T = TypeVar("T", bound=e.Fact)


@dataclass(frozen=True, slots=True)
class Rated:
    """One rating that counts."""

    at_ms: int
    fact: e.RatingRecorded


@dataclass(frozen=True, slots=True)
class Asked:
    """A rating of the sample, with what the officer needs to call; `contact` None where none is kept (any more).

    It is the number that was called, where one was entered, else what the ticket's holder gave.
    """

    rated: Rated
    department: str
    number: str
    contact: str | None
    result: e.CallbackMade | None


@dataclass(frozen=True, slots=True)
class CallbackReport:
    """What a quarter's sample says."""

    quarter: str
    drawn: e.CallbackSampled
    drawn_ms: int
    is_reproduced: bool
    """The recorded seed draws the same ratings from the log again."""
    outcomes: Mapping[Outcome, int]
    corrected: int
    """Results that took the place of another."""
    upto: date | None
    """Where it was drawn before the quarter's end: the day up to which there were ratings to draw."""
    whole: Tally
    departments: Mapping[str, Tally]
    flags: Mapping[Literal["press", "clerk", ""], Tally]
    """By whether a flag names the press, only the clerk, or neither."""


class Sampling:
    """The road from a seed to a report."""

    def __init__(
        self, hall: Hall, bus: Bus, new_seed: Callable[[], str] = lambda: secrets.token_hex(SEED_BYTES)
    ) -> None:
        self._hall = hall
        self._bus = bus
        self._new_seed = new_seed
        self._issued: dict[str, dict[str, int]] = {}

    async def draw(self, quarter: str, *, by: str) -> Sample:
        """Draw a quarter's sample, once; StateForbids where it was drawn or there is nothing to draw from."""
        self._undrawn(quarter)
        upto = self._bus.durable_seq
        ratings = await asyncio.to_thread(ratings_of, self._bus.log, self._hall.zone, quarter, upto)
        self._undrawn(quarter)
        if not ratings:
            raise StateForbids("callbacks", "empty", f"{quarter} 没有可回访的评价 (no ratings)")
        seed, size = self._new_seed(), self._hall.setup.callback_sample
        chosen = draw(seed, ratings, size)
        fact = e.CallbackSampled(quarter, seed, VERSION, upto, len(ratings), fingerprint(ratings), size, chosen, by)
        await self._stored(fact)
        return self.sample(quarter)

    async def record(
        self,
        quarter: str,
        rating: str,
        outcome: Outcome,
        *,
        level: int | None = None,
        note: str | None = None,
        contact: str | None = None,
        by: str,
    ) -> Sample:
        """Keep what a citizen said of a rating of the sample; a later result takes an earlier one's place.

        NotFound for a rating that was not drawn, StateForbids for the clerk concerned, BadValue for a level that is
        none or is the rating's own.
        """
        if rating not in self.sample(quarter).ratings:
            raise NotFound("rating", rating)
        rated = (await asyncio.to_thread(_rating, self._bus.log, rating)).fact
        clerk = self._hall.setup.clerks.get(rated.clerk)
        if by in {rated.clerk, clerk.name if clerk else rated.clerk}:
            raise StateForbids("callbacks", "concerned", "当事人不能回访自己的评价 (not by the clerk concerned)")
        if (outcome == "other_level") != (level is not None) or level == rated.level:
            raise BadValue("level", "仅 other_level 填写，且与原评价不同 (with other_level only, another one)", level)
        await self._stored(e.CallbackMade(quarter, rating, outcome, level, by, note, contact))
        return self.sample(quarter)

    def sample(self, quarter: str) -> Sample:
        """A quarter's sample; NotFound before it was drawn."""
        found = self._hall.state.samples.get(quarter)
        if found is None:
            raise NotFound("sample", quarter)
        return found

    def asked(self, quarter: str, only: str | None = None) -> list[Asked]:
        """The sample in the order in which it was drawn, or one rating of it. Blocks while it reads."""
        sample, log = self.sample(quarter), self._bus.log
        places = self._places(quarter)
        found = []
        for rating in sample.ratings if only is None else [only]:
            rated = _rating(log, rating)
            made = _read(log, sample.results.get(rating), e.CallbackMade)
            found.append(
                _asked(rated, self._hall.setup, _read(log, places.get(rated.fact.ticket), e.TicketIssued), made)
            )
        return found

    def report(self, quarter: str) -> CallbackReport:
        """What the sample says so far. Blocks while it reads."""
        return report_of(self._bus.log, self._hall.setup, self._hall.zone, quarter)

    def _places(self, quarter: str) -> dict[str, int]:
        """Where the log has the sampled tickets' issue; looked for once. Their holders are read each time anew."""
        if quarter not in self._issued:
            sample, log = self.sample(quarter), self._bus.log
            tickets = {_rating(log, rating).fact.ticket for rating in sample.ratings}
            self._issued[quarter] = _issued(log, tickets, _begin(log, self._hall.zone, quarter, sample.upto_seq))
        return self._issued[quarter]

    def _undrawn(self, quarter: str) -> None:
        if quarter in self._hall.state.samples:
            raise StateForbids("callbacks", "drawn", f"{quarter} 已抽样，一季只抽一次 (drawn already)")
        if quarter_days(quarter)[0] > self._hall.today():
            raise StateForbids("callbacks", "future", f"{quarter} 还没有开始 (not begun)")

    async def _stored(self, fact: e.Fact) -> None:
        self._hall.settle()
        if not await self._bus.stored(self._bus.publish(fact)):
            raise StorageFull(self._bus.trouble or "")


def report_of(log: EventLog, setup: Setup, zone: tzinfo, quarter: str) -> CallbackReport:
    """What a quarter's sample says, by the log alone; NotFound before it was drawn. Blocks while it reads."""
    begin = _begin(log, zone, quarter, log.head().last_seq)
    drawn = next((row for row in log.replay(begin, kinds=(e.CallbackSampled.kind,)) if _is_of(row.fact, quarter)), None)
    if drawn is None:
        raise NotFound("sample", quarter)
    fact = cast("e.CallbackSampled", drawn.fact)
    ratings = ratings_of(log, zone, quarter, fact.upto_seq)
    results = _results(log, quarter, drawn.seq)
    presses, clerks = _flagged(log, quarter, begin)
    sampled = [
        Sampled(
            department_of(setup, ratings[rating].fact.window),
            "press"
            if ratings[rating].fact.press in presses
            else "clerk"
            if ratings[rating].fact.clerk in clerks
            else "",
            _outcome(results.get(rating, [])),
        )
        for rating in fact.ratings
        if rating in ratings
    ]
    outcomes = Counter(one.outcome for one in sampled if one.outcome is not None)
    departments = sorted({one.department for one in sampled})
    kinds: tuple[Literal["press", "clerk", ""], ...] = ("press", "clerk", "")
    day = datetime.fromtimestamp(drawn.stamp.wall_ms / 1000, UTC).astimezone(zone).date()
    return CallbackReport(
        quarter,
        fact,
        drawn.stamp.wall_ms,
        is_reproduced=fact.version == VERSION
        and fact.population_hash == fingerprint(ratings)
        and fact.ratings == draw(fact.seed, ratings, fact.size),
        outcomes={outcome: outcomes[outcome] for outcome in OUTCOMES},
        corrected=sum(len(made) - 1 for made in results.values()),
        upto=day if day <= quarter_days(quarter)[1] else None,
        whole=tally(sampled),
        departments={name: tally([one for one in sampled if one.department == name]) for name in departments},
        flags={kind: tally([one for one in sampled if one.flagged == kind]) for kind in kinds},
    )


def ratings_of(log: EventLog, zone: tzinfo, quarter: str, upto: int) -> dict[str, Rated]:
    """The quarter's counted ratings up to a fact, by id; days are hall-local. Blocks while it reads."""
    first, last = quarter_days(quarter)
    found = {}
    for row in log.replay(_begin(log, zone, quarter, upto), kinds=(e.RatingRecorded.kind,)):
        if row.seq > upto:
            break
        if isinstance(row.fact, e.RatingRecorded) and first <= _day(row, zone) <= last:
            found[row.fact.rating] = Rated(row.stamp.wall_ms, row.fact)
    return found


def department_of(setup: Setup, window: int) -> str:
    """A window's department; its number where the configuration knows it no more."""
    known = setup.windows.get(window)
    return known.department if known is not None else f"{window}号窗口"


def _is_of(fact: e.Fact, quarter: str) -> bool:
    return isinstance(fact, e.CallbackSampled) and fact.quarter == quarter


def _begin(log: EventLog, zone: tzinfo, quarter: str, upto: int) -> int:
    """The last fact that is surely before the quarter: a day earlier, as clocks step."""
    first = quarter_days(quarter)[0] - timedelta(days=1)
    low, high = 0, upto
    while low < high:
        middle = (low + high) // 2
        row = next(iter(log.read(middle, limit=1)), None)
        low, high = (middle + 1, high) if row is not None and _day(row, zone) < first else (low, middle)
    return low


def _day(row: e.Recorded, zone: tzinfo) -> date:
    return datetime.fromtimestamp(row.stamp.wall_ms / 1000, UTC).astimezone(zone).date()


def _rating(log: EventLog, rating: str) -> Rated:
    """A rating by its id, which is r and its fact's number."""
    for row in log.read(int(rating[1:]) - 1, limit=1):
        if isinstance(row.fact, e.RatingRecorded) and row.fact.rating == rating:
            return Rated(row.stamp.wall_ms, row.fact)
    raise NotFound("rating", rating)


def _read(log: EventLog, seq: int | None, kind: type[T]) -> T | None:
    """One fact by its number."""
    rows = log.read(seq - 1, limit=1) if seq is not None else []
    return next((row.fact for row in rows if isinstance(row.fact, kind)), None)


def _issued(log: EventLog, tickets: Collection[str], begin: int) -> dict[str, int]:
    """Where the log has the issue of these tickets."""
    found: dict[str, int] = {}
    for row in log.replay(begin, kinds=(e.TicketIssued.kind,)):
        if isinstance(row.fact, e.TicketIssued) and row.fact.ticket in tickets:
            found[row.fact.ticket] = row.seq
            if len(found) == len(tickets):
                break
    return found


def _results(log: EventLog, quarter: str, after: int) -> dict[str, list[e.CallbackMade]]:
    """What was said of each rating, oldest first."""
    results: dict[str, list[e.CallbackMade]] = {}
    for row in log.replay(after, kinds=(e.CallbackMade.kind,)):
        if isinstance(row.fact, e.CallbackMade) and row.fact.quarter == quarter:
            results.setdefault(row.fact.rating, []).append(row.fact)
    return results


def _flagged(log: EventLog, quarter: str, begin: int) -> tuple[set[str], set[str]]:
    """The presses that the quarter's flags name, and the clerks that they are about; watches are about no presses."""
    flags = [row.fact for row in log.replay(begin, kinds=(e.FlagRaised.kind,)) if isinstance(row.fact, e.FlagRaised)]
    of_it = [flag for flag in flags if flag.quarter == quarter and flag.pattern not in WATCHES]
    return {press for flag in of_it for press in flag.presses}, {flag.clerk for flag in of_it}


def _outcome(made: Sequence[e.CallbackMade]) -> Outcome | None:
    return cast("Outcome", made[-1].outcome) if made else None


def _asked(rated: Rated, setup: Setup, ticket: e.TicketIssued | None, made: e.CallbackMade | None) -> Asked:
    holder = ticket.holder if ticket is not None and not is_erased(ticket.holder) else None
    number = ticket.number if ticket is not None else rated.fact.ticket
    called = made.contact if made is not None and not is_erased(made.contact) else None
    return Asked(rated, department_of(setup, rated.fact.window), number, called or holder, made)
