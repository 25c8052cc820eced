"""Satisfaction keypads (评价器) and caller pads (叫号器)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class RatingKey:
    """A citizen's (or somebody's) press of a rating key, exactly as the wire brought it."""

    address: int
    key: int
    raw: bytes
    at: float
    """Monotonic seconds of receipt."""
    uncertainty_s: float = 0.0
    """How much earlier the press may have been made (poll cycle, time on the wire)."""
    device_ms: int | None = None
    """The device's own time, where it has one."""


@dataclass(frozen=True, slots=True)
class PadKey:
    """A key of the clerk's caller pad; `keys` are its data bytes (`06 0F` is one key command), empty where unknown."""

    address: int
    keys: bytes
    raw: bytes
    at: float


class Keypads(Protocol):
    """A connected line's keypads, by bus address. All sends wait until the line has taken the bytes."""

    async def acknowledge(self, event: RatingKey | PadKey) -> None:
        """Tell the device that its frame is stored for good. Call it only after that is true."""

    async def arm(self, address: int) -> None:
        """Start evaluation: the keypad asks the citizen to rate."""

    async def disarm(self, address: int) -> None:
        """End evaluation, where the device can."""

    async def show(self, address: int, *, waiting: int | None, ticket: str | None) -> None:
        """Show the waiting count and the current ticket's digits on the clerk's pad; None blanks."""

    async def beep(self, address: int, *, times: int = 1) -> None:
        """Sound the clerk's pad."""
