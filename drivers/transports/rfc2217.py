"""A serial port behind a network server that speaks RFC 2217; pyserial's blocking client in a worker thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import Empty
from typing import NoReturn

from serial import SerialException
from serial.rfc2217 import Serial

from drivers.errors import LinkLost, PortMissing
from drivers.events import Chunk
from drivers.transports.inbox import Inbox
from drivers.transports.ports import Port
from drivers.transports.tcp import watch_for_dead_links
from drivers.transports.threads import in_thread

_BOUND_BYTES = 64 * 1024
_POLL_S = 0.2


class _KeepingSerial(Serial):  # type: ignore[misc]  # pyserial carries no types
    """Keeps what waits in the line when it opens, bounds what it holds, notices a link that fell silent."""

    def reset_input_buffer(self) -> None:
        pass

    def guard(self) -> None:
        """Watch the link and bound what pyserial's own thread reads ahead."""
        watch_for_dead_links(self._socket)
        self._read_buffer.maxsize = _BOUND_BYTES

    def read_some(self) -> bytes:
        """Wait a short while for bytes and take what is there; SerialException where the server is gone."""
        try:
            first: bytes = self.read(1)
        except SerialException:
            if rest := self._what_is_there():  # pyserial would drop what came last
                return rest
            raise
        return first + self._what_is_there() if first else b""

    def _what_is_there(self) -> bytes:
        there = bytearray()
        with suppress(Empty):
            while True:
                there += self._read_buffer.get_nowait() or b""
        return bytes(there)

    def close(self) -> None:
        if self._read_buffer is not None:  # let its reader out where it waits for room
            self._read_buffer.maxsize = 0
            self._what_is_there()
        super().close()


class Rfc2217Transport:
    """An open port of the server."""

    def __init__(self, url: str, client: _KeepingSerial, clock: Callable[[], float]) -> None:
        self._url = url
        self._client = client
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._inbox = Inbox()
        self._room = threading.Event()
        self._room.set()
        self._closing = threading.Event()
        self._send_lock = asyncio.Lock()
        # A daemon: a server that never answers must not keep the process alive.
        self._reader = threading.Thread(target=self._read_on, name=f"reader of {url}", daemon=True)
        self._reader.start()

    @property
    def url(self) -> str:
        """The port as the configuration names it."""
        return self._url

    async def receive(self) -> Chunk:
        """Wait for bytes; LinkLost where the server is gone."""
        chunk = await self._inbox.get()
        if not self._inbox.full:
            self._room.set()
        return chunk

    async def pump(self, receiver: Callable[[Chunk], None]) -> NoReturn:
        """Hand every chunk to `receiver`, until LinkLost."""
        while True:
            receiver(await self.receive())

    async def send(self, data: bytes) -> None:
        """Return when the connection has taken all bytes."""
        async with self._send_lock:
            if self._closing.is_set():
                raise LinkLost(self._url, "closed")
            try:
                await asyncio.to_thread(self._client.write, data)
            except (OSError, AttributeError, TypeError) as error:  # pyserial's own, while it is being closed
                raise LinkLost(self._url, str(error)) from None

    async def aclose(self) -> None:
        """Close; the client's threads end within a second or so, by themselves."""
        if self._closing.is_set():
            return
        self._closing.set()
        self._room.set()
        self._inbox.lose(LinkLost(self._url, "closed"))
        await asyncio.shield(self._loop.run_in_executor(None, self._client.close))

    def _read_on(self) -> None:
        try:
            while not self._closing.is_set():
                self._room.wait()
                data = self._client.read_some()
                if data:
                    self._tell(self._take, Chunk(data, self._clock()))
        except (OSError, AttributeError, TypeError) as error:  # pyserial's own, also while it is being closed
            self._tell(self._inbox.lose, LinkLost(self._url, str(error)))

    def _take(self, chunk: Chunk) -> None:
        self._inbox.put(chunk)
        if self._inbox.full:
            self._room.clear()

    def _tell(self, call: Callable[..., None], *what: object) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(call, *what)


async def open_rfc2217(port: Port, clock: Callable[[], float]) -> Rfc2217Transport:
    """Connect and set the line; PortMissing where there is no such server, or it refuses."""
    client = await in_thread(lambda: _open(port), undo=_KeepingSerial.close)
    return Rfc2217Transport(port.url, client, clock)


def _open(port: Port) -> _KeepingSerial:
    line = port.line
    host = f"[{port.host}]" if ":" in port.host else port.host
    try:
        client = _KeepingSerial(
            f"rfc2217://{host}:{port.number}",
            baudrate=line.baud,
            bytesize=line.bytesize,
            parity=line.parity,
            stopbits=line.stopbits,
            rtscts=line.rtscts,
            xonxoff=line.xonxoff,
            timeout=_POLL_S,
        )
        client.guard()
    except (OSError, ValueError) as error:
        raise PortMissing(port.url, f"the server does not give the port: {error}") from None
    return client
