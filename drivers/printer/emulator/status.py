"""The sensors and the three ways of telling them (devices.md §1.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Paper = Literal["ok", "near end", "out"]
_FIXED = 0x12
"""Bits 1 and 4 of a DLE EOT answer."""


@dataclass(slots=True)
class Sensors:
    """What the printer feels."""

    near_end_sensor: bool
    paper: Paper = "ok"
    cover_open: bool = False
    cutter_jammed: bool = False
    head_hot: bool = False
    drawer_high: bool = False

    @property
    def off_line(self) -> bool:
        """Whether it can't print."""
        return self.paper == "out" or self.cover_open or self.cutter_jammed or self.head_hot

    def why(self) -> str:
        """Why it is off-line, for the truth log."""
        reasons = {
            "paper out": self.paper == "out",
            "cover open": self.cover_open,
            "cutter jammed": self.cutter_jammed,
            "head hot": self.head_hot,
        }
        return ", ".join(reason for reason, holds in reasons.items() if holds)

    def real_time(self, number: int) -> int | None:
        """The answer to DLE EOT `number`; None where there is no such status."""
        match number:
            case 1:
                return _FIXED | 0x04 * self.drawer_high | 0x08 * self.off_line
            case 2:
                error = self.cutter_jammed or self.head_hot
                return _FIXED | 0x04 * self.cover_open | 0x20 * (self.paper == "out") | 0x40 * error
            case 3:
                return _FIXED | 0x08 * self.cutter_jammed | 0x40 * self.head_hot
            case 4:
                return _FIXED | 0x0C * self._near_end | 0x60 * (self.paper == "out")
        return None

    def automatic(self) -> bytes:
        """The four bytes of Automatic Status Back."""
        return bytes(
            [
                0x10 | 0x04 * self.drawer_high | 0x08 * self.off_line | 0x20 * self.cover_open,
                0x08 * self.cutter_jammed | 0x40 * self.head_hot,
                self.queued_paper(),
                0,
            ]
        )

    def changed(self, before: bytes, now: bytes) -> int:
        """Which of the GS a bits differ: 1 drawer, 2 on-line, 4 error, 8 paper."""
        drawer = (before[0] ^ now[0]) & 0x04
        on_line = (before[0] ^ now[0]) & ~0x04
        return bool(drawer) | 2 * bool(on_line) | 4 * (before[1] != now[1]) | 8 * (before[2] != now[2])

    def queued_paper(self) -> int:
        """The answer to GS r 1 and ESC v, and the third byte of automatic status."""
        return 0x03 * self._near_end | 0x0C * (self.paper == "out")

    def port_status(self) -> int:
        """The USB printer class's byte: selected, not error, paper empty."""
        return 0x10 | 0x08 * (not self.off_line) | 0x20 * (self.paper == "out")

    @property
    def _near_end(self) -> bool:
        return self.near_end_sensor and self.paper != "ok"
