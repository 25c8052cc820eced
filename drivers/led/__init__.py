"""LED window signs (窗口LED屏)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

Colour = Literal["red", "green", "yellow"]


@dataclass(frozen=True, slots=True)
class SignText:
    """What a window's sign shows."""

    text: str
    colour: Colour = "red"
    timeout_s: int = 60
    """The sign blanks itself when nothing new came for so long: a dead hub leaves no stale number."""


class Sign(Protocol):
    """One connected sign controller; each call is one acknowledged transaction, retried by the driver."""

    async def show(self, address: int, content: SignText) -> None:
        """Put text into the window's area; SignRefused or SignSilent where that fails."""

    async def clear(self, address: int) -> None:
        """Blank the sign."""

    async def ping(self, address: int) -> bool:
        """Whether the sign answers."""

    async def set_brightness(self, address: int, level: int) -> None:
        """Level 1 (dark) to 16."""
