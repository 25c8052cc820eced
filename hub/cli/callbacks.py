"""`hallhub callbacks 2026Q4`: what a quarter's random call-backs say of its ratings."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Annotated, Final

import typer

from hub.cli.log import opened, write_lines
from hub.cli.options import ConfigOption, configuration
from hub.domain.callbacks import Tally
from hub.errors import BadValue, HallhubError, NotFound
from hub.eventlog import Database
from hub.sampling import CallbackReport, report_of

_OUTCOMES: Final = {
    "own": ("属实", "confirmed"),
    "other_level": ("等级不符", "another level"),
    "denied": ("否认本人所评", "denied"),
    "unsure": ("记不清", "unsure"),
    "unreached": ("未接通", "not reached"),
    "no_contact": ("无联系方式", "no contact"),
}
_FLAGS: Final = {
    "press": ("疑似所列的评价", "ratings that a flag names"),
    "clerk": ("疑似人员的其他评价", "others of flagged clerks"),
    "": ("其余评价", "all other ratings"),
}


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("callbacks")(callbacks)


def callbacks(
    quarter: Annotated[str, typer.Argument(metavar="2026Q4", help="季度 (quarter)")],
    config: ConfigOption = None,
    output: Annotated[Path | None, typer.Option("-o", metavar="FILE", help="写入文件 (to a file)")] = None,
    *,
    english: Annotated[bool, typer.Option("--english", help="用英文 (in English)")] = False,
) -> None:
    """季度随机回访报告：误评率及其区间、各部门、与疑似的对照 (what the quarter's random call-backs say)."""
    if not re.fullmatch(r"20\d\dQ[1-4]", quarter):
        raise BadValue("QUARTER", "季度，如 2026Q4 (a quarter)", quarter)
    settings, _ = configuration(config)
    zone = settings.hall.zone
    with opened(Database.of(settings)) as log:
        try:
            report = report_of(log, settings.setup(), zone, quarter)
        except NotFound:
            raise HallhubError(f"{quarter} 还没有抽样；请督查人员先抽样再回访 (no sample was drawn)") from None
    lines = list(_english(report, zone) if english else _chinese(settings.hall.name, report, zone))
    if output is not None:
        write_lines(output, lines)
        return
    for line in lines:
        typer.echo(line)


def _chinese(hall: str, report: CallbackReport, zone: tzinfo) -> Iterator[str]:
    drawn, whole = report.drawn, report.whole
    yield f"{report.quarter} 随机回访报告 · {hall}"
    yield f"抽样：{_when(report, zone)} 由 {drawn.by} 抽取，当时已有评价 {drawn.population:,} 次，抽 {whole.sampled} 次"
    if report.upto is not None:
        yield f"注意：抽样时季度尚未结束，只代表 {report.upto} 及以前的评价，之后的没有抽到的机会"
    again = "一致" if report.is_reproduced else "不一致，请核对事件日志 (hallhub verify)"
    yield f"种子：{drawn.seed}（{drawn.version}），按种子重新抽取：{again}"
    told = "，".join(f"{_OUTCOMES[outcome][0]} {count}" for outcome, count in report.outcomes.items() if count)
    yield f"回访：已登记 {whole.called} 次，未回访 {whole.sampled - whole.called} 次；{told or '尚无结果'}"
    if report.corrected:
        yield f"更正：有 {report.corrected} 次结果被后来的登记代替，前后均存档"
    yield f"误评率：{_share_zh(whole)}"
    yield "各部门："
    yield from (f"  {name}：抽取 {one.sampled}，{_share_zh(one)}" for name, one in report.departments.items())
    yield "与疑似擅自按键的对照："
    for kind, one in report.flags.items():
        yield f"  {_FLAGS[kind][0]}：抽取 {one.sampled}，{_share_zh(one)}"
    yield "区间为 95% 精确二项区间，只说明能答复的群众的评价；误评可能是按错、代评或记错，不是对任何人的认定。"


def _share_zh(tally: Tally) -> str:
    if not tally.answered:
        return "尚无有效答复"
    found = f"有效答复 {tally.answered} 次，不符 {tally.wrong} 次（否认 {tally.denied}）"
    return f"{found}，占 {_rate(tally)}，区间 {_bounds(tally)}"


def _english(report: CallbackReport, zone: tzinfo) -> Iterator[str]:
    drawn, whole = report.drawn, report.whole
    yield f"{report.quarter} random call-backs"
    yield f"Sample: {whole.sampled} of the {drawn.population:,} ratings then, by {drawn.by}, {_when(report, zone)}"
    if report.upto is not None:
        yield f"Note: drawn while the quarter ran; it speaks for ratings up to {report.upto} alone"
    yield f"Seed: {drawn.seed} ({drawn.version}); drawn again: {'the same' if report.is_reproduced else 'NOT the same'}"
    told = ", ".join(f"{_OUTCOMES[outcome][1]} {count}" for outcome, count in report.outcomes.items() if count)
    yield f"Calls: {whole.called} entered, {whole.sampled - whole.called} to make; {told or 'no result yet'}"
    if report.corrected:
        yield f"Corrected: {report.corrected} results were replaced by later ones; all are kept"
    yield f"Wrong ratings: {_share_en(whole)}"
    yield "By department:"
    yield from (f"  {name}: {one.sampled} drawn, {_share_en(one)}" for name, one in report.departments.items())
    yield "Against the flags:"
    for kind, one in report.flags.items():
        yield f"  {_FLAGS[kind][1]}: {one.sampled} drawn, {_share_en(one)}"
    yield "95 % exact binomial intervals, of citizens who can be asked. A wrong rating may be a slip, a helper's or"
    yield "a bad memory as well as a clerk's press: it is no finding about anybody."


def _share_en(tally: Tally) -> str:
    if not tally.answered:
        return "no answer yet"
    found = f"{tally.wrong} of {tally.answered} answered are wrong ({tally.denied} denied)"
    return f"{found}, {_rate(tally)}, interval {_bounds(tally)}"


def _rate(tally: Tally) -> str:
    """Truncated to a tenth of a percent, never rounded up."""
    tenths = math.floor((tally.rate or 0) * 1000)
    return f"{tenths // 10}.{tenths % 10}%"


def _bounds(tally: Tally) -> str:
    """The lower one rounded down and the upper one up."""
    low, high = tally.bounds
    return f"{math.floor(low * 1000) / 10:.1f}%–{math.ceil(high * 1000) / 10:.1f}%"


def _when(report: CallbackReport, zone: tzinfo) -> str:
    return f"{datetime.fromtimestamp(report.drawn_ms / 1000, UTC).astimezone(zone):%Y-%m-%d %H:%M}"
