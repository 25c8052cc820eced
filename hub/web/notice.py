"""`/notice`: what is published of the last closed quarter: awards and departments' rates, nobody's bad marks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from enum import Enum
from fractions import Fraction
from typing import Final

from fastapi import APIRouter, Response

from hub import wire
from hub.closing import Closing
from hub.domain.assessment import Result, shown
from hub.domain.rates import Visit, percent, tally
from hub.errors import StateForbids
from hub.report import Made
from hub.web.answers import Json
from hub.web.roles import allow_all

_TAGS: Final[list[str | Enum]] = ["考核 assessment"]
_NOTHING: Final = wire.Notice(None, "", 0, "", "", "", "", (), (), (), None)


def add_routes(api: APIRouter, closing: Closing) -> None:
    """Add the call."""

    @api.get(
        f"{wire.API}/notice",
        response_model=wire.Notice,
        summary="考核结果公示，最近一次定稿 (what is published of the last closed quarter)",
        tags=_TAGS,
        openapi_extra=allow_all(),
    )
    async def notice() -> Response:
        try:
            made = await closing.published()
        except StateForbids as error:
            return Json(replace(_NOTHING, trouble=error.detail))
        return Json(_NOTHING if made is None or made.closed is None else published(made))


def published(made: Made) -> wire.Notice:
    """What the public sees of a closed quarter."""
    assert made.closed is not None
    rules, name = made.quarter.rules, made.name
    by_department: dict[str, list[Visit]] = {}
    for visit in made.quarter.visits:
        by_department.setdefault(visit.department, []).append(visit)
    return wire.Notice(
        quarter=name,
        title=f"{name[:4]}年第{'一二三四'[int(name[-1]) - 1]}季度考核结果公示",
        edition=made.closed.edition,
        as_of=made.closed.as_of,
        rules_title=rules.title,
        window_award=rules.awards.window.name,
        clerk_award=rules.awards.clerk.name,
        windows=_awarded(made.result.windows),
        clerks=_awarded(made.result.clerks),
        departments=tuple(
            wire.DepartmentRates(
                department,
                counts.finished,
                _percent(counts.rated_share(rules).value),
                _percent(counts.satisfied_share(rules).value),
            )
            for department, counts in (
                (department, tally(visits, made.quarter.struck)) for department, visits in sorted(by_department.items())
            )
        ),
        trouble=None,
    )


def _awarded(results: Iterable[Result]) -> tuple[wire.AwardItem, ...]:
    return tuple(
        wire.AwardItem(
            one.subject.name, "" if one.subject.department == one.subject.name else one.subject.department,
            one.rank, shown(one.total),
        )
        for one in results
        if one.award and one.rank is not None
    )  # fmt: skip


def _percent(share: Fraction | None) -> str | None:
    return None if share is None else percent(share)
