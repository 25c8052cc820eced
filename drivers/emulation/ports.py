"""Where the program under test takes hold of a wire: a pty under a stable path, or a TCP port on loopback."""

from __future__ import annotations

import asyncio
import os
import termios
import tty
from contextlib import suppress
from pathlib import Path

from drivers.emulation.wire import Station, Wire

FIFO = 64
"""Bytes that a serial adapter takes ahead of the wire; the rest waits in the kernel and pushes back."""

_SPEEDS: dict[int, int] = {
    getattr(termios, f"B{baud}"): baud for baud in (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)
}

_XON, _XOFF = b"\x11", b"\x13"


def _read_ahead(wire: Wire) -> int:
    """Enough for two grains of the clock, else a fast pace would find the line idle."""
    if not wire.byte_s:
        return 4096
    return max(FIFO, min(4096, int(2 * wire.clock.grain_s / wire.byte_s)))


class PtyPort:
    """A serial adapter: `plug()` puts a pty under `path` (a symlink), `unplug()` pulls it out.

    What the program writes goes onto the wire at the wire's speed; while a device holds the line back, the program's
    writes back up. While the program is away the bytes wait in the tty, as many as the kernel keeps; the rest are
    `overruns`. `echo` is an adapter that hears its own bytes.
    """

    def __init__(self, wire: Wire, path: Path, *, echo: bool = False) -> None:
        self.path = path
        self.overruns = 0
        self._wire = wire
        self._echo = echo
        self._ahead = _read_ahead(wire)
        self._loop = asyncio.get_running_loop()
        self._station: Station | None = None
        self._master = self._slave = -1
        self._listening = False

    @property
    def plugged(self) -> bool:
        """Whether the path leads to a pty."""
        return self._station is not None

    @property
    def program_baud(self) -> int | None:
        """The speed that the program has set on its port; None where that is none of the usual ones."""
        return _SPEEDS.get(termios.tcgetattr(self._master)[5])

    @property
    def station(self) -> Station:
        """The program's end of the wire, for faults of its own and flow control; only while plugged."""
        if self._station is None:
            raise RuntimeError(f"{self.path}: expected a plugged port, got an unplugged one; call plug()")
        return self._station

    def plug(self) -> None:
        """Make a pty and lead the path to it; nothing if it is plugged."""
        if self.plugged:
            return
        # The slave stays open here: a master without one reads EIO while the program is away.
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self._station = self._wire.join(self._to_program, drained=self._from_program, echo=self._echo)
        self._lead_path_to(os.ttyname(self._slave))
        self._listen(on=True)

    def unplug(self) -> None:
        """Pull it out: the program reads end of file, the path is gone, bytes under way are lost."""
        if self._station is None:
            return
        self._listen(on=False)
        self._wire.leave(self._station)
        self._station = None
        self.path.unlink(missing_ok=True)
        os.close(self._slave)
        os.close(self._master)

    def _lead_path_to(self, target: str) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.path.with_name(f".{self.path.name}.new")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(target)
        fresh.replace(self.path)

    def _listen(self, *, on: bool) -> None:
        if on and not self._listening:
            self._loop.add_reader(self._master, self._from_program)
        elif not on and self._listening:
            self._loop.remove_reader(self._master)
        self._listening = on

    def _from_program(self) -> None:
        """Take what the program wrote, as far as the adapter has room; wait for more only when all of it is out."""
        if self._station is None:
            return
        station, continues = self._station, not self._listening
        room = self._ahead - station.backlog
        if room <= 0 or (station.backlog and room < self._ahead // 2):
            return
        with suppress(BlockingIOError):
            data = os.read(self._master, room)
            self._listen(on=False)
            station.send(data, at=station.start if continues else None)
            return
        self._listen(on=not station.backlog)

    def _to_program(self, data: bytes, _at: float) -> None:
        if _XON in data or _XOFF in data:
            self._obey_flow(data)
        written = 0
        with suppress(BlockingIOError):
            written = os.write(self._master, data)
        self.overruns += len(data) - written

    def _obey_flow(self, data: bytes) -> None:
        """The kernel stops the program's writes; what it has taken already is stopped here, as in an adapter."""
        if self._station is not None and termios.tcgetattr(self._master)[0] & termios.IXON:
            self._station.stop(stopped=data.rfind(_XOFF) > data.rfind(_XON))


class TcpPort:
    """A serial server or network card on loopback: one connection at a time, a second one is turned away.

    `number` 0 takes a free port at the first `plug()` and keeps it for the next ones.
    """

    def __init__(self, wire: Wire, number: int = 0) -> None:
        self.number = number
        self._wire = wire
        self._server: asyncio.Server | None = None
        self._connection: _Connection | None = None

    @property
    def station(self) -> Station | None:
        """The connected program's end of the wire."""
        return self._connection.station if self._connection else None

    async def plug(self) -> None:
        """Listen; nothing if it does."""
        if self._server is not None:
            return
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self._wire, self), "127.0.0.1", self.number)
        self.number = self._server.sockets[0].getsockname()[1]

    async def unplug(self) -> None:
        """Drop the connection and stop listening."""
        if self._server is None:
            return
        self._server.close()
        if self._connection is not None:
            self._connection.drop()
        await self._server.wait_closed()
        self._server = None

    def take(self, connection: _Connection) -> bool:
        """Whether this connection may stay: the first one does."""
        if self._connection is None:
            self._connection = connection
        return self._connection is connection

    def release(self, connection: _Connection) -> None:
        """The connection is gone."""
        if self._connection is connection:
            self._connection = None


class _Connection(asyncio.Protocol):
    """The program's connection, as one station of the wire."""

    def __init__(self, wire: Wire, port: TcpPort) -> None:
        self.station: Station | None = None
        self._wire = wire
        self._port = port
        self._ahead = _read_ahead(wire)
        self._transport: asyncio.Transport | None = None
        self._paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if not self._port.take(self):
            transport.abort()
            return
        self.station = self._wire.join(self._to_program, drained=self._drained)

    def data_received(self, data: bytes) -> None:
        if self.station is None or self._transport is None:
            return
        self.station.send(data)
        if self.station.backlog >= self._ahead and not self._paused:
            self._transport.pause_reading()
            self._paused = True

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._port.release(self)
        if self.station is not None:
            self._wire.leave(self.station)
            self.station = None

    def drop(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _drained(self) -> None:
        if self.station is None or self._transport is None or not self._paused or self._transport.is_closing():
            return
        if self.station.backlog < self._ahead // 2:
            self._transport.resume_reading()
            self._paused = False

    def _to_program(self, data: bytes, _at: float) -> None:
        if self._transport is not None:
            self._transport.write(data)
