"""Closed-loop HTTP clients: each sends its next request when the last one was answered, on a connection kept alive."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

ANSWER_S = 30.0


@dataclass(slots=True)
class Load:
    """What the clients saw."""

    seconds: float = 0.0
    took_s: list[float] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    failures: list[bytes] = field(default_factory=list)

    @property
    def per_s(self) -> float:
        """Requests a second of all clients together."""
        return len(self.took_s) / self.seconds


class _Client(asyncio.Protocol):
    def __init__(self) -> None:
        self._got = b""
        self._need = -1
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._got += data
        head, separator, body = self._got.partition(b"\r\n\r\n")
        if not separator:
            return
        length = 0
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        if len(body) >= length and self._answer is not None and not self._answer.done():
            self._got = body[length:]
            self._answer.set_result((int(head[9:12]), body[:length]))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionResetError())

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        async with asyncio.timeout(ANSWER_S):
            return await self._answer

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


def post(path: str, body: bytes, headers: Sequence[tuple[str, str]] = ()) -> bytes:
    """A POST request's bytes."""
    lines = [f"POST {path} HTTP/1.1", "Host: bench", "Content-Type: application/json", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


async def load(
    port: int, clients: int, *, seconds: float = 0.0, requests: int = 0, make: Callable[[int], bytes]
) -> Load:
    """Run clients for so long, or for so many requests in all; `make(n)` gives the n-th request."""
    result = Load()
    loop = asyncio.get_running_loop()
    made = 0
    begin = time.perf_counter()

    async def run() -> None:
        nonlocal made
        _, client = await loop.create_connection(_Client, "127.0.0.1", port)
        try:
            while (made < requests) if requests else (time.perf_counter() - begin < seconds):
                made += 1
                sent = time.perf_counter()
                status, body = await client.ask(make(made))
                result.took_s.append(time.perf_counter() - sent)
                (result.bodies if status < 300 else result.failures).append(body)
        finally:
            client.close()

    await asyncio.gather(*(run() for _ in range(clients)))
    result.seconds = time.perf_counter() - begin
    return result
