"""`hallhub selfpress`: the detector on a hall log, with flags as text and pictures for people."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO, Final

import typer

from hub.cli.log import write_lines
from hub.cli.progress import bar
from hub.errors import BadValue, explained

if TYPE_CHECKING:
    from hub.selfpress import Flag

_WRITTEN: Final = re.compile(r"(flag|watch)-\d{3,}\.(txt|svg)")
"""What `write_report` writes, and nothing else."""
_STEP: Final = 1 << 19  # bytes between two steps of the progress bar


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("selfpress")(selfpress)


def selfpress(
    events: Annotated[Path, typer.Argument(metavar="EVENTS.jsonl", help="大厅日志 (a hall log)")],
    output: Annotated[Path, typer.Option("-o", metavar="ANSWER.jsonl", help="写入的文件 (file to write)")],
    report: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="另写每条疑似的说明和图到此文件夹 (each flag as text and picture)"),
    ] = None,
    *,
    english: Annotated[bool, typer.Option("--english", help="说明用英文 (texts in English)")] = False,
) -> None:
    """在大厅日志中查找疑似擅自按键；结果供人核查，不是结论 (suspected self-pressed ratings in a hall log)."""
    from hub.selfpress import Detector, Reader  # noqa: PLC0415 - numpy, which most commands do without

    if events.exists() and output.exists() and events.samefile(output):
        raise BadValue("-o", "另一个文件，否则会覆盖大厅日志 (a file other than the log itself)", str(output))
    reader, detector = Reader(), Detector()
    with bar("检查 (checking)") as progress:
        for event in reader.events(_lines(events, progress)):
            detector.feed(event)
        detector.finish()
    if not detector.days:
        expected = "每行一个事件的第 1 版大厅日志 (a version 1 hall log, one event a line)"
        raise BadValue("EVENTS.jsonl", expected, f"{events}: {reader.bad_lines} 行无法识别 (unreadable lines)")
    write_lines(output, (json.dumps(answer, ensure_ascii=False) for answer in detector.answers()))
    raised = [*detector.earlier, *detector.flags.values(), *detector.watches.values()]
    if report is not None:
        write_report(report, raised, english=english)
    bad = f"，{reader.bad_lines} 行无法识别已跳过 (unreadable lines passed over)" if reader.bad_lines else ""
    if detector.left_out:
        bad += f"，{detector.left_out} 行时间明显有误已跳过 (lines stamped by a wrong clock passed over)"
    found = f"其中 {len({flag.clerk for flag in raised if not flag.is_watch})} 名有疑似记录 (flagged)"
    watches = sum(flag.is_watch for flag in raised)
    if watches:
        found += f"，办理过程的线索 {watches} 条 (watches)"
    for doubt in reader.doubts():
        typer.echo(f"注意：{doubt}", err=True)
    typer.echo(f"{detector.days} 天，{detector.clerks} 名工作人员，{found}{bad}；结果在 {output}", err=True)


def _lines(path: Path, progress: Callable[[int, int], None]) -> Iterator[bytes]:
    try:
        total = path.stat().st_size
        with path.open("rb") as file:
            yield from _counted(file, total, progress)
    except OSError as error:
        expected = "可读取的大厅日志 (a hall log that can be read)"
        raise BadValue("EVENTS.jsonl", expected, f"{path}: {explained(error.strerror or str(error))}") from None


def _counted(file: BinaryIO, total: int, progress: Callable[[int, int], None]) -> Iterable[bytes]:
    done = shown = 0
    for line in file:
        done += len(line)
        if done - shown >= _STEP:
            progress(done, total)
            shown = done
        yield line


def write_report(folder: Path, flags: Iterable[Flag], *, english: bool) -> None:
    """One text and one picture a flag or watch, each numbered in the order in which they were raised."""
    from hub import selfpress as found  # noqa: PLC0415

    say = found.english if english else found.chinese
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            if _WRITTEN.fullmatch(old.name):
                old.unlink()  # of another log: who reads them would take them for this one's
        numbers: Counter[str] = Counter()
        for flag in flags:
            kind = "watch" if flag.is_watch else "flag"
            numbers[kind] += 1
            name = f"{kind}-{numbers[kind]:03}"
            (folder / f"{name}.txt").write_text(say(flag) + "\n", encoding="utf-8")
            (folder / f"{name}.svg").write_text(found.picture(flag), encoding="utf-8")
    except OSError as error:
        expected = "可写入的文件夹 (a folder that can be written)"
        raise BadValue("--report", expected, f"{folder}: {explained(error.strerror or str(error))}") from None
