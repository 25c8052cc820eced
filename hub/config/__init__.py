"""hall.toml: find it, read it, and say all that is wrong with it at once.

`load(find_config(option))` gives a `HallConfig` or raises `ConfigError`. Drivers' names and options are checked where
drivers are known, in `hub.devices`.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from hub.config.checks import problems, rule_set_problems
from hub.config.faults import problem
from hub.config.syntax import bad_syntax
from hub.config.tables import (
    CalendarTable,
    CallbacksTable,
    ClerkTable,
    DeviceTable,
    HallConfig,
    HallTable,
    KioskTable,
    RatingTable,
    ServiceTable,
    WebTable,
    WindowTable,
)
from hub.errors import ConfigError, Problem, explained

__all__ = [
    "CalendarTable",
    "CallbacksTable",
    "ClerkTable",
    "DeviceTable",
    "HallConfig",
    "HallTable",
    "KioskTable",
    "RatingTable",
    "ServiceTable",
    "WebTable",
    "WindowTable",
    "find_config",
    "load",
    "parse",
]


def find_config(option: Path | None = None, environ: Mapping[str, str] = os.environ) -> Path:
    """Return the configuration's absolute path: `-c FILE`, else `$HALLHUB_CONFIG`, else `./hall.toml`."""
    return Path(option or environ.get("HALLHUB_CONFIG") or "hall.toml").absolute()


def load(path: Path) -> HallConfig:
    """Read a configuration; ConfigError tells every fault of it."""
    try:
        text = path.read_bytes().decode("utf-8-sig")  # Windows editors put a mark in front
    except UnicodeDecodeError:
        raise ConfigError(
            Problem(str(path), "", "UTF-8 编码的文件 (UTF-8)", "其他编码，请另存为 UTF-8 (another encoding)")
        ) from None
    except OSError as error:
        hint = "可读的配置文件，可从 systemd/hall.toml.example 复制一份 (a file; copy the example)"
        raise ConfigError(Problem(str(path), "", hint, explained(error.strerror or str(error)))) from None
    return parse(text, path)


def parse(text: str, path: Path) -> HallConfig:
    """Read a configuration's text; `path` says where it stands, for messages and for the paths in it."""
    try:
        raw = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # numbers of thousands of digits, brackets nested as deep
        raise ConfigError(bad_syntax(str(error), text, str(path))) from None
    context = {"folder": path.parent}
    broken: dict[str, Problem] = {}
    try:
        config = HallConfig.model_validate(raw, context=context)
    except ValidationError as error:
        for fault in error.errors(include_url=False):
            found = problem(fault, str(path))
            broken.setdefault(found.where, found)
        config = HallConfig.model_validate(_without(raw, broken), context=context)
    faults = [*broken.values(), *problems(config, str(path), _tables(broken))]
    if "hall" not in _tables(broken):
        faults += rule_set_problems(config, path)
    if faults:
        raise ConfigError(*faults)
    return config.placed(path.parent)


def _tables(broken: Mapping[str, Problem]) -> frozenset[str]:
    return frozenset(re.split(r"[.\[]", where)[0] for where in broken)


def _without(raw: Mapping[str, Any], broken: Mapping[str, Problem]) -> dict[str, Any]:
    """Leave the broken tables out, so that what the others refer to can still be checked."""
    whole = {name: table for name, table in raw.items() if name not in _tables(broken)}
    return {"hall": {"name": "-"}} | whole
