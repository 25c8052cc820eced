"""`hallhub report 2026Q4`: the quarter's assessment."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from hub.cli.log import opened
from hub.cli.options import ConfigOption, configuration
from hub.cli.progress import bar
from hub.clock import SystemClock
from hub.domain.callbacks import quarter_days
from hub.domain.events import QuarterClosed
from hub.errors import BadValue, HallhubError, explained
from hub.eventlog import Database

if TYPE_CHECKING:
    from hub.report import Paper

FORMATS: Final = "csv,xlsx,docx,pdf"


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("report")(report)


def report(
    quarter: Annotated[str, typer.Argument(metavar="2026Q4|2026", help="季度，或年度 (a quarter or a year)")],
    output: Annotated[Path, typer.Option("-o", metavar="DIR", help="写入的文件夹 (folder to write to)")],
    config: ConfigOption = None,
    formats: Annotated[
        str, typer.Option("--format", metavar=FORMATS, help="格式，用逗号隔开 (formats, with commas between)")
    ] = FORMATS,
    edition: Annotated[
        str,
        typer.Option(metavar="N|latest|now", help="第几版定稿；默认最新，未定稿的按现在的数据 (edition)"),
    ] = "latest",
) -> None:
    """季度考核报表：两率、得分、取消资格、名次、奖项及依据 (the quarter's assessment)."""
    if re.fullmatch(r"20\d\d", quarter):
        _year(quarter, output, config)
        return
    if not re.fullmatch(r"20\d\dQ[1-4]", quarter):
        raise BadValue("QUARTER", "季度或年度，如 2026Q4、2026 (a quarter or a year)", quarter)
    _quarter(quarter, output, config, formats, edition)


def _quarter(quarter: str, output: Path, config: Path | None, formats: str, edition: str) -> None:
    """A quarter's papers."""
    from hub import report as made_of  # noqa: PLC0415 - what most commands do without
    from hub.domain.rules import in_force  # noqa: PLC0415
    from hub.report import Paper, makers, write  # noqa: PLC0415 - as above

    asked = formats.split(",")
    for name in asked:
        if name not in FORMATS.split(","):
            raise BadValue("--format", FORMATS.replace(",", "、"), name)
    makers(asked)  # what is missing is said at once
    settings, _ = configuration(config)
    first_day, last_day = quarter_days(quarter)
    rules = in_force(settings.rule_sets(), first_day)
    if rules is None:
        raise HallhubError(f"规则集 {settings.hall.rules} 在 {first_day} 尚未生效 (not in force then)")
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(output, error) from None
    with opened(Database.of(settings)) as log, bar("统计 (counting)") as progress:
        step = partial(_step, progress, log.head().last_seq)
        zone = settings.hall.zone
        today = datetime.fromtimestamp(SystemClock().wall_ms() / 1000, zone).date()
        closed = _edition(made_of.editions(log, quarter), quarter, edition)
        basis = made_of.Basis(quarter, settings.setup(), zone, rules, today)
        made = made_of.made(log, basis, closed=closed, progress=step)
    facts, result = made.quarter, made.result
    paper = Paper(settings.hall.name, quarter, facts, result, None if closed is None else closed.edition)
    _verified(paper, closed)
    try:
        with bar("写入 (writing)") as progress:
            written = write(output, paper, asked, progress)
    except OSError as error:
        raise _unwritable(output, error) from None
    awarded = sum(bool(one.award) for one in result.windows), sum(bool(one.award) for one in result.clerks)
    counted = f"{len(result.windows)} 个窗口、{len(result.clerks)} 名工作人员，办结 {len(facts.visits)} 件"
    awards = rules.awards
    if not facts.is_over:
        typer.echo(f"注意：季度至 {last_day} 才结束，本报表截至 {facts.as_of} (the quarter still runs)", err=True)
    if closed is not None:
        typer.echo(f"{quarter} 定稿第 {closed.edition} 版，{closed.as_of} 由 {closed.by} 定稿 (edition)", err=True)
    told = f"{awards.window.name} {awarded[0]} 个、{awards.clerk.name} {awarded[1]} 名"
    typer.echo(f"{quarter}：{counted}；{told}；{len(written)} 个文件在 {output} (files written)", err=True)


def _year(name: str, output: Path, config: Path | None) -> None:
    """A year's tables from its quarters: each as it was closed last, or as it would close now."""
    from hub import report as made_of  # noqa: PLC0415 - as above
    from hub.domain.rules import in_force  # noqa: PLC0415
    from hub.domain.year import OfQuarter, summary  # noqa: PLC0415

    settings, _ = configuration(config)
    zone = settings.hall.zone
    today = datetime.fromtimestamp(SystemClock().wall_ms() / 1000, zone).date()
    quarters, rules_now = [], None
    with opened(Database.of(settings)) as log, bar("统计 (counting)") as progress:
        for number in range(1, 5):
            quarter = f"{name}Q{number}"
            progress(number - 1, 4)
            first_day, _ = quarter_days(quarter)
            rules = in_force(settings.rule_sets(), first_day)
            if rules is None or first_day > today:
                continue
            rules_now = rules
            closed = _edition(made_of.editions(log, quarter), quarter, "latest")
            basis = made_of.Basis(quarter, settings.setup(), zone, rules, today)
            made = made_of.made(log, basis, closed=closed)
            _verified(made_of.Paper(settings.hall.name, quarter, made.quarter, made.result), closed)
            if made.quarter.visits or closed is not None:
                quarters.append(OfQuarter(quarter, made.quarter, made.result))
                if closed is None:
                    typer.echo(f"注意：{quarter} 尚未定稿，按现在的数据 (not closed yet)", err=True)
    if not quarters or rules_now is None:
        raise HallhubError(f"{name} 年没有可汇总的季度 (no quarter to sum up)")
    year = summary(name, quarters, rules_now)
    try:
        output.mkdir(parents=True, exist_ok=True)
        for file, content in made_of.year_files(year).items():
            (output / file).write_bytes(content)
    except OSError as error:
        raise _unwritable(output, error) from None
    barred = sum(bool(one.barred) for one in year.clerks)
    told = f"{len(quarters)} 个季度，{len(year.windows)} 个窗口，{len(year.clerks)} 名工作人员"
    typer.echo(f"{name} 年：{told}，其中 {barred} 名不能评优秀；4 个文件在 {output} (files written)", err=True)


def _verified(paper: Paper, closed: QuarterClosed | None) -> None:
    """HallhubError where an edition is not what was closed."""
    if closed is not None and paper.sha256 != closed.sha256:
        raise HallhubError(
            f"{closed.quarter} 第 {closed.edition} 版与定稿时的哈希不符：配置或规则集改过，或日志有误；"
            "请用定稿时的配置重做，并执行 hallhub verify (the edition can't be made again)"
        )


def _edition(found: list[QuarterClosed], quarter: str, asked: str) -> QuarterClosed | None:
    if asked == "now" or (asked == "latest" and not found):
        return None
    if asked == "latest":
        return found[-1]
    for one in found:
        if str(one.edition) == asked:
            return one
    known = "、".join(str(one.edition) for one in found) or "无"
    raise BadValue("--edition", f"{quarter} 已有的版次（{known}）、latest 或 now (an edition)", asked)


def _step(progress: Callable[[int, int], None], total: int, seq: int) -> None:
    progress(seq, total)


def _unwritable(path: Path, error: OSError) -> BadValue:
    return BadValue(
        "-o", "可写入的文件夹 (a folder that can be written)", f"{path}: {explained(error.strerror or str(error))}"
    )
