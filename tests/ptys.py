"""A pty as a serial port whose far end the test holds."""

from __future__ import annotations

import os
import tty
from contextlib import suppress
from dataclasses import dataclass
from typing import Self


@dataclass
class Pty:
    """`device` is the far end of the line (non-blocking); `url` opens the near one."""

    device: int
    path: str

    @classmethod
    def plug(cls) -> Self:
        master, slave = os.openpty()
        tty.setraw(master)
        path = os.ttyname(slave)
        os.close(slave)
        os.set_blocking(master, False)
        return cls(master, path)

    @property
    def url(self) -> str:
        return f"serial://{self.path}"

    def unplug(self) -> None:
        with suppress(OSError):
            os.close(self.device)
        self.device = -1

    def take(self, count: int) -> bytes:
        """Read exactly `count` bytes that are already on their way."""
        os.set_blocking(self.device, True)
        try:
            taken = b""
            while len(taken) < count:
                taken += os.read(self.device, count - len(taken))
            return taken
        finally:
            os.set_blocking(self.device, False)
