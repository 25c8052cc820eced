"""`/flags`: suspicions and what people make of them (interfaces.md)."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum
from math import log10
from operator import itemgetter
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from hub import wire
from hub.domain import events as e
from hub.domain import judgement
from hub.domain.codec import is_erased
from hub.domain.judgement import STATES, WATCHES
from hub.domain.model import LEVEL_WORDS, CaseState
from hub.domain.state import Case
from hub.errors import NotAllowed, NotFound
from hub.judging import Judging, Step
from hub.web.answers import Json
from hub.web.bodies import Appeal, AssignFlag, CallBack, DecideAppeal, DecideFlag, FlagText, SendBack
from hub.web.roles import allow, principal
from hub.web.services import Services

if TYPE_CHECKING:
    from hub.selfpress import Flag

_TAGS: Final[list[str | Enum]] = ["核查 inquiry"]
_NO_ANSWER: Final = {"unsure": "记不清", "unreached": "未接通"}
_SAID: Final = {"own": "本人所按", "denied": "否认", **_NO_ANSWER}
_DECISIONS: Final = {"confirmed": "确认，待另一人复核", "dismissed": "排除", "referred": "查有实据，转办"}
_LAPSED: Final = "已确认，申诉期已满"
_FALSE_DISCOVERIES: Final = 0.05
LIVE_MOST: Final = 200
"""Flags told on `/live`: the newest, beside all that still wait for a step."""
_TOLD: Final = frozenset({"once_confirmed", "confirmed", "appealed", "upheld", "overturned"})
"""Of these the clerk concerned is told; a suspicion that nobody has looked into is not held against them."""
_ENDED: Final = frozenset({"dismissed", "referred", "upheld", "overturned"})
_BASE: Final = f"{wire.API}/flags"
_FLAG: Final = f"{_BASE}/{{flag}}"
_JUDGES: Final = allow("inspector")
_CONCERNED: Final = allow("inspector", "clerk")
_WITH_CLERK: Final = allow("manager", "inspector", "clerk")


class FlagFilter(BaseModel):
    """Which flags."""

    model_config = ConfigDict(extra="forbid")

    after: Annotated[str | None, Field(pattern=r"^\d{1,18}$", description="上一页的 next")] = None
    limit: Annotated[int, Field(ge=1, le=500, description="每页条数 (items a page)")] = 100
    state: Annotated[CaseState | None, Field(description="状态 (state)")] = None
    clerk: Annotated[str | None, Field(max_length=32, description="工号 (clerk)")] = None
    quarter: Annotated[str | None, Field(pattern=r"^\d{4}Q[1-4]$", description="季度，如 2026Q4 (quarter)")] = None
    tier: Annotated[str | None, Field(pattern=r"^[AB]$", description="A 或 B (tier)")] = None


def add_routes(api: APIRouter, services: Services) -> None:
    """Add `/flags` and its steps."""
    _add_reading(api, services.judging)
    _add_inquiry(api, services.judging)
    _add_judgement(api, services.judging)
    _add_appeal(api, services.judging)


def _add_reading(api: APIRouter, judging: Judging) -> None:
    @api.get(
        _BASE,
        response_model=wire.FlagPage,
        summary="疑似擅自按键 (flags)",
        tags=_TAGS,
        openapi_extra=_WITH_CLERK,
    )
    async def list_flags(request: Request, only: Annotated[FlagFilter, Query()]) -> Response:
        who = principal(request)
        own = (lambda case: judging.is_concerned(case, who.name)) if who.role == "clerk" else None
        return Json(await asyncio.to_thread(page, judging, only, own))

    @api.get(_FLAG, response_model=wire.FlagDetail, summary="一条疑似 (one)", tags=_TAGS, openapi_extra=_WITH_CLERK)
    async def one(request: Request, flag: str) -> Response:
        return await _answer(request, judging, _readable(judging, request, flag))

    @api.get(f"{_FLAG}/picture.svg", summary="图 (picture)", tags=_TAGS, openapi_extra=_WITH_CLERK)
    async def picture(request: Request, flag: str) -> Response:
        case = _readable(judging, request, flag)
        return Response(await asyncio.to_thread(drawn, judging, case), media_type="image/svg+xml")


def _add_inquiry(api: APIRouter, judging: Judging) -> None:
    shape: dict[str, Any] = {"response_model": wire.FlagDetail, "tags": _TAGS}

    @api.post(f"{_FLAG}/assign", summary="分派 (assign)", openapi_extra=_JUDGES, **shape)
    async def assign(request: Request, flag: str, body: AssignFlag) -> Response:
        return await _answer(request, judging, await judging.assign(flag, body.to, by=principal(request).name))

    @api.post(f"{_FLAG}/call-backs", summary="记录回访 (a call-back)", openapi_extra=_JUDGES, **shape)
    async def call_back(request: Request, flag: str, body: CallBack) -> Response:
        by = principal(request).name
        return await _answer(
            request, judging, await judging.call_back(flag, body.press, body.outcome, body.note, by=by)
        )

    @api.post(f"{_FLAG}/statement", summary="当事人陈述 (the clerk's words)", openapi_extra=_CONCERNED, **shape)
    async def statement(request: Request, flag: str, body: FlagText) -> Response:
        _readable(judging, request, flag)
        return await _answer(
            request, judging, await judging.give_statement(flag, body.text, by=principal(request).name)
        )

    @api.post(f"{_FLAG}/note", summary="监控核查记录 (camera)", openapi_extra=_JUDGES, **shape)
    async def note(request: Request, flag: str, body: FlagText) -> Response:
        return await _answer(request, judging, await judging.note(flag, body.text, by=principal(request).name))


def _add_judgement(api: APIRouter, judging: Judging) -> None:
    shape: dict[str, Any] = {"response_model": wire.FlagDetail, "tags": _TAGS}

    @api.post(f"{_FLAG}/decision", summary="结论 (decision)", openapi_extra=_JUDGES, **shape)
    async def decide(request: Request, flag: str, body: DecideFlag) -> Response:
        by = principal(request).name
        return await _answer(
            request, judging, await judging.decide(flag, body.decision, body.reason, body.habit, body.presses, by=by)
        )

    @api.post(f"{_FLAG}/second", summary="另一人复核确认 (second)", openapi_extra=_JUDGES, **shape)
    async def second(request: Request, flag: str) -> Response:
        return await _answer(request, judging, await judging.second(flag, by=principal(request).name))

    @api.post(
        f"{_FLAG}/return", summary="退回再查，或撤回确认 (not agreed, or withdrawn)", openapi_extra=_JUDGES, **shape
    )
    async def send_back(request: Request, flag: str, body: SendBack) -> Response:
        return await _answer(request, judging, await judging.send_back(flag, body.reason, by=principal(request).name))


def _add_appeal(api: APIRouter, judging: Judging) -> None:
    shape: dict[str, Any] = {"response_model": wire.FlagDetail, "tags": _TAGS}

    @api.post(f"{_FLAG}/appeal", summary="申诉 (appeal)", openapi_extra=_CONCERNED, **shape)
    async def appeal(request: Request, flag: str, body: Appeal) -> Response:
        _readable(judging, request, flag)
        return await _answer(request, judging, await judging.appeal(flag, body.reason, by=principal(request).name))

    @api.post(f"{_FLAG}/appeal/decision", summary="申诉结论 (on the appeal)", openapi_extra=_JUDGES, **shape)
    async def decide_appeal(request: Request, flag: str, body: DecideAppeal) -> Response:
        by = principal(request).name
        return await _answer(request, judging, await judging.decide_appeal(flag, body.outcome, body.reason, by=by))


def _readable(judging: Judging, request: Request, flag: str) -> Case:
    """A case that this token may read: a clerk only their own."""
    who = principal(request)
    case = judging.case(flag)
    if who.role == "clerk" and not judging.is_concerned(case, who.name):
        raise NotAllowed(who.role, frozenset({"manager", "inspector"}))
    return case


async def _answer(request: Request, judging: Judging, case: Case) -> Response:
    whole = await asyncio.to_thread(detail, judging, case)
    return Json(for_clerk(whole) if principal(request).role == "clerk" else whole)


def for_clerk(whole: wire.FlagDetail) -> wire.FlagDetail:
    """What the clerk concerned may read: of call-backs the totals alone, nothing of who said what, no camera notes."""
    return replace(
        whole,
        suspects=tuple(replace(press, said=None) for press in whole.suspects),
        visit_items=tuple(replace(visit, said=None) for visit in whole.visit_items),
        history=tuple(replace(step, text=_KEPT_FROM_CLERK.get(step.kind, step.text)) for step in whole.history),
        cautions=(),
    )


def page(judging: Judging, only: FlagFilter, own: Callable[[Case], bool] | None = None) -> wire.FlagPage:
    """A page of flags: what is overdue first, the longest first; then the newest.

    `own` keeps what the clerk who asks may know of: their own that somebody has confirmed, and what came of it.
    """
    wanted = (only.state, only.clerk, only.quarter, only.tier)
    rest = ordered(judging)
    if only.after is not None:
        seq = int(only.after)
        last = next((rank for rank, case in rest if case.seq == seq), (1, "", -seq))
        rest = [(rank, case) for rank, case in rest if rank > last]
    chosen = [
        case
        for _, case in rest
        if (own is None or (case.state in _TOLD and own(case)))
        and all(
            want in {None, have}
            for want, have in zip(wanted, (case.state, case.clerk, case.quarter, case.tier), strict=True)
        )
    ]
    shown = chosen[: only.limit]
    more = str(shown[-1].seq) if len(chosen) > len(shown) else None
    return wire.FlagPage(_items(judging, shown), more)


Rank = tuple[int, str, int]
"""Where a case stands in the list."""


def ordered(judging: Judging) -> list[tuple[Rank, Case]]:
    """All cases, those first whose next step is the longest overdue, then the newest."""
    ranked = []
    for case in judging.cases():
        late = judging.overdue(case) > 0
        ranked.append(((0, str(judging.deadline(case)), -case.seq) if late else (1, "", -case.seq), case))
    return sorted(ranked, key=itemgetter(0))


def flag_items(judging: Judging) -> tuple[wire.FlagItem, ...]:
    """The flags for `/live`."""
    cases = [case for _, case in ordered(judging)]
    return _items(judging, [case for at, case in enumerate(cases) if at < LIVE_MOST or case.state not in _ENDED])


def detail(judging: Judging, case: Case) -> wire.FlagDetail:
    """All of a flag."""
    from hub.selfpress import INQUIRIES, WORDS, chinese, flag_of  # noqa: PLC0415 - numpy, which others do without

    found = flag_of(judging.statement(case))
    (item,) = _items(judging, [case])
    zone = judging.zone
    suspects = tuple(
        wire.SuspectItem(
            press=str(press.press),
            at=_at(found.first_day, press.t, judging),
            window=press.window if isinstance(press.window, int) else None,
            ticket=None if press.ticket is None else str(press.ticket),
            level=found.level(press.level) or press.level,
            level_name=_level_name(found, press.level),
            delay_s=press.delay_s,
            said=case.calls.get(str(press.press)),
        )
        for press in found.suspects
    )
    visits = tuple(
        wire.VisitItem(
            ticket=str(visit.ticket),
            at=_at(found.first_day, visit.t, judging),
            window=visit.window if isinstance(visit.window, int) else None,
            served_s=visit.served_s,
            said=case.calls.get(str(visit.ticket)),
        )
        for visit in found.visits
    )
    how = INQUIRIES.get(found.pattern)
    answers = _SAID if how is None else {"own": how.cleared_zh, "denied": how.denied_zh, **_NO_ANSWER}
    return wire.FlagDetail(
        **{name: getattr(item, name) for name in wire.FlagItem.__dataclass_fields__},
        text=chinese(found),
        honest=WORDS[found.pattern].honest_zh,
        suspects=suspects,
        visit_items=visits,
        inquiry=None if how is None else wire.InquiryItem(how.next_zh, how.ask_zh),
        calls_needed=found.calls,
        calls=dict(Counter(case.calls.values())),
        answers=answers,
        history=tuple(_step(step, zone, answers) for step in judging.history(case)),
        stands=judging.stands(case),
        first_by=case.first_by,
        second_by=case.second_by,
        reason=case.reason,
        struck=len(judgement.struck([case])),
        cautions=tuple(judgement.cautions(case, found.calls)),
    )


_KEPT_FROM_CLERK: Final = {
    e.FlagCalledBack.kind: "回访一位群众（内容不公开，只计总数）",
    e.FlagNoted.kind: "核查监控（内容不公开，见结论的理由）",
}


def _level_name(flag: Flag, rank: int) -> str:
    level = flag.level(rank)
    return f"第 {rank} 档" if level is None else LEVEL_WORDS[level]


def drawn(judging: Judging, case: Case) -> str:
    """The flag's picture."""
    from hub.selfpress import flag_of, picture  # noqa: PLC0415 - as above

    statement = judging.statement(case)
    if not statement:
        raise NotFound("flag", case.flag)
    return picture(flag_of(statement))


