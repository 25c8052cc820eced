"""From a device's settings to a session of `keypad.ff68`."""

from __future__ import annotations

from drivers.errors import BadOption
from drivers.keypad.protocols.ff68 import DRIVER
from drivers.keypad.session import KeypadSession
from drivers.line import Line
from drivers.registry import Settings, Sink, refuse_unknown_options

_GAP_MS = range(5, 2001)  # a frame lasts 10 ms at 9600; device servers may cut it into pieces
_DEFAULT_GAP_MS = 100


def open_session(line: Line, settings: Settings, sink: Sink) -> KeypadSession:
    """A session for the line's keypads; BadOption for settings that make no sense."""
    refuse_unknown_options(DRIVER.name, settings, DRIVER.options)
    _check_tables(settings)
    options = settings.options or {}
    local_echo = options.get("local_echo", False)
    if not isinstance(local_echo, bool):
        raise _wrong(settings, "local_echo", "true or false", local_echo)
    gap_ms = options.get("gap_ms", _DEFAULT_GAP_MS)
    if isinstance(gap_ms, bool) or gap_ms not in _GAP_MS:
        raise _wrong(settings, "gap_ms", f"a whole number from {_GAP_MS[0]} to {_GAP_MS[-1]}", gap_ms)
    return KeypadSession(line, settings, sink, local_echo=local_echo, gap_s=float(gap_ms) / 1000)


def _check_tables(settings: Settings) -> None:
    if not settings.addresses:
        raise _wrong(settings, "windows", "at least one bus address", "none")
    for address in settings.addresses:
        if address not in range(256):
            raise _wrong(settings, "windows", "bus addresses from 0 to 255", address)
    for key, level in (settings.keys or {}).items():
        if key not in range(256) or level not in range(1, 6):
            raise _wrong(settings, "keys", "key values 0 to 255 with levels 1 to 5", f"{key} = {level}")


def _wrong(settings: Settings, name: str, expected: str, got: object) -> BadOption:
    return BadOption(f"device {settings.id!r}: {name}: expected {expected}, got {got}")
