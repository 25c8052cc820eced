"""A hub in this process, its wall clients in another, and `websockets.broadcast` of the same bytes as the floor."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from websockets.asyncio.server import broadcast, serve

from hub.bench.hubs import new_token
from hub.bench.rooms import hall
from hub.clock import SystemClock
from hub.wiring import Hub, serving

WINDOWS: Final = 20
SERVICES: Final = 6
WAITING: Final = 600
"""Tickets taken before the first event: more than the events will call."""
GAP_S: Final = 0.03
"""Between events, so that each finds the clients idle."""
READ_LIMIT: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Walls:
    """The process with the clients."""

    process: asyncio.subprocess.Process

    async def ask(self, **command: object) -> dict[str, Any]:
        """One command and its answer."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(command).encode() + b"\n")
        await self.process.stdin.drain()
        answer: dict[str, Any] = json.loads(await self.process.stdout.readline())
        return answer

    async def connect(self, group: str, port: int, token: str, clients: int, stalled: int = 0) -> None:
        """Open connections."""
        await self.ask(group=group, port=port, token=token, clients=clients, stalled=stalled)

    async def last(self, group: str, seq: int) -> float:
        """The monotonic time at which the last client had that state."""
        answer = await self.ask(group=group, seq=seq)
        return float(answer["last"])


@contextlib.asynccontextmanager
async def walls() -> AsyncIterator[Walls]:
    """A process for clients."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hub.bench.wall_child", stdin=pipe, stdout=pipe, limit=READ_LIMIT
    )
    try:
        yield Walls(process)
    finally:
        process.terminate()
        await process.wait()


@dataclass(slots=True)
class Calls:
    """A running hub with clerks at work; each `event` changes the board and is timed."""

    hub: Hub
    token: str
    port: int
    _turn: int = 0

    async def event(self) -> tuple[int, float]:
        """Call the next ticket, or finish the visit; the fact's number and when it was durable."""
        window = 1 + (self._turn // 2) % WINDOWS
        calling = self._turn % 2 == 0
        self._turn += 1
        if calling:
            await self.hub.hall.call_next(window, by="bench")
        else:
            await self.hub.hall.finish(window, by="bench")
        return self.hub.hall.state.seq, time.monotonic()


@contextlib.asynccontextmanager
async def calls(room: Path) -> AsyncIterator[Calls]:
    """A hub with all windows signed on."""
    config = hall(room, windows=WINDOWS, services=SERVICES)
    token = new_token(config, "device")
    async with serving(config, SystemClock()) as (hub, _):
        for number in hub.hall.setup.windows:
            await hub.hall.sign_on(number, str(1000 + number), by="bench")
        for n in range(WAITING):
            await hub.hall.issue_ticket(f"s{n % SERVICES}", by="bench")
        yield Calls(hub, token, int(hub.url.rpartition(":")[2]))


@contextlib.asynccontextmanager
async def broadcasting() -> AsyncIterator[tuple[int, Any]]:
    """The floor: a websockets server that only keeps connections; its port and a function that sends to all."""
    connections: set[Any] = set()

    async def keep(connection: Any) -> None:  # noqa: ANN401 - a websockets connection
        connections.add(connection)
        try:
            await connection.wait_closed()
        finally:
            connections.discard(connection)

    async with serve(keep, "127.0.0.1", 0, compression=None, ping_interval=None) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        yield port, lambda text: broadcast(connections, text)
