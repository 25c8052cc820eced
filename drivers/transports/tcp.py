"""A TCP connection to a device or a device server."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import struct
from collections.abc import Callable
from typing import Any

from drivers.errors import PortMissing
from drivers.transports.descriptor import DescriptorTransport
from drivers.transports.ports import Port

_CONNECT_S = 3.0
_DEAD_AFTER_MS = 3000  # a pulled network cable sends no goodbye, and must be shown within 3 s

# struct tcp_info of linux/tcp.h: eight bytes, then 32-bit numbers
_TCP_INFO_SIZE = 104
_UNACKED_AT, _LAST_ACK_MS_AT = 8 + 4 * 4, 8 + 4 * 12


async def open_tcp(port: Port, clock: Callable[[], float]) -> DescriptorTransport:
    """Connect; PortMissing where nobody answers."""
    try:
        async with asyncio.timeout(_CONNECT_S):
            connected = await _connect(port.host, port.number)
    except TimeoutError:
        raise PortMissing(port.url, f"no answer within {_CONNECT_S:.0f} s") from None
    except OSError as error:
        raise PortMissing(port.url, f"cannot connect: {error.strerror or error}") from None
    return DescriptorTransport(port.url, connected.detach(), clock, before_send=_expect_answers)


async def _connect(host: str, number: int) -> socket.socket:
    refused = OSError(f"{host} has no address")
    for family, kind, protocol, _, address in await asyncio.get_running_loop().getaddrinfo(
        host, number, type=socket.SOCK_STREAM
    ):
        plug = socket.socket(family, kind, protocol)
        try:
            await _plug_in(plug, address)
        except OSError as error:
            plug.close()
            refused = error
        except BaseException:
            plug.close()
            raise
        else:
            return plug
    raise refused


async def _plug_in(plug: socket.socket, address: Any) -> None:  # noqa: ANN401 - its shape depends on the family
    plug.setblocking(False)
    watch_for_dead_links(plug)
    await asyncio.get_running_loop().sock_connect(plug, address)


def watch_for_dead_links(plug: socket.socket) -> None:
    """Have the kernel report a link that fell silent while idle, and send small frames at once.

    No TCP_USER_TIMEOUT: it would also cut off a printer that stops reading because it is out of paper.
    """
    plug.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    plug.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    plug.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1)
    plug.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)
    plug.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 2)


def is_dead(tcp_info: bytes) -> bool:
    """Whether bytes are on their way and the other side has confirmed nothing, not even a full buffer, for too long."""
    (unacked,) = struct.unpack_from("=I", tcp_info, _UNACKED_AT)
    (last_ack_ms,) = struct.unpack_from("=I", tcp_info, _LAST_ACK_MS_AT)
    return bool(unacked) and last_ack_ms > _DEAD_AFTER_MS


def _expect_answers(descriptor: int) -> None:
    """Keepalive is silent while bytes are on their way; TimeoutError instead of the kernel's quarter of an hour."""
    with socket.socket(fileno=os.dup(descriptor)) as plug:
        if is_dead(plug.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO_SIZE)):
            raise TimeoutError(errno.ETIMEDOUT, "no answer")
