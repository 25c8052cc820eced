"""Many wall clients in a process of their own.

`python -m hub.bench.wall_child` reads commands, one JSON object a line, until an empty one:

* `{"group","port","token","clients","stalled"}` opens connections;
* `{"group","seq"}` waits until every client of the group has a state of that number or a later one, and answers
  `{"last"}`, the monotonic seconds at which the last of them had it;
* `{"group"}` answers how many states each client got, `{"least","most"}`.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import sys
import time
from base64 import b64encode
from dataclasses import dataclass, field
from typing import Any

_SEQ = re.compile(rb'"seq":(\d+)')
WAIT_S = 30.0


@dataclass(slots=True)
class Group:
    """Clients of one server."""

    clients: list[Wall] = field(default_factory=list)
    stalled: list[socket.socket] = field(default_factory=list)


class Wall(asyncio.Protocol):
    """One client: as little of RFC 6455 as a wall needs."""

    def __init__(self, request: bytes, opened: asyncio.Future[None]) -> None:
        self._request = request
        self._opened = opened
        self._got = bytearray()
        self.seq = -1
        self.at = 0.0
        self.states = 0
        self.waiter: tuple[int, asyncio.Future[None]] | None = None
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Shake hands."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Note the number and time of each state."""
        now = time.monotonic()
        self._got += data
        if not self._opened.done():
            head, end, rest = bytes(self._got).partition(b"\r\n\r\n")
            if not end:
                return
            if b" 101 " not in head.split(b"\r\n")[0]:
                self._opened.set_exception(ConnectionError(head[:80].decode(errors="replace")))
                return
            self._got = bytearray(rest)
            self._opened.set_result(None)
        while (frame := self._frame()) is not None:
            found = _SEQ.search(frame[:64])
            if found:
                self.seq, self.at = int(found.group(1)), now
                self.states += 1
                if self.waiter is not None and self.seq >= self.waiter[0] and not self.waiter[1].done():
                    self.waiter[1].set_result(None)

    def _frame(self) -> bytes | None:
        """The next whole message; a ping is answered, anything else passed over."""
        got = self._got
        if len(got) < 2:
            return None
        size, start = got[1] & 0x7F, 2
        if size == 126:
            size, start = int.from_bytes(got[2:4], "big"), 4
        elif size == 127:
            size, start = int.from_bytes(got[2:10], "big"), 10
        if len(got) < start + size:
            return None
        body = bytes(got[start : start + size])
        opcode = got[0] & 0x0F
        del got[: start + size]
        if opcode == 9:
            self._transport.write(bytes([0x8A, 0x80 | len(body), 0, 0, 0, 0]) + body)
        return body if opcode == 1 else b""


def handshake(port: int, token: str) -> bytes:
    """The opening request (RFC 6455, 4.1)."""
    key = b64encode(os.urandom(16)).decode()
    return (
        f"GET /api/v1/live?topic=board&after=0 HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
        f"Authorization: Bearer {token}\r\n\r\n"
    ).encode()


async def connect(group: Group, port: int, token: str, clients: int, stalled: int) -> dict[str, Any]:
    """Open connections, a few at a time; a stalled one shakes hands and never reads again."""
    loop = asyncio.get_running_loop()
    for _ in range(clients):
        opened: asyncio.Future[None] = loop.create_future()
        _, wall = await loop.create_connection(lambda o=opened: Wall(handshake(port, token), o), "127.0.0.1", port)  # type: ignore[misc]
        group.clients.append(wall)
        await opened
    for _ in range(stalled):
        sock = socket.create_connection(("127.0.0.1", port))
        sock.sendall(handshake(port, token))
        sock.recv(100)
        group.stalled.append(sock)
    return {"clients": len(group.clients)}


async def last_at(group: Group, seq: int) -> dict[str, Any]:
    """When the last client had the state."""
    loop = asyncio.get_running_loop()
    waits = []
    for wall in group.clients:
        if wall.seq < seq:
            wall.waiter = (seq, loop.create_future())
            waits.append(wall.waiter[1])
    if waits:
        await asyncio.wait_for(asyncio.gather(*waits), WAIT_S)
    return {"last": max(wall.at for wall in group.clients)}


async def main() -> None:
    """Answer commands until an empty line."""
    groups: dict[str, Group] = {}
    while line := (await asyncio.to_thread(sys.stdin.readline)).strip():
        command = json.loads(line)
        group = groups.setdefault(command["group"], Group())
        if "port" in command:
            answer = await connect(group, command["port"], command["token"], command["clients"], command["stalled"])
        elif "seq" in command:
            answer = await last_at(group, command["seq"])
        else:
            states = [wall.states for wall in group.clients]
            answer = {"least": min(states), "most": max(states)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main())
