"""Publish facts; follow the log. The log is the queue, the bus only the bell.

`publish` gives facts their numbers and hands them to the log's writer; the folds registered with `fold` see them at
once, so that the next decision stands on them. Readers (`follow`) see them only when they are durable. Where the disk
refuses, `stored` answers False, and readers that asked for pending facts (calling goes on from memory) get them.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Final

import structlog

from hub.clock import Clock
from hub.domain import codec
from hub.domain.events import Fact, Recorded, Stamp
from hub.errors import StorageFull, explained
from hub.eventlog import EventLog, Row

RECENT: Final = 8192
"""Facts kept in memory for readers that are nearly up to date."""
PENDING_MOST: Final = 50_000
"""Facts that may wait for a full disk before the hub refuses to take more: some hours of a hall, in some 50 MiB."""

_log = structlog.get_logger(__name__)


def _salt() -> bytes:
    return os.urandom(32)


class Bus:
    """Used from one event loop. `start` before anything else, `close` in the end."""

    def __init__(
        self, log: EventLog, clock: Clock, salt: Callable[[], bytes] = _salt, pending_most: int = PENDING_MOST
    ) -> None:
        self.log = log
        self.clock = clock
        self.trouble: str | None = None
        """Why the disk refuses; None while all is well."""
        self.last_seq = 0
        """Number of the last fact published."""
        self.durable_seq = 0
        """Number up to which everything is on disk."""
        self._salt = salt
        self._pending_most = pending_most
        self._folds: list[Callable[[Recorded], None]] = []
        self._recent: list[Recorded] = []
        self._waiters: dict[int, list[asyncio.Future[bool]]] = {}
        self._bell = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop

    def start(self) -> None:
        """Begin to write; call it on the loop that will publish."""
        loop = self._loop = asyncio.get_running_loop()

        def call(function: Callable[..., None], *arguments: object) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(function, *arguments)

        head = self.log.start(partial(call, self._on_durable), partial(call, self._on_trouble))
        self.last_seq = self.durable_seq = head.last_seq

    async def close(self) -> None:
        """Write what waits and end."""
        await asyncio.to_thread(self.log.close)
        for futures in self._waiters.values():
            for future in futures:
                future.cancel()

    def fold(self, apply: Callable[[Recorded], None]) -> None:
        """Have every fact applied in the moment it is published, in order. `apply` must not fail."""
        self._folds.append(apply)

    def now(self) -> Stamp:
        """The time that a fact published now would carry."""
        return Stamp(self.clock.wall_ms(), self.clock.mono_ns())

    def publish(self, *facts: Fact) -> int:
        """Append facts as one commit; return the number of the last. StorageFull where too many wait for the disk."""
        if self.trouble is not None and self.last_seq - self.durable_seq + len(facts) > self._pending_most:
            raise StorageFull(self.trouble)
        stamp = self.now()
        recorded: list[Recorded] = []
        rows: list[Row] = []
        seq = self.last_seq
        for fact in facts:
            seq += 1
            kind, payload, personal = codec.encode(fact, self._salt)
            rows.append(Row(seq, stamp.wall_ms, stamp.mono_ns, kind, payload, personal))
            recorded.append(Recorded(seq, stamp, fact))
        self.last_seq = seq  # only now: a fact that can't be encoded must not use up a number
        self._recent.extend(recorded)
        self.log.append(tuple(rows))
        for one in recorded:
            for apply in self._folds:
                apply(one)
        if self.trouble is not None:
            self._ring()
        return self.last_seq

    async def stored(self, seq: int) -> bool:
        """Wait until the fact is durable; False as soon as the disk refuses, while the fact waits on."""
        if seq <= self.durable_seq:
            return True
        if self.trouble is not None:
            return False
        return await self._waiter(seq)

    async def durable(self, seq: int) -> None:
        """Wait until the fact is durable, however long the disk refuses."""
        while seq > self.durable_seq:
            if self.trouble is not None:
                await self._bell.wait()
            else:
                await self._waiter(seq)

    async def follow(self, after: int, *, pending: bool = False) -> AsyncIterator[list[Recorded]]:
        """Facts with a number above `after`, in order and in batches, for ever.

        `pending`: while the disk refuses, also those that are not durable yet; only for what is shown.
        """
        while True:
            upto = self.last_seq if pending and self.trouble is not None else self.durable_seq
            if after >= upto:
                await self._bell.wait()
                continue
            batch = self._from_memory(after, upto)
            if batch is None:
                batch = await asyncio.to_thread(self.log.read, after)
            if batch:
                yield batch
                after = batch[-1].seq

    def _waiter(self, seq: int) -> asyncio.Future[bool]:
        """Done when the fact is durable (True) or the disk refuses (False)."""
        future: asyncio.Future[bool] = self._loop.create_future()
        self._waiters.setdefault(seq, []).append(future)
        return future

    def _from_memory(self, after: int, upto: int) -> list[Recorded] | None:
        if not self._recent or self._recent[0].seq > after + 1:
            return None
        first = self._recent[0].seq
        return self._recent[after + 1 - first : upto + 1 - first]

    def _on_durable(self, seq: int) -> None:
        for number in range(self.durable_seq + 1, seq + 1):
            for future in self._waiters.pop(number, ()):
                if not future.done():
                    future.set_result(True)
        self.durable_seq = seq
        surplus = min(len(self._recent), seq - self._recent[0].seq + 1) - RECENT if self._recent else 0
        if surplus > RECENT:
            del self._recent[:surplus]
        self._ring()

    def _on_trouble(self, reason: str | None) -> None:
        if reason is not None and self.trouble is None:
            _log.error("log.refused", reason=reason, hint=f"{explained(reason)}；叫号照常，评价暂不应答")
        elif reason is None and self.trouble is not None:
            _log.info("log.recovered")
        self.trouble = reason
        if reason is not None:
            for futures in self._waiters.values():
                for future in futures:
                    if not future.done():
                        future.set_result(False)
            self._waiters.clear()
        self._ring()

    def _ring(self) -> None:
        bell, self._bell = self._bell, asyncio.Event()
        bell.set()
