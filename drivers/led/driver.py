"""From a device's settings to a session of `led.onbon`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from drivers.errors import BadOption
from drivers.led.layout import FONTS, Panel
from drivers.led.manners import Manners
from drivers.led.protocols.onbon import DRIVER
from drivers.led.session import SignSession
from drivers.line import Line
from drivers.registry import Settings, Sink, refuse_unknown_options


def open_session(line: Line, settings: Settings, sink: Sink) -> SignSession:
    """A session for the line's signs; BadOption for settings that make no sense."""
    refuse_unknown_options(DRIVER.name, settings, DRIVER.options)
    options = _Options(settings)
    addresses = settings.addresses or (1,)
    for address in addresses:
        # Maker's protocol v1.4, §4 and §10.1: 0 is reserved, cards are below 8000.
        options.expect(0 < address < 0x8000, "address", "1 to 32767", address)
    return SignSession(line, sink, addresses, _panel(options, settings), _manners(options, line))


def _panel(options: _Options, settings: Settings) -> Panel:
    width, height = settings.size or (64, 16)
    font = options.number("font", 16, 16, 32)
    options.expect(font in FONTS, "font", "16, 24 or 32", font)
    options.expect(font <= width < 0x8000, "size", f"a width of {font} to 32767 pixels", width)
    options.expect(font <= height < 0x8000, "size", f"a height of {font} to 32767 pixels", height)
    return Panel(
        width=width,
        height=height,
        font=font,
        charset=options.choice("charset", "gb2312", "gb2312", "gbk"),
        colour=options.choice("colour", None, "red", "green", "yellow", "none"),
        overflow=options.choice("overflow", "scroll", "scroll", "page"),
        speed=options.number("speed", 4, 0, 24),
        stay=options.number("stay", 5, 0, 255),
        in_pixels=options.flag("pixels"),
        area=options.number("area", 0, 0, 7),
        timeout_s=options.number("timeout_s", None, 1, 0xFFFF),
    )


def _manners(options: _Options, line: Line) -> Manners:
    baud = options.number("baud", 9600, 300, 1_000_000)
    name = options.text("timezone", "Asia/Shanghai")
    try:
        zone = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise options.wrong("timezone", "a zone such as Asia/Shanghai", name) from None
    return Manners(
        char_s=line.char_s or 10 / baud,
        reply_s=options.seconds("reply_s", 0.3, 0.05, 5),
        display_mode=int(options.flag("areas_first")),
        brightness=options.number("brightness", None, 1, 16),
        zone=zone,
    )


class _Options:
    """A device's options, each checked as it is read."""

    def __init__(self, settings: Settings) -> None:
        self._device = settings.id
        self._given: Mapping[str, str | int | float | bool] = settings.options or {}

    def wrong(self, name: str, expected: str, got: object) -> BadOption:
        return BadOption(f"{self._device}: {name}: expected {expected}, got {got}")

    def expect(self, condition: Any, name: str, expected: str, got: object) -> None:  # noqa: ANN401 - any truth value
        if not condition:
            raise self.wrong(name, expected, got)

    def number(self, name: str, default: Any, least: int, most: int) -> Any:  # noqa: ANN401 - int, or the default
        value = self._given.get(name, default)
        if value is default:
            return default
        good = isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
        self.expect(good, name, f"{least} to {most}", value)
        return value

    def seconds(self, name: str, default: float, least: float, most: float) -> float:
        value = self._given.get(name, default)
        if isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most:
            return float(value)
        raise self.wrong(name, f"{least} to {most} seconds", value)

    def choice(self, name: str, default: Any, *allowed: str) -> Any:  # noqa: ANN401 - one of the allowed, or the default
        value = self._given.get(name, default)
        self.expect(value == default or value in allowed, name, f"one of {', '.join(allowed)}", value)
        return value

    def flag(self, name: str) -> bool:
        value = self._given.get(name, False)
        if isinstance(value, bool):
            return value
        raise self.wrong(name, "true or false", value)

    def text(self, name: str, default: str) -> str:
        value = self._given.get(name, default)
        if isinstance(value, str):
            return value
        raise self.wrong(name, "text", value)
