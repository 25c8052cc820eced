"""TCP and RFC 2217 on loopback."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from typing import Any

import pytest
import serial
from serial.rfc2217 import PortManager

from drivers.errors import LinkLost, PortMissing
from drivers.transports import open_transport
from drivers.transports.tcp import is_dead

Peers = asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]]


async def served() -> tuple[asyncio.Server, str, Peers]:
    peers: Peers = asyncio.Queue()
    server = await asyncio.start_server(lambda *peer: peers.put_nowait(peer), "127.0.0.1", 0)
    return server, f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}", peers


async def test_tcp_carries_bytes_both_ways_until_the_device_hangs_up() -> None:
    server, url, peers = await served()
    async with server:
        port = await open_transport(url)
        reader, writer = await peers.get()
        await port.send(b"\xa5\x00\xff")
        assert await reader.readexactly(3) == b"\xa5\x00\xff"
        writer.write(b"\x5a")
        assert (await port.receive()).data == b"\x5a"
        writer.close()
        await writer.wait_closed()
        with pytest.raises(LinkLost, match="the other side is gone"):
            await port.receive()
        await port.aclose()


async def test_tcp_watches_for_a_cable_that_says_no_goodbye() -> None:
    server, url, peers = await served()
    async with server:
        port = await open_transport(url)
        _, writer = await peers.get()
        with socket.socket(fileno=os.dup(port._open_fd())) as plug:
            idle, interval, count = (
                plug.getsockopt(socket.IPPROTO_TCP, option)
                for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
            )
            assert idle + interval * count <= 3
            assert plug.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            assert plug.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
        writer.close()
        await port.aclose()


def tcp_info(*, unacked: int, last_ack_ms: int) -> bytes:
    numbers = [0] * 24
    numbers[4], numbers[12] = unacked, last_ack_ms  # struct tcp_info of linux/tcp.h
    return bytes(8) + struct.pack("=24I", *numbers)


@pytest.mark.parametrize(
    ("unacked", "last_ack_ms", "dead"), [(1, 3001, True), (1, 2999, False), (0, 60_000, False), (200, 1000, False)]
)
def test_tcp_is_dead_when_nothing_sent_is_confirmed_for_three_seconds(
    *, unacked: int, last_ack_ms: int, dead: bool
) -> None:
    assert is_dead(tcp_info(unacked=unacked, last_ack_ms=last_ack_ms)) is dead


async def test_tcp_on_a_dead_link_loses_it_at_the_next_send(monkeypatch: pytest.MonkeyPatch) -> None:
    server, url, peers = await served()
    async with server:
        port = await open_transport(url)
        _, writer = await peers.get()
        dead = tcp_info(unacked=1, last_ack_ms=5000)
        monkeypatch.setattr(socket.socket, "getsockopt", lambda *_: dead)  # only a pulled cable makes the kernel say so
        with pytest.raises(LinkLost, match="timed out"):
            await port.send(b"frame")
        monkeypatch.undo()
        writer.close()
        await port.aclose()


async def test_tcp_without_a_listener_is_missing() -> None:
    with closing(socket.socket()) as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(PortMissing, match="cannot connect"):
            await open_transport(f"tcp://127.0.0.1:{unused.getsockname()[1]}")


class Rfc2217Server:
    """pyserial's own server side, in front of its loop:// port: what is sent comes back."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.number = self._listener.getsockname()[1]
        self.line: Any = serial.serial_for_url("loop://", timeout=0.05)
        self._peer: socket.socket | None = None
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def write(self, data: bytes) -> None:
        assert self._peer is not None
        with suppress(OSError):
            self._peer.sendall(data)

    def hang_up(self) -> None:
        if self._peer is not None:
            with suppress(OSError):
                self._peer.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.hang_up()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        self.line.close()

    def _serve(self) -> None:
        with suppress(OSError):
            self._peer, _ = self._listener.accept()
            with self._peer:
                manager = PortManager(self.line, self)
                self._peer.settimeout(0.02)
                while True:
                    with suppress(TimeoutError):
                        data = self._peer.recv(1024)
                        if not data:
                            return
                        self.line.write(b"".join(manager.filter(data)))
                    if waiting := self.line.in_waiting:
                        self.write(b"".join(manager.escape(self.line.read(waiting))))


@pytest.fixture
def server() -> Iterator[Rfc2217Server]:
    server = Rfc2217Server()
    yield server
    server.close()


@pytest.mark.filterwarnings("ignore:set(Daemon|Name):DeprecationWarning")  # pyserial 3.5
async def test_rfc2217_sets_the_line_and_carries_every_byte(server: Rfc2217Server) -> None:
    port = await open_transport(f"rfc2217://127.0.0.1:{server.number}?baud=19200&parity=E")
    assert (server.line.baudrate, server.line.parity) == (19200, "E")
    every_byte = bytes(range(256))
    await port.send(every_byte)
    heard = b""
    while len(heard) < 256:
        heard += (await port.receive()).data
    assert heard == every_byte
    server.hang_up()
    with pytest.raises(LinkLost):
        await port.receive()
    await port.aclose()
    await port.aclose()
    with pytest.raises(LinkLost):
        await port.send(b"x")


async def test_rfc2217_without_a_server_is_missing() -> None:
    with closing(socket.socket()) as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(PortMissing, match="does not give the port"):
            await open_transport(f"rfc2217://127.0.0.1:{unused.getsockname()[1]}")
