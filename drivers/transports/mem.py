"""Two ends in this process: what one sends the other receives. For tests; a pty is the realer thing."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NoReturn
from weakref import WeakValueDictionary

from drivers.errors import LinkLost, PortBusy, PortMissing
from drivers.events import Chunk
from drivers.transports.inbox import Inbox
from drivers.transports.ports import Port

# A URL can only name an end that it finds somewhere; ends leave with their pair.
_PLUGS: WeakValueDictionary[str, MemTransport] = WeakValueDictionary()


class MemTransport:
    """One end of a pair."""

    def __init__(self, url: str, clock: Callable[[], float]) -> None:
        self._url = url
        self.clock = clock
        self.inbox = Inbox()
        self._other: MemTransport | None = None
        self._closed = False
        self.taken = False

    @property
    def url(self) -> str:
        """The port as the configuration names it."""
        return self._url

    @property
    def closed(self) -> bool:
        """Whether this end or the other one closed the pair."""
        return self._closed

    def join(self, other: MemTransport) -> None:
        """Make the two ends hear each other."""
        self._other, other._other = other, self

    async def receive(self) -> Chunk:
        """Wait for bytes; LinkLost after the last ones where an end closed."""
        return await self.inbox.get()

    async def pump(self, receiver: Callable[[Chunk], None]) -> NoReturn:
        """Hand every chunk to `receiver`, until LinkLost."""
        while True:
            receiver(await self.inbox.get())

    async def send(self, data: bytes) -> None:
        """Return when the other end has taken the bytes; waits while it is full."""
        other = self._other
        if self._closed or other is None:
            raise LinkLost(self._url, "closed")
        if data:
            await other.inbox.room()
            other.inbox.put(Chunk(bytes(data), other.clock()))

    async def aclose(self) -> None:
        """Close both ends."""
        self._end("closed")
        if self._other is not None:
            self._other._end("unplugged")  # noqa: SLF001 - the other end is this very class

    def _end(self, reason: str) -> None:
        if not self._closed:
            self._closed = True
            self.inbox.lose(LinkLost(self._url, reason))


def mem_pair(name: str, *, clock: Callable[[], float] = time.monotonic) -> tuple[MemTransport, MemTransport]:
    """Plug a pair together; `open_transport("mem://name")` gives the first end, once."""
    ours, theirs = MemTransport(f"mem://{name}", clock), MemTransport(f"mem://{name}#device", clock)
    ours.join(theirs)
    _PLUGS[name] = ours
    return ours, theirs


def open_mem(port: Port, clock: Callable[[], float]) -> MemTransport:
    """Take the end that `mem_pair` plugged in."""
    end = _PLUGS.get(port.place)
    if end is None or end.closed:
        raise PortMissing(port.url, "no such port; mem_pair() makes one")
    if end.taken:
        raise PortBusy(port.url, "already open")
    end.taken = True
    end.clock = clock
    return end
