"""The hall log's lines as events (interfaces.md, "The hall log, JSONL version 1")."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

DAY_MS: Final = 86_400_000
LOG_VERSION: Final = 1
MOST_LEVELS: Final = 5
_BACKWARDS: Final = 100  # of so many lines one may go back a day, where a clock was set

Id = str | int


class Event(msgspec.Struct, gc=False):
    """One line, as far as the detector reads it; `t` is ms since the first day's midnight."""

    t: int | float
    ev: str
    v: Any = LOG_VERSION
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
        self.good_lines = 0
        self.backwards = 0
        """Lines more than a day before an earlier one."""
        self.starts = 0
        """Different `hall.start` lines; the first counts."""
        self._start: Event | None = None
        self._latest = -1e15
        self._decode = msgspec.json.Decoder(Event).decode

    def events(self, lines: Iterable[bytes | str]) -> Iterator[Event]:
        """The events of the lines in the lines' order."""
        decode = self._decode
        first = True
        for line in lines:
            if first:
                line, first = _without_mark(line), False  # noqa: PLW2901
            try:
                event = decode(line)
            except (msgspec.DecodeError, UnicodeError):
                self.bad_lines += bool(line.strip())
                continue
            if event.v != LOG_VERSION or not -1e15 < event.t < 1e15:
                self.bad_lines += 1
                continue
            self.good_lines += 1
            if event.ev == "hall.start":
                if not self._is_first(event):
                    continue
            elif event.t > self._latest:
                self._latest = event.t
            elif event.t < self._latest - DAY_MS:
                self.backwards += 1
            yield event

    def doubts(self) -> Iterator[str]:
        """What makes the lines doubtful as a whole, in Chinese with English beside it."""
        if self.bad_lines > self.good_lines:
            yield "多数行无法识别，请核对是不是第 1 版大厅日志 (most lines are unreadable: a version 1 hall log?)"
        if not self.starts:
            yield "缺少首行 hall.start，等级数和日期不明 (no hall.start: levels and dates are unknown)"
        elif self.starts > 1:
            yield (
                f"有 {self.starts} 个不同的 hall.start，像是几份日志接在一起；只认第一个，请分开检查 "
                "(several different hall.start lines: joined logs? Check them one by one)"
            )
        if self._start is not None and not 2 <= (self._start.levels or 0) <= MOST_LEVELS:
            yield f"hall.start 的等级数不是 2 至 {MOST_LEVELS} (levels is not 2 to {MOST_LEVELS})"
        if self.backwards * _BACKWARDS > self.good_lines:
            yield (
                f"{self.backwards} 行比前面的行早一天以上，顺序有误，结果不可靠 "
                "(lines out of order by more than a day: don't rely on the answer)"
            )

    def _is_first(self, start: Event) -> bool:
        if self._start is None:
            self._start = start
        elif start == self._start:
            return False
        self.starts += 1
        return self.starts == 1


def _without_mark(line: bytes | str) -> bytes | str:
    """A file's first line without the byte order mark that some editors write."""
    return line.removeprefix(b"\xef\xbb\xbf") if isinstance(line, bytes) else line.removeprefix("\ufeff")
