"""A transport on a file descriptor (a tty or a connected socket) that the event loop watches; no task, no thread.

Nothing is buffered here: unread bytes wait in the kernel, and a full kernel makes `send` wait.
"""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Awaitable, Callable
from typing import NoReturn

from drivers.errors import LinkLost
from drivers.events import Chunk

_READ_SIZE = 4096  # the kernel's tty buffer


class DescriptorTransport:
    """Owns the descriptor from now on.

    `before_send` may raise OSError where the link is dead without having said so; `before_close` may wait a moment for
    what is still on its way out.
    """

    def __init__(
        self,
        url: str,
        descriptor: int,
        clock: Callable[[], float],
        *,
        before_send: Callable[[int], None] = lambda _descriptor: None,
        before_close: Callable[[int], Awaitable[None]] | None = None,
    ) -> None:
        self._url = url
        self._fd = descriptor
        self._clock = clock
        self._before_send = before_send
        self._before_close = before_close
        self._loop = asyncio.get_running_loop()
        self._reading: asyncio.Future[None] | None = None
        self._writing: asyncio.Future[None] | None = None
        self._send_lock = asyncio.Lock()

    @property
    def url(self) -> str:
        """The port as the configuration names it."""
        return self._url

    async def receive(self) -> Chunk:
        """Wait for bytes; LinkLost where the other side is gone."""
        while (chunk := self._read()) is None:
            await self._readable(self._wake_reader)
        return chunk

    async def pump(self, receiver: Callable[[Chunk], None]) -> NoReturn:
        """Hand every chunk to `receiver` in the loop's reader callback, until LinkLost."""

        def on_readable() -> None:
            try:
                chunk = self._read()
                if chunk is not None:
                    receiver(chunk)
            except BaseException as error:  # noqa: BLE001 - it is raised again, by the task that pumps
                self._loop.remove_reader(self._fd)
                if self._reading is not None and not self._reading.done():
                    self._reading.set_exception(error)

        await self._readable(on_readable)
        raise AssertionError("the reader ends with an exception")

    async def send(self, data: bytes) -> None:
        """Return when the operating system has taken all bytes; waits while it is full."""
        async with self._send_lock:
            try:
                self._before_send(self._open_fd())
                await self._write(memoryview(data))
            except OSError as error:
                raise self._lost(error) from None

    async def aclose(self) -> None:
        """Close; what waits on this transport gets LinkLost."""
        if self._fd < 0:
            return
        descriptor, self._fd = self._fd, -1
        self._loop.remove_reader(descriptor)
        self._loop.remove_writer(descriptor)
        for waiting in (self._reading, self._writing):
            if waiting is not None and not waiting.done():
                waiting.set_exception(LinkLost(self._url, "closed"))
        try:
            if self._before_close is not None:
                await self._before_close(descriptor)
        finally:
            os.close(descriptor)

    async def _write(self, rest: memoryview) -> None:
        while rest:
            try:
                rest = rest[os.write(self._open_fd(), rest) :]
            except BlockingIOError:
                await self._writable()

    def _open_fd(self) -> int:
        if self._fd < 0:
            raise LinkLost(self._url, "closed")
        return self._fd

    def _read(self) -> Chunk | None:
        try:
            data = os.read(self._open_fd(), _READ_SIZE)
        except BlockingIOError:
            return None
        except OSError as error:
            raise self._lost(error) from None
        if not data:
            raise LinkLost(self._url, "the other side is gone")
        return Chunk(data, self._clock())

    async def _readable(self, callback: Callable[[], None]) -> None:
        descriptor = self._open_fd()
        if self._reading is not None:
            raise RuntimeError(f"{self._url}: only one may read at a time")
        self._reading = self._loop.create_future()
        self._loop.add_reader(descriptor, callback)
        try:
            await self._reading
        finally:
            self._reading = None
            if self._fd == descriptor:  # a closed one's number may already belong to another port
                self._loop.remove_reader(descriptor)

    def _wake_reader(self) -> None:
        if self._reading is not None and not self._reading.done():
            self._reading.set_result(None)

    async def _writable(self) -> None:
        descriptor = self._open_fd()
        self._writing = self._loop.create_future()
        self._loop.add_writer(descriptor, self._wake_writer)
        try:
            await self._writing
        finally:
            self._writing = None
            if self._fd == descriptor:
                self._loop.remove_writer(descriptor)

    def _wake_writer(self) -> None:
        if self._writing is not None and not self._writing.done():
            self._writing.set_result(None)

    def _lost(self, error: OSError) -> LinkLost:
        gone = error.errno in {errno.EIO, errno.ENXIO, errno.ENODEV}
        return LinkLost(self._url, "unplugged" if gone else os.strerror(error.errno or 0))
