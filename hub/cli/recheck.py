"""`hallhub recheck`: the detector again over the hall's history, beside what was flagged then."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from hub.cli.log import day_option, opened, write_lines
from hub.cli.options import ConfigOption, configuration
from hub.cli.progress import bar
from hub.cli.selfpress import write_report
from hub.config import HallConfig
from hub.domain import events as e
from hub.errors import BadValue, HallhubError
from hub.eventlog import Database, EventLog


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("recheck")(recheck)


def recheck(
    config: ConfigOption = None,
    first: Annotated[str | None, typer.Option("--from", metavar="YYYY-MM-DD", help="首日 (first day)")] = None,
    last: Annotated[str | None, typer.Option("--to", metavar="YYYY-MM-DD", help="末日，含 (last day)")] = None,
    output: Annotated[
        Path | None, typer.Option("-o", metavar="ANSWER.jsonl", help="另写全部结果 (all answers to a file)")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="DIR", help="另写每条疑似的说明和图 (each flag as text and picture)")
    ] = None,
) -> None:
    """用现在的算法重查历史；只读，已有的疑似保留其版本 (the detector again over the hall's history; read only)."""
    settings, _ = configuration(config)
    with contextlib.ExitStack() as stack:
        log = stack.enter_context(opened(Database.of(settings)))
        progress = stack.enter_context(bar("重查 (checking)"))
        found, detector, stored = _checked(log, settings, (first, last), progress)
    if output is not None:
        write_lines(output, (json.dumps(answer, ensure_ascii=False) for answer in detector.answers()))
    if report is not None:
        write_report(report, [flag for _, flag in found], english=False)
    told = _compared(found, stored)
    for line in told:
        typer.echo(line)
    if any("not raised again" in line for line in told):
        said = "已登记的习惯按现在的计：未再提出的，可能因排除时登记了习惯 (by the habits that are known now)"
        typer.echo(said, err=True)
    if not detector.clerks:
        typer.echo(
            "注意：这段时间没有可供检查的业务，不能说明什么 (no visits in these days: this tells nothing)", err=True
        )
    else:
        typer.echo(f"已查 {detector.days} 天，{detector.clerks} 名工作人员 (days and clerks checked)", err=True)


Found = list[tuple[str, Any]]
"""Quarter and flag of each, in the order in which they would have been raised."""


def _checked(
    log: EventLog,
    settings: HallConfig,
    span: tuple[str | None, str | None],
    progress: Callable[[int, int], None],
) -> tuple[Found, Any, list[e.FlagRaised]]:
    """The flags of now, the detector at the end, and the flags that are stored."""
    from hub import halllog  # noqa: PLC0415 - drivers and numpy, which other commands do without
    from hub.devices import levels_of  # noqa: PLC0415
    from hub.selfpress import Detector, Reader  # noqa: PLC0415
    from hub.watch import known_habits, quarter_of  # noqa: PLC0415

    zone = settings.hall.zone
    days = halllog.days_of(log, zone)
    if days is None:
        raise HallhubError("事件日志为空，没有可重查的历史 (the log is empty)")
    begin, end = day_option("--from", span[0]) or days[0], day_option("--to", span[1]) or days[1]
    if begin > end:
        raise BadValue("--to", f"不早于 {begin} 的日期 (not before --from)", str(end))
    levels = levels_of(settings)
    detector, found = Detector(known_habits(log), scale=sorted(levels)), []
    total = log.head().last_seq
    lines = halllog.export(log.replay(), begin, end, zone, levels, partial(_step, progress, total))
    for event in Reader().events(lines):
        found += [*detector.feed(event), *detector.take_watches()]
    found += [*detector.finish(), *detector.take_watches()]
    stored = [row.fact for row in log.replay(kinds=(e.FlagRaised.kind,)) if isinstance(row.fact, e.FlagRaised)]

    def quarter(t: float) -> str:
        return quarter_of(date.fromordinal(begin.toordinal() + int(t // 86_400_000)))

    quarters = {quarter(t) for t in range(0, ((end - begin).days + 1) * 86_400_000, 86_400_000)}
    return [(quarter(flag.t), flag) for flag in found], detector, [one for one in stored if one.quarter in quarters]


def _compared(found: Found, stored: list[e.FlagRaised]) -> list[str]:
    """A line for each flag of now and each that is stored and was not raised again."""
    from hub.selfpress import VERSION, WATCHES, WORDS  # noqa: PLC0415

    def about(clerk: object, quarter: str, pattern: str) -> tuple[str, str, str]:
        """Of watches there is one a pattern, of flags one a clerk."""
        return str(clerk), quarter, pattern if pattern in WATCHES else ""

    then: dict[tuple[str, str, str], list[e.FlagRaised]] = {}
    for one in stored:
        then.setdefault(about(one.clerk, one.quarter, one.pattern), []).append(one)
    lines = []
    for quarter, flag in found:
        same = then.pop(about(flag.clerk, quarter, flag.pattern), [])
        known = same.pop() if same else None
        then[about(flag.clerk, quarter, flag.pattern)] = same
        words = WORDS[flag.pattern]
        state = f"已有 {known.flag}（{known.version}）" if known is not None else f"新（{VERSION}）"
        lines.append(
            f"{quarter}  {flag.clerk}  {words.zh}（{flag.tier}）  10^{flag.log10_lr:.1f} : 1  {state} "
            f"({words.en}; {'stored as ' + known.flag if known is not None else 'new'})"
        )
    for (clerk, quarter, _), known in ((key, one) for key, rest in then.items() for one in rest):
        name = WORDS[known.pattern].zh if known.pattern in WORDS else known.pattern
        lines.append(f"{quarter}  {clerk}  {name}（{known.tier}）  {known.flag}：本次未再提出 (not raised again)")
    return lines or ["没有疑似擅自按键 (nothing flagged)"]


def _step(progress: Callable[[int, int], None], total: int, seq: int) -> None:
    progress(seq, total)
