"""`hallhub token` and `hallhub pair`: who may do what."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

from hub.access import ROLES, Tokens
from hub.cli.options import ConfigOption, configuration
from hub.config import HallConfig
from hub.errors import BadValue, ConfigError, Problem
from hub.eventlog import Database

PAGES: Final = ("kiosk", "wall", "caller", "inspector")
"""Those that pair by a link."""

_WHO: Final = {
    "device": "屏幕和取号机",
    "clerk": "窗口人员",
    "manager": "大厅管理",
    "inspector": "督查",
    "admin": "系统管理",
}
_ROLES_SAID: Final = "、".join(f"{role} {_WHO[role]}" for role in ROLES)

RoleOption = Annotated[str, typer.Option(metavar="ROLE", help=f"角色：{_ROLES_SAID} (role)", show_default=False)]
NameOption = Annotated[
    str, typer.Option(metavar="NAME", help="持有人或设备的名字 (the person's or device's name)", show_default=False)
]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="访问令牌 (tokens)")
    group.command("create")(create)
    group.command("list")(show)
    group.command("revoke")(revoke)
    app.add_typer(group, name="token")
    app.command("pair")(pair)


def create(role: RoleOption, name: NameOption, config: ConfigOption = None) -> None:
    """新建令牌；标准输出上只有令牌本身，只显示这一次 (create a token; shown once)."""
    with _tokens(configuration(config)[0]) as tokens:
        typer.echo(tokens.create(name, role))


def show(config: ConfigOption = None) -> None:
    """列出令牌 (list tokens)."""
    settings, _ = configuration(config)
    table = Table("名字 name", "角色 role", "创建 created", "吊销 revoked", box=None)
    with _tokens(settings) as tokens:
        for token in tokens.list():
            when = [
                datetime.fromtimestamp(ms / 1000, settings.hall.zone).isoformat(" ", "minutes") if ms else "–"
                for ms in (token.created_ms, token.revoked_ms)
            ]
            table.add_row(token.name, token.role, *when)
    Console().print(table)


def revoke(name: Annotated[str, typer.Argument(metavar="NAME")], config: ConfigOption = None) -> None:
    """吊销令牌，一秒内生效 (revoke a token, within a second)."""
    with _tokens(configuration(config)[0]) as tokens:
        tokens.revoke(name)
    typer.echo(f"已吊销 {name} (revoked)")


def pair(
    role: RoleOption,
    name: NameOption,
    config: ConfigOption = None,
    page: Annotated[str, typer.Option(metavar="PAGE", help=f"打开哪一页：{'、'.join(PAGES)} (page)")] = PAGES[0],
) -> None:
    """生成配对链接，15 分钟内在该屏幕上打开一次 (a link that pairs a screen, once, within 15 minutes)."""
    settings, path = configuration(config)
    if page not in PAGES:
        raise BadValue("--page", "、".join(PAGES), page)
    if settings.web.url.endswith(":0"):
        hint = "确定的端口，因为链接中要写明 (a port that is known before the hub runs)"
        raise ConfigError(Problem(str(path), "web.port", hint, "0"))
    with _tokens(settings) as tokens:
        typer.echo(f"{settings.web.url}/{page}#pair={tokens.create_code(name, role)}")


@contextlib.contextmanager
def _tokens(settings: HallConfig) -> Iterator[Tokens]:
    with contextlib.closing(Database.of(settings)) as database:
        yield Tokens(database)
