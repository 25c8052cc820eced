"""From a device's settings to a session of `printer.escpos`."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, get_args

from drivers.errors import BadOption
from drivers.line import Line
from drivers.printer.protocols.escpos import DRIVER
from drivers.printer.protocols.hexfont import HexFont
from drivers.printer.protocols.profile import PROFILES, Charset, Cutter, Profile
from drivers.printer.session import EscposPrinter, Manners
from drivers.registry import Settings, Sink, refuse_unknown_options

UNIFONT = Path("/usr/share/unifont/unifont.hex")
"""Where Debian's package `unifont` puts it; without it, characters that the printer lacks are printed as □."""


def open_session(line: Line, settings: Settings, sink: Sink) -> EscposPrinter:
    """A session for the line's printer; BadOption for settings that make no sense. Needs a running loop."""
    refuse_unknown_options(DRIVER.name, settings, DRIVER.options)
    options = _Options(settings)
    manners = Manners(poll_s=options.number("poll_s", 1.0, 0.2, 60.0), blind=options.flag("blind", default=False))
    return EscposPrinter(line, sink, profile_of(settings), _font(options), manners)


def profile_of(settings: Settings) -> Profile:
    """The named profile with what the options change."""
    options = _Options(settings)
    base = PROFILES[options.choice("profile", "80mm", PROFILES.keys())]
    return replace(
        base,
        charset=options.choice("charset", base.charset, get_args(Charset)),
        native_qr=options.choice("qr", "native" if base.native_qr else "raster", ("native", "raster")) == "native",
        cutter=options.choice("cutter", base.cutter, get_args(Cutter)),
        feed_lines=int(options.number("feed_lines", base.feed_lines, 0, 30)),
        process_id=options.flag("process_id", default=base.process_id),
        asb=options.flag("asb", default=base.asb),
    )


def _font(options: _Options) -> HexFont | None:
    path = options.get("font", None)
    if path is None:
        return _read(UNIFONT) if UNIFONT.is_file() else None
    try:
        return _read(Path(str(path)))
    except OSError as wrong:
        raise options.wrong("font", f"a readable Unifont .hex file ({wrong.strerror})", path) from None


@lru_cache(maxsize=4)
def _read(path: Path) -> HexFont:
    """All printers of a hub share one copy; 4 MB, read once."""
    return HexFont(path.read_bytes())


class _Options:
    """A device's options, checked one by one."""

    def __init__(self, settings: Settings) -> None:
        self._id = settings.id
        self._options = settings.options or {}

    def get(self, name: str, default: Any) -> Any:  # noqa: ANN401 - what the configuration holds
        return self._options.get(name, default)

    def choice(self, name: str, default: str, allowed: Collection[str]) -> Any:  # noqa: ANN401 - one of a Literal
        got = self.get(name, default)
        if got not in allowed:
            raise self.wrong(name, f"one of {', '.join(allowed)}", got)
        return got

    def flag(self, name: str, *, default: bool) -> bool:
        got = self.get(name, default)
        if not isinstance(got, bool):
            raise self.wrong(name, "true or false", got)
        return got

    def number(self, name: str, default: float, low: float, high: float) -> float:
        got = self.get(name, default)
        if isinstance(got, bool) or not isinstance(got, int | float) or not low <= got <= high:
            raise self.wrong(name, f"a number from {low:g} to {high:g}", got)
        return got

    def wrong(self, name: str, expected: str, got: object) -> BadOption:
        return BadOption(f"device {self._id!r}: option {name!r}: expected {expected}, got {got!r}")