def _items(judging: Judging, cases: Sequence[Case]) -> tuple[wire.FlagItem, ...]:
    families = {(case.quarter, case.pattern in WATCHES) for case in cases}
    levels = {family: _levels(judging, *family) for family in families}
    return tuple(_item(judging, case, levels[case.quarter, case.pattern in WATCHES][case.clerk]) for case in cases)


def _levels(judging: Judging, quarter: str, watches: bool) -> dict[str, float]:  # noqa: FBT001 - half of a key
    """The e-BH level of each clerk with a flag of the quarter, whose strongest one counts; of watches apart.

    A clerk's evidence over all watches is their mean: at least the strongest divided by how many there are.
    """
    from hub.selfpress import ebh_levels  # noqa: PLC0415 - as above

    cases = [case for case in judging.cases() if case.quarter == quarter and (case.pattern in WATCHES) == watches]
    share = log10(len(WATCHES)) if watches else 0.0
    strongest: dict[str, float] = {}
    for case in cases:
        strongest[case.clerk] = max(case.strength_centi / 100 - share, strongest.get(case.clerk, 0.0))
    return ebh_levels(strongest, max(judging.summary(case).clerks for case in cases))


def _item(judging: Judging, case: Case, level: float) -> wire.FlagItem:
    from hub.selfpress import WORDS  # noqa: PLC0415 - as above

    told = judging.summary(case)
    deadline = judging.deadline(case)
    return wire.FlagItem(
        id=case.flag,
        clerk=case.clerk,
        clerk_name=judging.clerk_name(case.clerk),
        window=case.window,
        pattern=case.pattern,
        pattern_name=WORDS[case.pattern].zh if case.pattern in WORDS else case.pattern,
        tier="A" if case.tier == "A" else "B",
        log10_lr=case.strength_centi / 100,
        ebh=level <= _FALSE_DISCOVERIES,
        ebh_level=level,
        evidence=told.rows,
        presses=tuple(case.presses),
        visits=tuple(case.visits),
        watch=case.pattern in WATCHES,
        state=case.state,
        state_name=_LAPSED if case.state == "confirmed" and judging.stands(case) else STATES[case.state],
        quarter=case.quarter,
        raised_at=wire.rfc3339(case.raised_ms, judging.zone),
        deadline=None if deadline is None else str(deadline),
        overdue=judging.overdue(case),
        assigned=case.assigned,
        habits=judging.habits(case.clerk),
        version=told.version,
    )


