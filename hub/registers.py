"""What assessors and inspectors enter by hand: corrected ratings, findings, points. Each is a fact with its name."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeVar

from hub.bus import Bus
from hub.domain import events as e
from hub.domain.assessment import SheetName
from hub.domain.callbacks import quarter_days
from hub.domain.rules import FINDINGS, WHATS, RuleSet, Sheet, in_force
from hub.errors import BadValue, NotFound, StateForbids, StorageFull
from hub.hall import Hall

Entered = TypeVar("Entered", bound=e.Fact)


@dataclass(frozen=True, slots=True)
class NewFinding:
    """A finding as it is entered."""

    kind: str
    status: str
    window: int | None = None
    clerk: str | None = None
    article: str = ""
    note: str = ""
    what: str | None = None
    half_days: int | None = None
    day: date | None = None


@dataclass(frozen=True, slots=True)
class NewPoints:
    """Points as they are entered."""

    sheet: SheetName
    quarter: str
    subject: str
    section: str
    points: Decimal
    note: str = ""
    stage: str = "review"


class Registers:
    """Entries by hand; `editions` of the hall's rule set say which sections a quarter has."""

    def __init__(self, hall: Hall, bus: Bus, editions: Sequence[RuleSet]) -> None:
        self._hall = hall
        self._bus = bus
        self._editions = editions

    async def correct(self, rating: str, level: int, register: str, reason: str, *, by: str) -> e.RatingCorrected:
        """Give a mistaken rating another level (误评更正); both stay. NotFound, StateForbids."""
        was = await asyncio.to_thread(self._level, rating)
        if level == was:
            raise StateForbids("correction", str(was), f"这次评价现在就是 {was} 档 (it is {was} already)")
        return await self._stored(e.RatingCorrected(rating, was, level, register, reason, by))

    async def find(self, new: NewFinding, *, by: str) -> e.FindingRecorded:
        """Record what was found (查实结论). A self-press is found by a flag's steps, not here."""
        if new.kind not in FINDINGS or new.kind == "self_press":
            raise BadValue("kind", " | ".join(kind for kind in FINDINGS if kind != "self_press"), new.kind)
        if new.window is None and new.clerk is None:
            raise BadValue("window", "窗口或工作人员至少填一个 (a window or a clerk)", None)
        self._known(new.window, new.clerk)
        if new.what is not None and new.what not in WHATS.get(new.kind, {}):
            raise BadValue("what", " | ".join(WHATS.get(new.kind, {})) or f"{new.kind} 不填 (none)", new.what)
        if new.kind == "other" and not new.article:
            raise BadValue("article", "other 须写明条款 (an article)", new.article)
        day = None if new.day is None else new.day.isoformat()
        made = (
            new.kind,
            new.window,
            new.clerk,
            new.status,
            new.article,
            new.note,
            None,
            new.what,
            new.half_days,
            day,
            by,
        )
        return await self._stored(e.FindingRecorded(f"d{self._bus.last_seq + 1}", *made))

    async def enter(self, new: NewPoints, *, by: str, is_clerk: bool = False) -> e.PointsEntered:
        """Enter a section's or an item's points for a quarter; the last entry counts.

        A clerk enters what they think of themselves (自评) and of other clerks (互评), nothing else.
        """
        sheet, quarter, subject, section, points = new.sheet, new.quarter, new.subject, new.section, new.points
        if is_clerk and (sheet != "clerk" or new.stage != ("self" if subject == by else "mutual")):
            raise StateForbids(
                "points", new.stage, "工作人员只能自评本人、互评他人 (a clerk enters self and mutual only)"
            )
        first_day, _ = quarter_days(quarter)
        rules = in_force(self._editions, first_day)
        if rules is None:
            raise StateForbids("points", quarter, f"{first_day} 尚无生效的规则集 (no rule set was in force)")
        window = int(subject) if sheet == "window" and subject.isdecimal() else None
        clerk = subject if sheet == "clerk" else None
        if sheet == "window" and window is None:
            raise BadValue("window", "窗口号 (a window's number)", subject)
        self._known(window, clerk)
        most = _most(rules.windows if sheet == "window" else rules.clerks, section)
        if points > most:
            raise BadValue("points", f"不超过 {most} 分 (at most)", str(points))
        text = format(points.normalize(), "f")
        return await self._stored(
            e.PointsEntered(sheet, quarter, window, clerk, section, text, new.note, by, new.stage)
        )

    def _known(self, window: int | None, clerk: str | None) -> None:
        if window is not None and window not in self._hall.setup.windows:
            raise NotFound("window", str(window))
        if clerk is not None and self._hall.setup.clerks and clerk not in self._hall.setup.clerks:
            raise NotFound("clerk", clerk)

    def _level(self, rating: str) -> int:
        """The rating's level now; its id has the number of the fact."""
        number = re.fullmatch(r"r(\d{1,18})", rating)
        rows = self._bus.log.read(int(number.group(1)) - 1, 1) if number else []
        fact = rows[0].fact if rows else None
        if not isinstance(fact, e.RatingRecorded) or fact.rating != rating:
            raise NotFound("rating", rating)
        level = fact.level
        for recorded in self._bus.log.replay(rows[0].seq, kinds=(e.RatingCorrected.kind,)):
            if isinstance(recorded.fact, e.RatingCorrected) and recorded.fact.rating == rating:
                level = recorded.fact.level
        return level

    async def _stored(self, fact: Entered) -> Entered:
        self._hall.settle()
        if not await self._bus.stored(self._bus.publish(fact)):
            raise StorageFull(self._bus.trouble or "")
        return fact


def _most(sheet: Sheet, code: str) -> Decimal:
    """The full points of a section or an item; BadValue where the sheet has none."""
    full = {section.code: float(section.full) for section in sheet.sections}
    full |= {item.code: item.full for section in sheet.sections for item in section.items}
    if code not in full:
        raise BadValue("section", "、".join(full), code)
    return Decimal(str(full[code]))
