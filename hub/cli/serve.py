"""`hallhub serve` and `hallhub check`."""

from __future__ import annotations

import typer

from hub import logs
from hub.cli.options import ConfigOption, configuration


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
        typer.echo(f"{name}：已启动，网页在 {hub.url} (serving)；按 Ctrl-C 停止 (stops)", err=True)

    wiring.run_loop(lambda: wiring.run(settings, started=started))


def check(config: ConfigOption = None) -> None:
    """检查配置，打开并探测每个设备；全部正常才返回 0 (check the configuration and every device)."""
    from hub import wiring  # noqa: PLC0415
    from hub.devices import check_drivers  # noqa: PLC0415

    settings, path = configuration(config)
    check_drivers(settings, path)
    typer.echo(f"配置正确：{path} (configuration is valid)")
    logs.set_up(quiet=True)
    found = wiring.run_loop(lambda: wiring.probe_all(settings))
    for item in found:
        mark = "✓" if item.state in {"ok", "degraded"} else "✗"
        typer.echo(f"{mark} {item.id}  {item.driver}  {item.state}  {item.detail}")
    if any(item.state in {"absent", "unknown"} for item in found):
        raise typer.Exit(1)
