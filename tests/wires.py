"""Bad wires and bare ends for tests.

`Host` is the program's end of an emulated wire without any port, for tests by hand-moved time.

`BadWire` stands between a program and a device's port and spoils what goes through, each way by itself, seeded:

    async with BadWire(device_path, folder / "bad", KINDS["lossy"], seed=1) as wire:
        ...  # the program under test opens wire.path

`KINDS` names the usual ones, for `pytest.mark.parametrize`. The device's port must be open for reading and writing as a
tty or pty; the wire opens it itself.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import random
import struct
import termios
import tty
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from drivers.emulation.wire import Station, Wire


class Host:
    """The program's end of an emulated wire: what it heard, with the moment each byte ended."""

    def __init__(self, wire: Wire, *, echo: bool = False) -> None:
        self.heard = bytearray()
        self.times: list[float] = []
        self.station: Station = wire.join(self._hear, echo=echo)

    def send(self, data: bytes) -> None:
        self.station.send(data)

    def take(self) -> bytes:
        """What was heard since the last take."""
        taken = bytes(self.heard)
        self.heard.clear()
        self.times.clear()
        return taken

    def _hear(self, data: bytes, at: float) -> None:
        self.heard += data
        self.times += [at] * len(data)


@dataclass(frozen=True, slots=True)
class Kind:
    """How a wire is bad; shares are chances per byte."""

    bytewise: bool = False
    """Bytes come alone: the next one a moment later, and only when the reader has taken the last one."""
    lose: float = 0.0
    double: float = 0.0
    noise: float = 0.0
    """A random byte in front of this one."""
    late_s: float = 0.0
    """Every read is held back by a random time up to this."""


KINDS = {
    "good": Kind(),
    "bytewise": Kind(bytewise=True),
    "lossy": Kind(lose=0.02),
    "doubling": Kind(double=0.02),
    "noisy": Kind(noise=0.02),
    "late": Kind(late_s=0.03),
    "all at once": Kind(bytewise=True, lose=0.005, double=0.005, noise=0.005, late_s=0.005),
}

_MOMENT_S = 0.001
"""Long enough for the kernel to carry a byte from one side of a pty to the other."""


def spoil(data: bytes, kind: Kind, rng: random.Random) -> bytes:
    """What arrives of `data`."""
    arrived = bytearray()
    for byte in data:
        if rng.random() < kind.noise:
            arrived.append(rng.randrange(256))
        if rng.random() < kind.lose:
            continue
        arrived += bytes([byte]) * (2 if rng.random() < kind.double else 1)
    return bytes(arrived)


class BadWire:
    """A pty in front of a device's port; see the module's docstring."""

    def __init__(self, device: Path, path: Path, kind: Kind, *, seed: int = 0) -> None:
        self.path = path
        self._device_path = device
        self._kind = kind
        self._seed = seed

    async def __aenter__(self) -> Self:
        master, self._slave = os.openpty()
        device = os.open(self._device_path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        tty.setraw(self._slave)
        tty.setraw(device, termios.TCSANOW)  # the default would throw away what waits in the line
        os.set_blocking(master, False)
        self.path.symlink_to(os.ttyname(self._slave))
        rng = random.Random(self._seed)
        self._ways = [
            _Way(master, device, self._kind, rng, unread_on=None),
            _Way(device, master, self._kind, rng, unread_on=self._slave),
        ]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for way in self._ways:
            way.close()
        self.path.unlink()
        for fd in (self._slave, self._ways[0].source, self._ways[1].source):
            os.close(fd)


class _Way:
    """One direction: reads `source`, writes `sink` when its time has come."""

    def __init__(self, source: int, sink: int, kind: Kind, rng: random.Random, *, unread_on: int | None) -> None:
        self.source = source
        self._sink = sink
        self._kind = kind
        self._rng = rng
        self._unread_on = unread_on
        self._loop = asyncio.get_running_loop()
        self._pieces: deque[tuple[float, bytes]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._alone_from = 0.0
        self._loop.add_reader(source, self._read)

    def close(self) -> None:
        self._loop.remove_reader(self.source)
        if self._timer is not None:
            self._timer.cancel()

    def _read(self) -> None:
        try:
            data = os.read(self.source, 4096)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:  # the device's port was pulled out
            self._loop.remove_reader(self.source)
            return
        data = spoil(data, self._kind, self._rng)
        when = self._loop.time() + self._rng.random() * self._kind.late_s
        if self._pieces:
            when = max(when, self._pieces[-1][0])  # late, but never out of order
        size = 1 if self._kind.bytewise else len(data)
        self._pieces += [(when, data[start : start + size]) for start in range(0, len(data), max(1, size))]
        self._write()

    def _write(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._pieces:
            wait_s = self._pieces[0][0] - self._loop.time()
            if self._kind.bytewise and wait_s <= 0:
                wait_s = max(self._alone_from - self._loop.time(), _MOMENT_S if self._reader_is_behind() else 0.0)
            if wait_s > 0:
                self._timer = self._loop.call_later(wait_s, self._write)
                return
            with suppress(OSError):
                os.write(self._sink, self._pieces.popleft()[1])
            self._alone_from = self._loop.time() + _MOMENT_S

    def _reader_is_behind(self) -> bool:
        """Whether the last piece still lies where the program reads, so that the next one would join it."""
        if self._unread_on is None:
            return False
        return bool(struct.unpack("i", fcntl.ioctl(self._unread_on, termios.FIONREAD, bytes(4)))[0])
