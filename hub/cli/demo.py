"""`hallhub demo`: a whole hall on emulated devices."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo")(demo)


def demo(  # noqa: PLR0913 - the options of interfaces.md
    *,
    windows: Annotated[int, typer.Option(min=1, max=60, help="窗口数 (windows)")] = 8,
    speed: Annotated[float, typer.Option(min=1, max=1000, help="时间倍速 (times as fast as real)")] = 60,
    days: Annotated[
        int, typer.Option(min=1, max=400, help="模拟几天，与 --exit 合用；否则一天接一天 (days, with --exit)")
    ] = 1,
    port: Annotated[int, typer.Option(min=0, max=65535, help="网页端口，0 为任意 (web port)")] = 8000,
    data: Annotated[Path, typer.Option(metavar="DIR", help="数据目录 (folder)")] = Path("demo-data"),
    seed: Annotated[int, typer.Option(help="随机种子，相同则重演 (same seed, same day)")] = 1,
    headless: Annotated[bool, typer.Option("--headless", help="不画界面，只打印 (plain lines)")] = False,
    exit_: Annotated[bool, typer.Option("--exit", help="模拟结束后退出 (end after the simulated days)")] = False,
) -> None:
    """整座大厅的演示：模拟设备、群众与工作人员，驱动和中枢都是真的 (a whole hall, really driven)."""
    from hub.demo import Options, run  # noqa: PLC0415

    told_the_truth = run(Options(windows, speed, days, port, data, seed, headless=headless, exit=exit_))
    if not told_the_truth:
        raise typer.Exit(1)
