"""Rule sets on disk: those that come with the hub, and the hall's own in `rules/` beside hall.toml.

A file may have any name that ends in `.toml`; its `id` is what hall.toml names. Editions of one id follow each other by
`valid_from`. The hall's own editions stand beside the shipped ones of the same id.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from hub.config.syntax import bad_syntax
from hub.domain.rules import BadRules, RuleSet, rule_set
from hub.errors import ConfigError, Problem, explained

OWN: str = "rules"
"""Folder beside hall.toml."""


def editions(folder: Path) -> dict[str, list[RuleSet]]:
    """All rule sets that a hall whose hall.toml is in `folder` can have, by id; ConfigError tells every fault."""
    found: dict[str, list[RuleSet]] = {}
    faults: list[Problem] = []
    for name, source in _sources(folder):
        try:
            rules = _read(name, source)
        except ConfigError as error:
            faults += error.problems
            continue
        known = found.setdefault(rules.id, [])
        if any((other.valid_from, other.version) == (rules.valid_from, rules.version) for other in known):
            expected = "同一 id 的各版 valid_from 或 version 不同 (editions that differ)"
            faults.append(Problem(name, "version", expected, f"{rules.valid_from} v{rules.version} 已有 (twice)"))
        known.append(rules)
    if faults:
        raise ConfigError(*faults)
    return found


def _sources(folder: Path) -> Iterator[tuple[str, Traversable]]:
    shipped = files("hub.config").joinpath("rulesets")
    yield from ((one.name, one) for one in sorted(shipped.iterdir(), key=lambda one: one.name) if _is_rules(one))
    own = folder / OWN
    if own.is_dir():
        yield from ((str(one), one) for one in sorted(own.iterdir()) if _is_rules(one))


def _is_rules(one: Traversable) -> bool:
    return one.name.endswith(".toml") and one.is_file()


def _read(name: str, source: Traversable) -> RuleSet:
    try:
        text = source.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        expected = "UTF-8 编码的文件 (UTF-8)"
        raise ConfigError(Problem(name, "", expected, "其他编码，请另存为 UTF-8 (another encoding)")) from None
    except OSError as error:
        raise ConfigError(Problem(name, "", "可读的文件 (a file)", explained(error.strerror or str(error)))) from None
    try:
        values = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(bad_syntax(str(error), text, name)) from None
    try:
        return rule_set(values)
    except BadRules as error:
        raise ConfigError(*(Problem(name, *fault) for fault in error.faults)) from None
