"""The hall log's lines as events (interfaces.md, "The hall log, JSONL version 1")."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

DAY_MS: Final = 86_400_000

Id = str | int


class Event(msgspec.Struct, gc=False):
    """One line, as far as the detector reads it; `t` is ms since the first day's midnight."""

    t: int | float
    ev: str
    ticket: Id | None = None
    service: Id | None = None
    win: Id | None = None
    clerk: Id | None = None
    press: Id | None = None
    level: int | None = None
    until: int | float | None = None
    device: Id | None = None
    levels: int | None = None
    days: int | None = None
    first_day: str | None = None
    scale: Any = None
    again: str | None = None
    state: Any = None  # of lines that are read as a whole whatever others write there
    what: Any = None
    maintenance: Any = None
    source: Any = None
    second_level: Any = None
    second_source: Any = None


class Reader:
    """Decodes lines; what is no event is counted in `bad_lines` and passed over."""

    def __init__(self) -> None:
        self.bad_lines = 0
        self._decode = msgspec.json.Decoder(Event).decode

    def events(self, lines: Iterable[bytes | str]) -> Iterator[Event]:
        """The events of the lines in the lines' order."""
        decode = self._decode
        for line in lines:
            try:
                event = decode(line)
            except (msgspec.DecodeError, UnicodeError):
                self.bad_lines += bool(line.strip())
                continue
            if -1e15 < event.t < 1e15:
                yield event
            else:
                self.bad_lines += 1
