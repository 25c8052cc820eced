"""What must hold between the tables of hall.toml: each name that is used exists, nothing is there twice."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from difflib import get_close_matches
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from hub.config.rulesets import editions
from hub.config.tables import DeviceTable, HallConfig
from hub.errors import ConfigError, Problem

Say = Callable[..., Problem]
_LONGEST = 64
"""Names are shorter; comparing long texts takes long."""
DATABASES = ("postgresql+psycopg",)
"""Beside the embedded one; hub.eventlog has its drivers."""


class Check(NamedTuple):
    """One rule and the tables it reads: it says nothing sensible while one of them is broken."""

    reads: frozenset[str]
    find: Callable[[HallConfig, Say], Iterator[Problem]]


def problems(config: HallConfig, file: str, broken: frozenset[str] = frozenset()) -> list[Problem]:
    """Find all faults between the tables of `config`, leaving out what reads a broken table."""
    say = partial(Problem, file)
    return [problem for check in _CHECKS if not check.reads & broken for problem in check.find(config, say)]


def nearest(got: object, valid: Iterable[object]) -> str:
    """Return the valid one that is spelled most like `got`, or nothing."""
    return next(iter(get_close_matches(str(got)[:_LONGEST], sorted(map(str, valid)), n=1, cutoff=0.5)), "")


def _time_zone(config: HallConfig, say: Say) -> Iterator[Problem]:
    name = config.hall.timezone
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield say("hall.timezone", "时区名 (IANA time zone)", _quoted(name), nearest(name, available_timezones()))


def rule_set_problems(config: HallConfig, path: Path) -> list[Problem]:
    """Find what is wrong with the rule sets that a hall can have, and whether its own is among them."""
    try:
        known = editions(path.parent)
    except ConfigError as error:
        return list(error.problems)
    return list(_exists("hall.rules", "规则集 (a rule set)", config.hall.rules, known, partial(Problem, str(path))))


def _database_can_be_had(config: HallConfig, say: Say) -> Iterator[Problem]:
    scheme = (config.hall.database or f"{DATABASES[0]}://").partition("://")[0]  # the rest may hold a password
    if scheme not in DATABASES:
        expected = "PostgreSQL 的地址 postgresql+psycopg://…；不填则用 data 中的内嵌数据库 (PostgreSQL, or none)"
        yield say("hall.database", expected, f'"{scheme}://…"', nearest(scheme, DATABASES))


def _days_are_one_thing(config: HallConfig, say: Say) -> Iterator[Problem]:
    for index, day in enumerate(config.calendar.workdays):
        if day in config.calendar.holidays:
            yield say(f"calendar.workdays[{index}]", "不在 holidays 中的日期 (a day not in holidays)", day.isoformat())


def _names_are_unique(config: HallConfig, say: Say) -> Iterator[Problem]:
    yield from _twice("services", "code", [s.code for s in config.services], say)
    yield from _twice("windows", "number", [w.number for w in config.windows], say)
    yield from _twice("clerks", "id", [c.id for c in config.clerks], say)
    yield from _twice("kiosks", "id", [k.id for k in config.kiosks], say)
    yield from _twice("devices", "id", [d.id for d in config.devices], say)


def _twice(table: str, key: str, values: list[Hashable], say: Say) -> Iterator[Problem]:
    seen: dict[Hashable, int] = {}
    for index, value in enumerate(values):
        if value in seen:
            expected = f"与 {table}[{seen[value]}] 不同的 {key} (unique)"
            yield say(f"{table}[{index}].{key}", expected, _quoted(value))
        seen.setdefault(value, index)


def _numbers_are_distinct(config: HallConfig, say: Say) -> Iterator[Problem]:
    for index, service in enumerate(config.services):
        if service.first > service.last:
            yield say(f"services[{index}].first", f"不大于 last = {service.last} 的整数 (≤ last)", str(service.first))
    for (i, one), (j, other) in combinations(enumerate(config.services), 2):
        if one.prefix == other.prefix and max(one.first, other.first) <= min(one.last, other.last):
            expected = f"与 services[{i}] 不同的 prefix 或不相交的 first–last (distinct numbers)"
            got = f"{other.prefix} {other.first}–{other.last} / {one.prefix} {one.first}–{one.last}"
            yield say(f"services[{j}].prefix", expected, got)


def _promises_keep_the_law(config: HallConfig, say: Say) -> Iterator[Problem]:
    for index, service in enumerate(config.services):
        promised, statutory = service.promised_days, service.statutory_days
        if promised is not None and statutory is not None and promised > statutory:
            expected = f"不大于 statutory_days = {statutory} 的整数 (≤ statutory_days)"
            yield say(f"services[{index}].promised_days", expected, str(promised))


def _windows_refer_to_what_exists(config: HallConfig, say: Say) -> Iterator[Problem]:
    codes = {service.code for service in config.services}
    clerks = {clerk.id for clerk in config.clerks}
    numbers = {window.number for window in config.windows}
    for index, window in enumerate(config.windows):
        where = f"windows[{index}]"
        for place, code in enumerate(window.services):
            yield from _exists(f"{where}.services[{place}]", "业务代码 (a service's code)", code, codes, say)
            if code in window.services[:place]:
                yield say(f"{where}.services[{place}]", "本窗口未列出过的业务 (listed once)", _quoted(code))
        if window.clerk is not None:
            yield from _exists(f"{where}.clerk", "工作人员的 id (a clerk's id)", window.clerk, clerks, say)
        if window.transfer_to is not None:
            others = numbers - {window.number}
            yield from _exists(f"{where}.transfer_to", "其他窗口的号 (another window)", window.transfer_to, others, say)


def _devices_refer_to_what_exists(config: HallConfig, say: Say) -> Iterator[Problem]:
    numbers = {window.number for window in config.windows}
    kiosks = {kiosk.id for kiosk in config.kiosks}
    for index, device in enumerate(config.devices):
        for address, window in device.windows.items():
            yield from _exists(
                f"devices[{index}].windows.{address}", "窗口号 (a window's number)", window, numbers, say
            )
        if device.kiosk is not None:
            yield from _exists(f"devices[{index}].kiosk", "取号机的 id (a kiosk's id)", device.kiosk, kiosks, say)


def _exists(where: str, expected: str, got: object, valid: Iterable[object], say: Say) -> Iterator[Problem]:
    known = set(valid)
    if got not in known:
        have = "、".join(sorted(map(str, known))) or "无 none"
        yield say(where, f"已有的{expected}：{have}", _quoted(got), nearest(got, known))


def _devices_know_their_place(config: HallConfig, say: Say) -> Iterator[Problem]:
    printers: dict[str, int] = {}
    for index, device in enumerate(config.devices):
        if device.family in {"keypad", "led"} and not device.windows:
            yield say(f"devices[{index}].windows", "地址 = 窗口号 的表 (address = window number)", "缺少 (missing)")
        if device.family != "printer":
            continue
        if device.kiosk is None:
            yield say(f"devices[{index}].kiosk", "取号机的 id (a kiosk's id)", "缺少 (missing)")
        elif device.kiosk in printers:
            expected = f"与 devices[{printers[device.kiosk]}] 不同的取号机 (one printer a kiosk)"
            yield say(f"devices[{index}].kiosk", expected, _quoted(device.kiosk))
        else:
            printers[device.kiosk] = index


def _lines_are_shared_in_peace(config: HallConfig, say: Say) -> Iterator[Problem]:
    for (i, one), (j, other) in combinations(enumerate(config.devices), 2):
        if _road(one) != _road(other):
            continue
        if _line_settings(one) != _line_settings(other):
            expected = f"与 devices[{i}] 相同的端口参数 (the same line settings): {one.port}"
            yield say(f"devices[{j}].port", expected, other.port)
        if both := one.windows.keys() & other.windows.keys() if one.driver == other.driver else set():
            expected = f"同一线路上 devices[{i}] 未用的地址 (an address not yet used on this line)"
            yield say(f"devices[{j}].windows.{min(both)}", expected, str(min(both)))


def _road(device: DeviceTable) -> str:
    return device.port.partition("?")[0]


def _line_settings(device: DeviceTable) -> list[tuple[str, str]]:
    return sorted(parse_qsl(device.port.partition("?")[2], keep_blank_values=True))


def _quoted(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


_CHECKS = (
    Check(frozenset({"hall"}), _time_zone),
    Check(frozenset({"hall"}), _database_can_be_had),
    Check(frozenset({"calendar"}), _days_are_one_thing),
    Check(frozenset({"services", "windows", "clerks", "kiosks", "devices"}), _names_are_unique),
    Check(frozenset({"services"}), _numbers_are_distinct),
    Check(frozenset({"services"}), _promises_keep_the_law),
    Check(frozenset({"services", "windows", "clerks"}), _windows_refer_to_what_exists),
    Check(frozenset({"windows", "kiosks", "devices"}), _devices_refer_to_what_exists),
    Check(frozenset({"devices"}), _devices_know_their_place),
    Check(frozenset({"devices"}), _lines_are_shared_in_peace),
)
