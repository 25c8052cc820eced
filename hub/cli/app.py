"""The commands' tree; what goes wrong becomes one line on stderr and an exit code (interfaces.md)."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from typer import rich_utils

from hub import __version__
from hub.cli import bench, callbacks, demo, devices, importing, log, recheck, report, selfpress, serve, tokens
from hub.cli.faults import said

# Typer's own words in every help.
rich_utils.OPTIONS_PANEL_TITLE = "选项 Options"
rich_utils.ARGUMENTS_PANEL_TITLE = "参数 Arguments"
rich_utils.COMMANDS_PANEL_TITLE = "命令 Commands"
rich_utils.REQUIRED_LONG_STRING = "[必填 required]"
rich_utils.DEFAULT_STRING = "[默认 default: {}]"

app = typer.Typer(
    name="hallhub",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="政务服务中心设备中枢 (the hub for the hardware of a government service hall)",
)
serve.add_to(app)
demo.add_to(app)
log.add_to(app)
selfpress.add_to(app)
recheck.add_to(app)
callbacks.add_to(app)
report.add_to(app)
importing.add_to(app)
tokens.add_to(app)
devices.add_to(app)
bench.add_to(app)


@app.callback()
def _root(
    *,
    _version: Annotated[
        bool,
        typer.Option("--version", help="显示版本 (version)", is_eager=True, callback=lambda on: _show_version(on=on)),
    ] = False,
) -> None:
    """政务服务中心设备中枢 (the hub for the hardware of a government service hall)."""


def _show_version(*, on: bool) -> None:
    if on:
        typer.echo(f"hallhub {__version__}")
        raise typer.Exit


def main() -> None:
    """Run the command line; whatever goes wrong ends it with its own exit code and without a traceback."""
    try:
        code = app(prog_name="hallhub", standalone_mode=False)
    except Exception as error:  # noqa: BLE001 - the top: nothing above could say it to a person
        lines, code = said(error)
        for line in lines:
            typer.echo(f"hallhub: {line}", err=True)
    sys.exit(code)
