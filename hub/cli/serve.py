"""`hallhub serve` and `hallhub check`."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from typing import Final

import structlog
import typer

from hub import logs
from hub.cli.faults import is_bug
from hub.cli.options import ConfigOption, configuration
from hub.domain.stranded import stranded
from hub.errors import Unusable

_MARKS: Final = {"ok": "✓", "degraded": "!"}

_NUMBERS_SHOWN: Final = 20

_log = structlog.get_logger(__name__)


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("serve")(serve)
    app.command("check")(check)


def serve(config: ConfigOption = None) -> None:
    """运行中枢 (run the hub)."""
    from hub import wiring  # noqa: PLC0415 - half a second that other commands do not need
    from hub.devices import check_drivers  # noqa: PLC0415

    settings, path = configuration(config)
    check_drivers(settings, path)
    logs.set_up()

    def started(hub: wiring.Hub) -> None:
        name = settings.hall.name
        lost = [ticket.number for ticket in stranded(hub.hall.state, hub.hall.setup)]
        if lost:
            typer.echo(_stranded(lost), err=True)
        typer.echo(f"{name}：已启动，网页在 {hub.url} (serving)；按 Ctrl-C 停止 (stops)", err=True)

    try:
        wiring.run_loop(lambda: wiring.run(settings, started=started))
    except Exception as error:
        if is_bug(error) and not sys.stderr.isatty():  # a person gets the one line, the journal all of it
            _log.critical("hub.failed", exc_info=True)
        raise


def _stranded(numbers: list[str]) -> str:
    shown = "、".join(numbers[:_NUMBERS_SHOWN]) + (" 等" if len(numbers) > _NUMBERS_SHOWN else "")
    return (
        f"注意：{len(numbers)} 个未办结的号（{shown}）在配置中已没有业务或窗口，叫不到了；"
        "请恢复原来的业务和窗口，或请群众重新取号 (tickets that no window can call any more)"
    )


def check(config: ConfigOption = None) -> None:
    """检查配置，打开并探测每个设备；全部正常才返回 0 (check the configuration and every device)."""
    from hub import wiring  # noqa: PLC0415
    from hub.devices import check_drivers  # noqa: PLC0415

    settings, path = configuration(config)
    check_drivers(settings, path)
    typer.echo(f"配置正确：{path} (configuration is valid)")
    if settings.hall.database is None:
        _check_folder(settings.hall.data)
    logs.set_up(silent=True)  # what is wrong stands in the list
    if any(table.family == "keypad" for table in settings.devices):
        typer.echo(f"请在 {wiring.PROBE_S:.0f} 秒内按一下每个评价器：不按则无从探测 (press each keypad)", err=True)
    found = wiring.run_loop(lambda: wiring.probe_all(settings))
    for item in found:
        mark = "!" if item.state == "ok" and item.detail else _MARKS.get(item.state, "✗")
        typer.echo(f"{mark} {item.id}  {item.driver}  {item.state}  {item.detail}")
    if any(item.state != "ok" or item.detail for item in found):  # an address that was not heard: not all is well
        raise typer.Exit(1)


def _check_folder(folder: Path) -> None:
    """Whether the hub could write there; nothing is made, since it would belong to whoever checks."""
    there = next(each for each in (folder, *folder.parents) if each.exists())
    if not there.is_dir():
        raise Unusable(str(folder), os.strerror(errno.ENOTDIR))
    if not os.access(there, os.W_OK | os.X_OK):
        raise Unusable(str(folder), os.strerror(errno.EACCES))
