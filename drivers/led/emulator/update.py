"""The body of A3 06: areas to delete, areas to place (devices.md §2.1)."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.led.emulator.picture import Area

_PIXELS = 0x8000
_ALL = 0xFF


class Malformed(Exception):
    """The body is not built as the table says."""


@dataclass(frozen=True, slots=True)
class Update:
    """What the host wants changed."""

    delete_all: bool
    delete: frozenset[int]
    areas: tuple[Area, ...]


def read_update(body: bytes, at: float) -> Update:
    """Take the body apart; Malformed where lengths don't fit."""
    reader = _Reader(body)
    count = reader.number(1)
    delete_all = count == _ALL
    delete = frozenset(b"" if delete_all else reader.take(count))
    areas = tuple(_read_area(reader.take(reader.number(2)), at) for _ in range(reader.number(1)))
    reader.expect_end()
    return Update(delete_all, delete, areas)


def _read_area(area: bytes, at: float) -> Area:
    reader = _Reader(area)
    if reader.number(1) != 0:
        raise Malformed("area type")
    x, y, width, height = reader.across(), reader.number(2), reader.across(), reader.number(2)
    identity, _spacing, run_mode, timeout_s = reader.number(1), reader.number(1), reader.number(1), reader.number(2)
    if reader.number(1) != 0:
        raise Malformed("voice: its fields are not published")
    reader.take(reader.number(1))
    _alignment, single, _wrap, effect, _exit, _speed, stay = reader.take(7)
    text = reader.take(reader.number(4))
    reader.expect_end()
    if not width or not height or run_mode > 5 or single not in {1, 2}:
        raise Malformed("a field out of its range")
    return Area(
        id=identity,
        x=x,
        y=y,
        width=width,
        height=height,
        run_mode=run_mode,
        timeout_s=timeout_s,
        single_line=single == 1,
        effect=effect,
        stay_s=stay / 2,
        source=text.decode("gbk", errors="replace"),
        placed_at=at,
        lasts_s=float(timeout_s),
    )


class _Reader:
    """Little-endian numbers and bytes, one after the other."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0

    def take(self, count: int) -> bytes:
        taken = self._data[self._position : self._position + count]
        if len(taken) < count:
            raise Malformed("too short")
        self._position += count
        return taken

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "little")

    def across(self) -> int:
        """A horizontal measure in pixels: in bytes of 8 px unless its high bit is set."""
        measure = self.number(2)
        return measure & ~_PIXELS if measure & _PIXELS else measure * 8

    def expect_end(self) -> None:
        if self._position != len(self._data):
            raise Malformed("too long")
