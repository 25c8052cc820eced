"""`hallhub import events`: a hall log into an empty database."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from hub.cli.log import day_option, opened
from hub.cli.options import ConfigOption, configuration
from hub.cli.progress import bar
from hub.errors import BadValue, HallhubError, explained
from hub.eventlog import Database
from hub.eventlog.database import DataLock


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    group = typer.Typer(no_args_is_help=True, help="导入 (import)")
    group.command("events")(import_events)
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


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            yield from file
    except OSError as error:
        expected = "可读取的大厅日志 (a hall log that can be read)"
        raise BadValue("FILE.jsonl", expected, f"{path}: {explained(error.strerror or str(error))}") from None
