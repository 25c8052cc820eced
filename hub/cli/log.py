"""`hallhub verify`, `checkpoint` and `export events`: the log as evidence."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from hub.cli.options import ConfigOption, configuration
from hub.cli.progress import bar
from hub.clock import SystemClock
from hub.errors import BadValue, explained
from hub.eventlog import Checkpoint, Database, EventLog
from hub.eventlog import verify as verify_log


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("verify")(verify)
    app.command("checkpoint")(checkpoint)
    export = typer.Typer(no_args_is_help=True, help="导出 (export)")
    export.command("events")(export_events)
    app.add_typer(export, name="export")


def verify(
    config: ConfigOption = None,
    witness: Annotated[
        Path | None, typer.Option(metavar="FILE", help="保存在大厅之外的检查点文件 (checkpoints kept elsewhere)")
    ] = None,
) -> None:
    """核对事件日志的哈希链和头记录；不符则返回 1 并指出首个有误的编号 (check the log's chain)."""
    checkpoints = _read_witness(witness) if witness else []
    with contextlib.closing(_database(config)) as database, bar("核对 (verifying)") as progress:
        database.migrate()  # makes it where the hub was never started
        verdict = verify_log(database, checkpoints, progress)
    if verdict.bad_seq is not None:
        typer.echo(f"hallhub: 事件日志第 {verdict.bad_seq} 条有误：{verdict.reason}；请保全数据目录并报告", err=True)
        raise typer.Exit(1)
    erased = f"，其中 {verdict.erased} 项个人信息已按期清除" if verdict.erased else ""
    typer.echo(f"事件日志完好：{verdict.count} 条{erased} (log is intact) {verdict.last_hash}")


def checkpoint(
    config: ConfigOption = None,
    output: Annotated[
        Path | None, typer.Option("-o", metavar="FILE", help="追加到此文件 (append to this file)")
    ] = None,
) -> None:
    """输出日志当前的检查点，请存放在大厅之外 (print a checkpoint to keep elsewhere)."""
    with opened(_database(config)) as log:
        head = log.head()
    line = msgspec.json.encode(Checkpoint(head.last_seq, head.last_hash.hex())).decode()
    if output is None:
        typer.echo(line)
        return
    try:
        with output.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
    except OSError as error:
        raise _unwritable(output, error) from None


def export_events(
    output: Annotated[Path, typer.Option("-o", metavar="FILE.jsonl", help="写入的文件 (file to write)")],
    config: ConfigOption = None,
    first: Annotated[str | None, typer.Option("--from", metavar="YYYY-MM-DD", help="首日 (first day)")] = None,
    last: Annotated[str | None, typer.Option("--to", metavar="YYYY-MM-DD", help="末日，含 (last day)")] = None,
) -> None:
    """导出大厅日志，每行一个事件 (the hall log, one event a line)."""
    from hub import halllog  # noqa: PLC0415 - drivers are not needed to verify
    from hub.devices import levels_of  # noqa: PLC0415

    settings, _ = configuration(config)
    zone = settings.hall.zone
    with opened(Database.of(settings)) as log:
        today = datetime.fromtimestamp(SystemClock().wall_ms() / 1000, zone).date()
        days = halllog.days_of(log, zone) or (today, today)  # of a hub that was never started: its empty day
        begin, end = day_option("--from", first) or days[0], day_option("--to", last) or days[1]
        if begin > end:
            raise BadValue("--to", f"不早于 {begin} 的日期 (not before --from)", str(end))
        total = log.head().last_seq
        with bar("导出 (exporting)") as progress:
            report = partial(_report, progress, total)
            lines = halllog.export(log.replay(), begin, end, zone, levels_of(settings), report)
            count = write_lines(output, lines)
    typer.echo(f"已导出 {count} 行到 {output} (lines written)", err=True)


def write_lines(path: Path, lines: Iterable[str]) -> int:
    """Write a file whole or not at all; BadValue where it can't be written.

    What is no regular file (a pipe, /dev/stdout) is written straight to: it must not be replaced by a file.
    """
    try:
        if path.is_symlink() or (path.exists() and not path.is_file()):
            return _written(path, lines)
        half = path.parent / f"{path.name}.part"
        try:
            count = _written(half, lines)
            half.replace(path)
        except OSError:
            half.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise _unwritable(path, error) from None
    return count


def _written(path: Path, lines: Iterable[str]) -> int:
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for line in lines:
            file.write(line + "\n")
            count += 1
    return count


@contextlib.contextmanager
def opened(database: Database) -> Iterator[EventLog]:
    """The log for reading; closed in the end."""
    log = EventLog(database)
    try:
        yield log
    finally:
        log.close()


def _unwritable(path: Path, error: OSError) -> BadValue:
    return BadValue(
        "-o", "可写入的文件 (a file that can be written)", f"{path}: {explained(error.strerror or str(error))}"
    )


def _report(progress: Callable[[int, int], None], total: int, seq: int) -> None:
    progress(seq, total)


def _database(config: Path | None) -> Database:
    return Database.of(configuration(config)[0])


def day_option(option: str, text: str | None) -> date | None:
    """A day of the command line; BadValue where it is none."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadValue(option, "日期，如 2026-10-01 (date)", text) from None


def _read_witness(path: Path) -> list[Checkpoint]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        return [msgspec.json.decode(line, type=Checkpoint) for line in lines if line.strip()]
    except (OSError, UnicodeDecodeError, msgspec.MsgspecError) as error:
        expected = "hallhub checkpoint 写出的文件 (a file of checkpoints)"
        raise BadValue("--witness", expected, f"{path}: {_reason(error)}") from None


def _reason(error: Exception) -> str:
    return explained(error.strerror or str(error)) if isinstance(error, OSError) else str(error)
