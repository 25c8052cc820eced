"""`hallhub bench`: figures beside their floors."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated, Final

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from hub import logs
from hub.bench.result import Result
from hub.errors import BadValue

NAMES: Final = ("press", "fsync", "store", "issue", "call", "stalled", "serial", "restart", "memory", "selfpress")


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("bench")(bench)


def bench(
    names: Annotated[list[str], typer.Argument(metavar="NAME…", help=f"{'、'.join(NAMES)}，或 all")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="标准输出上只有一个 JSON 对象 (one JSON object)")] = False,
) -> None:
    """测量性能，与本机下限并列；全部达标返回 0，否则 1 (measure; 0 all met, 1 some missed)."""
    chosen = list(NAMES) if "all" in names else names
    for name in chosen:
        if name not in NAMES:
            raise BadValue("NAME", f"{'、'.join(NAMES)}、all", name)
    logs.set_up(quiet=True)
    console = Console(stderr=True)
    results: list[Result] = []
    with console.status("…") as status:
        for name in chosen:
            module = import_module(f"hub.bench.{name}")
            results += module.run(status.update)
    if as_json:
        typer.echo(msgspec.json.encode({"results": [result.as_json() for result in results]}).decode())
    else:
        Console().print(_table(results))
    if any(result.ok is False for result in results):
        raise typer.Exit(1)


def _table(results: list[Result]) -> Table:
    table = Table("", "项目 name", "数值 value", "下限 floor", "比值 ratio", "要求 bar", "备注 note", box=None)
    for r in results:
        mark = {True: "✓", False: "✗", None: " "}[r.ok]
        floor = f"{r.floor:.4g} {r.unit}" if r.floor is not None else ""
        ratio = f"{r.ratio:.3g}" if r.ratio is not None else ""
        table.add_row(mark, r.name, f"{r.value:.4g} {r.unit}", floor, ratio, r.bar, r.note)
    return table