def _at(first_day: str | None, t: float, judging: Judging) -> str:
    """A hall log's time, as the hall's clocks showed it."""
    start = datetime.fromisoformat(first_day or "1970-01-01").replace(tzinfo=judging.zone)
    return (start + timedelta(milliseconds=t)).isoformat(timespec="milliseconds")


def _step(step: Step, zone: Any, answers: Mapping[str, str]) -> wire.StepItem:  # noqa: ANN401 - datetime's tzinfo
    fact = step.fact
    by = getattr(fact, "by", None)
    return wire.StepItem(wire.rfc3339(step.at_ms, zone), fact.kind, by, _words(fact, answers))


def _kept(text: str | None) -> str:
    """A personal text, or that it was erased when its time was over."""
    return "（已按期清除）" if text is None or is_erased(text) else text


def _words(fact: e.Fact, answers: Mapping[str, str]) -> str:  # noqa: C901, PLR0911 - one sentence a kind
    """A step in Chinese."""
    match fact:
        case e.FlagRaised():
            return f"系统提出{'线索' if fact.pattern in WATCHES else '疑似'}（{fact.version}）"
        case e.FlagAssigned():
            return f"分派给 {fact.to}"
        case e.FlagCalledBack():
            note = f"：{_kept(fact.note)}" if fact.note else ""
            return f"回访 {fact.press}：{answers.get(fact.outcome, fact.outcome)}{note}"
        case e.FlagStated():
            return f"当事人陈述：{_kept(fact.text)}"
        case e.FlagNoted():
            return f"监控核查：{_kept(fact.text)}"
        case e.FlagDecided():
            return f"{_DECISIONS.get(fact.decision, fact.decision)}：{fact.reason}"
        case e.FlagSeconded():
            return "复核确认"
        case e.FlagReturned():
            return f"退回再查：{fact.reason}"
        case e.FindingRecorded():
            return f"登记结论 {fact.finding}（{'确认' if fact.status == 'confirmed' else '排除'}）{fact.article}"
        case e.FindingAppealed():
            return f"提出申诉：{_kept(fact.reason)}"
        case e.AppealDecided():
            return f"申诉{'成立，撤销结论' if fact.outcome == 'overturned' else '未成立，维持结论'}：{fact.reason}"
    return fact.kind
