"""LED window signs (窗口LED屏)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from drivers.errors import DriverError

Colour = Literal["red", "green", "yellow"]


class SignError(DriverError):
    """A sign did not do what it was told; `address` is its screen address."""

    def __init__(self, address: int, message: str) -> None:
        super().__init__(f"sign {address}: {message}")
        self.address = address


class SignSilent(SignError):
    """The sign gave no answer to any try."""


class SignRefused(SignError):
    """The sign answered that it will not; `code` is its error number."""

    def __init__(self, address: int, message: str, code: int) -> None:
        super().__init__(address, message)
        self.code = code


@dataclass(frozen=True, slots=True)
class SignText:
    """What a window's sign shows.

    A line feed starts a new line where the sign is tall enough and is a space elsewhere. Any other control character
    and any code of the sign's own that stands in the text is made harmless by the driver.
    """

    text: str
    colour: Colour = "red"
    timeout_s: int = 60
    """The sign blanks itself when nothing new came for so long: a dead hub leaves no stale number."""


class Sign(Protocol):
    """One connected sign controller; each call is one acknowledged transaction, retried by the driver.

    The driver keeps what was shown last alive (before `timeout_s` runs out, and after the sign lost power). Where
    several calls wait for one slow sign, the newest content wins and satisfies the older calls too.
    """

    async def show(self, address: int, content: SignText) -> None:
        """Put text into the window's area; SignRefused or SignSilent where that fails."""

    async def clear(self, address: int) -> None:
        """Blank the sign."""

    async def ping(self, address: int) -> bool:
        """Whether the sign answers."""

    async def set_brightness(self, address: int, level: int) -> None:
        """Level 1 (dark) to 16."""
