"""Transports move bytes: `await open_transport(url)` gives one.

serial:///dev/ttyS1?baud=9600    a serial port; pyserial sets it up, the event loop drives its descriptor
tcp://192.168.1.50:5005          a device server or a device with a network plug
rfc2217://192.168.1.60:2217      a serial port server
mem://name                       two ends in this process, for tests

The options of each are in `drivers.transports.ports`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NoReturn, Protocol

from drivers.events import Chunk
from drivers.transports import mem, rfc2217, serial_port, tcp
from drivers.transports.mem import mem_pair
from drivers.transports.ports import LineSettings, Port, parse_port

__all__ = ["LineSettings", "Port", "Transport", "mem_pair", "open_transport", "parse_port"]


class Transport(Protocol):
    """One open road to a line. Foreign exceptions end here: only `drivers.errors.TransportError` comes out."""

    @property
    def url(self) -> str:
        """The port as the configuration names it."""

    async def receive(self) -> Chunk:
        """Wait for bytes; LinkLost where the other side is gone. Cancelling loses no byte."""

    async def pump(self, receiver: Callable[[Chunk], None]) -> NoReturn:
        """Hand every chunk to `receiver` as soon as it is read, until LinkLost.

        Real ports call it from the reader's callback itself, with no task switch between. What `receiver` raises comes
        out here. Only one `receive` or `pump` at a time; while there is none, bytes wait in the line.
        """

    async def send(self, data: bytes) -> None:
        """Return when the operating system has taken all bytes; LinkLost where the other side is gone."""

    async def aclose(self) -> None:
        """Close; never raises, may be called twice."""


async def open_transport(url: str, *, clock: Callable[[], float] = time.monotonic) -> Transport:
    """Open a port; `clock` stamps the chunks. BadOption, PortMissing, PortBusy or PortDenied where that fails."""
    port = parse_port(url)
    match port.scheme:
        case "serial":
            return await serial_port.open_serial(port, clock)
        case "tcp":
            return await tcp.open_tcp(port, clock)
        case "rfc2217":
            return await rfc2217.open_rfc2217(port, clock)
        case "mem":
            return mem.open_mem(port, clock)
