"""Transports move bytes: `await open_transport(url)` gives one.

serial:///dev/ttyS1?baud=9600    a serial port; pyserial sets it up, the event loop drives its descriptor
tcp://192.168.1.50:5005          a device server or a device with a network plug
rfc2217://192.168.1.60:2217      a serial port server
mem://name                       two ends in this process, for tests
"""

from __future__ import annotations

from typing import Protocol

from drivers.events import Chunk


class Transport(Protocol):
    """One open road to a line. Foreign exceptions end here: only `drivers.errors.TransportError` comes out."""

    @property
    def url(self) -> str:
        """The port as the configuration names it."""

    async def receive(self) -> Chunk:
        """Wait for bytes; LinkLost where the other side is gone. Cancelling loses no byte."""

    async def send(self, data: bytes) -> None:
        """Return when the operating system has taken all bytes; LinkLost where the other side is gone."""

    async def aclose(self) -> None:
        """Close; never raises, may be called twice."""
