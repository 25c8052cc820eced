"""`hallhub import events`: a hall log into an empty database; `import cases`: cases from a table."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from hub.bus import Bus
from hub.cli.log import day_option, opened
from hub.cli.options import ConfigOption, configuration
from hub.cli.progress import bar
from hub.clock import SystemClock
from hub.config import HallConfig
from hub.errors import BadValue, HallhubError, explained
from hub.eventlog import Database, EventLog
from hub.eventlog.database import DataLock

if TYPE_CHECKING:
    from hub.caseimport import Fault, Row, Taken

_AT_ONCE: Final = 1_000


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    group = typer.Typer(no_args_is_help=True, help="导入 (import)")
    group.command("events")(import_events)
    group.command("cases")(import_cases)
    app.add_typer(group, name="import")


def import_events(
    events: Annotated[Path, typer.Argument(metavar="FILE.jsonl", help="大厅日志 (a hall log)")],
    first_day: Annotated[
        str | None, typer.Option(metavar="YYYY-MM-DD", help="日志第一天的日期；日志自带时可不填 (the first day)")
    ] = None,
    config: ConfigOption = None,
) -> None:
    """把大厅日志导入空的数据库：其他系统的历史、培训、试验 (a hall log into an empty database)."""
    from hub import importing  # noqa: PLC0415 - what most commands do without

    settings, _ = configuration(config)
    day = day_option("--first-day", first_day)
    levels = max(settings.rule_sets(), key=lambda rules: rules.valid_from).levels
    with DataLock(settings.hall.data, "import"), opened(Database.of(settings)) as log:
        if log.head().last_seq:
            raise HallhubError("数据库中已有事件，只能导入空的数据库；请换一个 data 文件夹 (the database is not empty)")
        with bar("读取 (reading)") as progress:
            parsed = importing.parse(_lines(events), day, tuple(sorted(levels)), settings.hall.zone)
            progress(1, 1)
        with bar("导入 (importing)") as progress:
            count = asyncio.run(importing.write(log, parsed, settings.hall.zone, progress))
    typer.echo(f"已导入 {len(parsed.lines)} 行，成为 {count} 条事件 (lines became facts)", err=True)


def import_cases(
    table: Annotated[Path, typer.Argument(metavar="FILE.csv", help="办件表，首行为列名 (a table of cases)")],
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="谁导入的，记入日志 (who imports)")] = "import",
    config: ConfigOption = None,
) -> None:
    """从 CSV 表登记办件：收件、补齐、办结；有误的行逐行列出，其余照收 (cases from a table)."""
    from hub import caseimport  # noqa: PLC0415 - what most commands do without

    settings, _ = configuration(config)
    try:
        data = table.read_bytes()
    except OSError as error:
        expected = "可读取的 CSV 表 (a CSV table that can be read)"
        raise BadValue("FILE.csv", expected, f"{table}: {explained(error.strerror or str(error))}") from None
    rows = list(caseimport.rows(data))
    taken = caseimport.Taken()
    with (
        DataLock(settings.hall.data, "import"),
        opened(Database.of(settings)) as log,
        bar("导入 (importing)") as progress,
    ):
        asyncio.run(_write_cases(log, settings, rows, by, taken, progress))
    for fault in taken.faults:
        typer.echo(f"{table.name} {fault}", err=True)
    told = f"新登记 {taken.received} 件，更新 {taken.updated} 件，无变化 {taken.unchanged} 行"
    bad = f"，有误 {len(taken.faults)} 行，见上 (bad rows)" if taken.faults else ""
    typer.echo(f"{told}{bad}", err=True)
    if taken.faults:
        raise typer.Exit(1)


async def _write_cases(
    log: EventLog,
    settings: HallConfig,
    rows: list[Row | Fault],
    by: str,
    taken: Taken,
    progress: Callable[[int, int], None],
) -> None:
    from hub import caseimport  # noqa: PLC0415 - as above

    clock = SystemClock()
    today = datetime.fromtimestamp(clock.wall_ms() / 1000, settings.hall.zone).date()
    known = caseimport.known_filings(log)
    bus = Bus(log, clock)
    bus.start()
    try:
        made = caseimport.take(rows, known, settings.setup(), today, by, taken)
        for done, facts in enumerate(made, 1):
            bus.publish(*facts)
            if done % _AT_ONCE == 0:
                await bus.durable(bus.last_seq)
                progress(done, len(rows))
        if bus.last_seq:
            await bus.durable(bus.last_seq)
    finally:
        await bus.close()


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            yield from file
    except OSError as error:
        expected = "可读取的大厅日志 (a hall log that can be read)"
        raise BadValue("FILE.jsonl", expected, f"{path}: {explained(error.strerror or str(error))}") from None
