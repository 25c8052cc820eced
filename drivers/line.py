"""What a device session sees of its line: hear every byte, send when it is one's turn.

`drivers.bus` makes lines out of transports. Devices on one RS-485 pair share one line; each hears all bytes and passes
over the others' frames.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import Protocol

from drivers.events import Chunk


class Priority(IntEnum):
    """Who goes first when several want to send: lower first."""

    ACK = 0
    SIGN = 1
    POLL = 2


class Line(Protocol):
    """One open port."""

    @property
    def url(self) -> str:
        """The port as the configuration names it."""

    @property
    def char_s(self) -> float:
        """Seconds one character takes on the wire; 0 where that is not known (a plain network link)."""

    def listen(self, receiver: Callable[[Chunk], None]) -> Callable[[], None]:
        """Hear every byte from now on; the returned function ends that. Receivers must not block or raise."""

    async def send(self, data: bytes, priority: Priority = Priority.SIGN) -> None:
        """Send one frame that expects no answer; returns when the port took it. LinkLost where it is gone."""

    async def request(
        self, data: bytes, answered: Callable[[], bool], *, timeout_s: float, priority: Priority = Priority.SIGN
    ) -> bool:
        """One transaction: send, then hold the line until `answered()` is true (asked after each chunk) or time is up.

        Nobody else's SIGN or POLL frame goes out meanwhile; an ACK may. Returns whether it was answered.
        """
