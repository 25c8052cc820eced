"""Received bytes that wait for whoever reads, with an upper bound; for transports that have no descriptor."""

from __future__ import annotations

import asyncio
from collections import deque

from drivers.errors import LinkLost
from drivers.events import Chunk

_BOUND_BYTES = 64 * 1024


class Inbox:
    """Chunks in order, then the loss of the link."""

    def __init__(self) -> None:
        self._chunks: deque[Chunk] = deque()
        self._held_bytes = 0
        self._lost: LinkLost | None = None
        self._changed = asyncio.Event()

    @property
    def full(self) -> bool:
        """Whether whoever fills it should wait."""
        return self._held_bytes >= _BOUND_BYTES

    def put(self, chunk: Chunk) -> None:
        """Add a chunk; the filler asks `full` or waits for `room` before."""
        if self._lost is None:
            self._chunks.append(chunk)
            self._held_bytes += len(chunk.data)
            self._changed.set()

    def lose(self, error: LinkLost) -> None:
        """End the stream; what already came can still be read."""
        self._lost = self._lost or error
        self._changed.set()

    async def get(self) -> Chunk:
        """The next chunk; LinkLost after the last one."""
        while not self._chunks:
            if self._lost is not None:
                raise self._lost
            await self._change()
        chunk = self._chunks.popleft()
        self._held_bytes -= len(chunk.data)
        self._changed.set()
        return chunk

    async def room(self) -> None:
        """Wait until it is not full; LinkLost where nobody will read any more."""
        while self.full:
            if self._lost is not None:
                raise self._lost
            await self._change()

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()
