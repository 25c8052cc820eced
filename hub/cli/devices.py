"""`hallhub devices`: what can be connected."""

from __future__ import annotations

import typer
from rich.console import Console
from rich.table import Table

from drivers import registry
from drivers.errors import DriverError


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="设备 (devices)")
    group.command("drivers")(drivers)
    app.add_typer(group, name="devices")


def drivers() -> None:
    """列出已安装的驱动及其选项 (installed drivers and their options)."""
    table = Table("驱动 driver", "类别 family", "选项 options", box=None)
    for name in registry.names():
        try:
            driver = registry.load(name)
        except (ImportError, DriverError) as error:
            table.add_row(name, "✗", str(error))
            continue
        table.add_row(name, driver.family, "\n".join(f"{key}: {text}" for key, text in driver.options.items()))
    Console().print(table)
