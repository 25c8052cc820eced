"""`/presses` and `/ratings`: what the log knows, page by page, oldest first."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from enum import Enum
from itertools import zip_longest
from math import inf
from typing import Annotated, Final, TypeVar, cast

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from hub import wire
from hub.domain import events as e
from hub.domain.model import Disposition, Source
from hub.errors import BadValue
from hub.eventlog import EventLog
from hub.web.answers import Json
from hub.web.roles import allow
from hub.web.services import Services

SCAN_MOST: Final = 4000
"""Facts that one request reads at most; a page may come out short, and the cursor goes on from there."""
_BATCH: Final = 1000
_ONE_DAY: Final = timedelta(days=1)
_TAGS: Final[list[str | Enum]] = ["记录 records"]

Item = TypeVar("Item")


class _Filter(BaseModel):
    model_config = ConfigDict(extra="forbid")

    after: Annotated[
        str | None, Field(pattern=r"^\d{1,18}$", description="上一页的 next (next of the page before)")
    ] = None
    limit: Annotated[int, Field(ge=1, le=500, description="每页条数 (items a page)")] = 100
    window: Annotated[int | None, Field(description="窗口号 (window number)")] = None
    since: Annotated[
        datetime | None, Field(alias="from", description="此时起（含）；不带时区按大厅时间 (from then on)")
    ] = None
    until: Annotated[
        datetime | None, Field(alias="to", description="此时前（不含）；不带时区按大厅时间 (before then)")
    ] = None


class PressFilter(_Filter):
    """Which presses."""

    disposition: Annotated[Disposition | None, Field(description="判定 (what became of it)")] = None


class RatingFilter(_Filter):
    """Which ratings."""

    clerk: Annotated[str | None, Field(max_length=32, description="工号 (clerk)")] = None
    level: Annotated[int | None, Field(ge=1, le=5, description="等级 (level)")] = None
    source: Annotated[Source | None, Field(description="来源 (channel)")] = None


def add_routes(api: APIRouter, services: Services) -> None:
    """Add `/presses` and `/ratings`."""
    log, zone = services.bus.log, services.hall.zone

    @api.get(
        f"{wire.API}/presses",
        response_model=wire.PressPage,
        summary="原始按键及其判定 (raw presses and what became of them)",
        tags=_TAGS,
        openapi_extra=allow("manager", "inspector"),
    )
    async def list_presses(only: Annotated[PressFilter, Query()]) -> Response:
        return Json(await asyncio.to_thread(presses, log, zone, only))

    @api.get(
        f"{wire.API}/ratings",
        response_model=wire.RatingPage,
        summary="有效评价 (ratings)",
        tags=_TAGS,
        openapi_extra=allow("manager", "inspector"),
    )
    async def list_ratings(only: Annotated[RatingFilter, Query()]) -> Response:
        return Json(await asyncio.to_thread(ratings, log, zone, only))


def presses(log: EventLog, zone: tzinfo, only: PressFilter) -> wire.PressPage:
    """A page of presses, each with the decision that stands right behind it in the log."""

    def item(recorded: e.Recorded, behind: e.Recorded | None) -> wire.PressItem | None:
        fact = recorded.fact
        if not isinstance(fact, e.KeyPressed) or only.window not in {None, fact.window}:
            return None
        disposition, ticket = _decision(fact, behind.fact if behind else None)
        if only.disposition not in {None, disposition}:
            return None
        return wire.PressItem(
            id=fact.press,
            window=fact.window,
            device=fact.device,
            key=fact.key,
            level=fact.level,
            at=wire.rfc3339(recorded.stamp.wall_ms, zone),
            raw=fact.raw,
            ticket=ticket,
            disposition=disposition,
        )

    kinds = (e.KeyPressed.kind, e.RatingRecorded.kind, e.PressUnmatched.kind)
    return wire.PressPage(*_page(log, kinds, only, _span(log, zone, only), item))


def ratings(log: EventLog, zone: tzinfo, only: RatingFilter) -> wire.RatingPage:
    """A page of ratings."""

    def item(recorded: e.Recorded, _: e.Recorded | None) -> wire.RatingItem | None:
        fact = recorded.fact
        assert isinstance(fact, e.RatingRecorded)
        got = (fact.window, fact.clerk, fact.level, fact.source)
        wanted = (only.window, only.clerk, only.level, only.source)
        if any(want not in {None, have} for want, have in zip(wanted, got, strict=True)):
            return None
        return wire.RatingItem(
            id=fact.rating,
            press=fact.press,
            ticket=fact.ticket,
            window=fact.window,
            clerk=fact.clerk,
            level=fact.level,
            source=cast("Source", fact.source),
            at=wire.rfc3339(recorded.stamp.wall_ms, zone),
        )

    return wire.RatingPage(*_page(log, (e.RatingRecorded.kind,), only, _span(log, zone, only), item))


def _decision(press: e.KeyPressed, behind: e.Fact | None) -> tuple[Disposition | None, str | None]:
    if isinstance(behind, e.RatingRecorded) and behind.press == press.press:
        return "rating", behind.ticket
    if isinstance(behind, e.PressUnmatched) and behind.press == press.press:
        return cast("Disposition", behind.disposition), behind.ticket
    return None, None


@dataclass(frozen=True, slots=True)
class _Span:
    """What is asked for: wall milliseconds from `first_ms` and before `end_ms`, numbers above `after` up to `last`."""

    first_ms: float
    end_ms: float
    after: int
    last: float


def _page(
    log: EventLog,
    kinds: Sequence[str],
    only: _Filter,
    span: _Span,
    item: Callable[[e.Recorded, e.Recorded | None], Item | None],
) -> tuple[tuple[Item, ...], str | None]:
    """The page's items, and where the next one begins; `item` is given the fact behind too."""
    items: list[Item] = []
    after = span.after
    for _ in range(SCAN_MOST // _BATCH):
        batch = log.read(after, _BATCH, kinds)
        ended = len(batch) < _BATCH
        rows = batch if ended else batch[:-1]  # what stands behind the last one is not read yet
        for recorded, behind in zip_longest(rows, batch[1:][: len(rows)]):
            if recorded.seq > span.last:
                return tuple(items), None
            if len(items) == only.limit:
                return tuple(items), str(after)
            after = recorded.seq
            found = item(recorded, behind) if span.first_ms <= recorded.stamp.wall_ms < span.end_ms else None
            if found is not None:
                items.append(found)
        if ended:
            return tuple(items), None
    return tuple(items), str(after)


def _span(log: EventLog, zone: tzinfo, only: _Filter) -> _Span:
    """Which part of the log can hold what is asked for, so that asking for today does not read all history."""
    since, until = _local(only.since, zone), _local(only.until, zone)
    cursor = int(only.after or 0)
    if since is None and until is None:
        return _Span(-inf, inf, cursor, inf)
    days = [(row.seq, cast("e.DayStarted", row.fact).day) for row in log.replay(kinds=(e.DayStarted.kind,))]
    return _Span(
        first_ms=since.timestamp() * 1000 if since else -inf,
        end_ms=until.timestamp() * 1000 if until else inf,
        after=max(cursor, _first_seq(days, since.date() - _ONE_DAY) - 1) if since else cursor,
        last=_last_seq(days, until.date() + _ONE_DAY) if until else inf,
    )


def _first_seq(days: Sequence[tuple[int, str]], day: date) -> int:
    """Where the first day begins that is not before `day`; else the latest one, which may have gone on since."""
    begins = (seq for seq, name in days if name >= day.isoformat())
    return next(begins, days[-1][0] if days else 1)


def _last_seq(days: Sequence[tuple[int, str]], day: date) -> float:
    """Where the last day ends that is not after `day`."""
    nexts: list[float] = [seq - 1 for seq, _ in days[1:]]
    ends = [end for (_, name), end in zip(days, [*nexts, inf], strict=bool(days)) if name <= day.isoformat()]
    return ends[-1] if ends else 0


def _local(time: datetime | None, zone: tzinfo) -> datetime | None:
    """On the hall's clock; BadValue outside the years that a day can be taken from."""
    if time is None:
        return None
    if not 1970 <= time.year <= 9998:
        raise BadValue("from, to", "1970–9998 年的时间 (a time of these years)", time.isoformat())
    return time.replace(tzinfo=zone) if time.tzinfo is None else time.astimezone(zone)
