"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hub.config import HallConfig, find_config, load

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        metavar="FILE",
        help="配置文件；默认 $HALLHUB_CONFIG，再次为 ./hall.toml (configuration)",
    ),
]


def configuration(option: Path | None) -> tuple[HallConfig, Path]:
    """The configuration and where it stands; ConfigError ends the program with 2."""
    path = find_config(option)
    return load(path), path
