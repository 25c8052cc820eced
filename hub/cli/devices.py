"""`hallhub devices`: what can be connected."""

from __future__ import annotations

import typer
from rich.console import Console
from rich.table import Table

from hub.devices import installed_drivers


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="设备 (devices)")
    group.command("drivers")(drivers)
    app.add_typer(group, name="devices")


def drivers() -> None:
    """列出已安装的驱动及其选项 (installed drivers and their options)."""
    table = Table("驱动 driver", "类别 family", "选项 options", box=None)
    for driver in installed_drivers():
        options = "\n".join(f"{key}: {text}" for key, text in driver.options.items())
        table.add_row(driver.name, driver.family, f"✗ {driver.fault}" if driver.fault else options)
    Console().print(table)
