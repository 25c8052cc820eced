"""A TCP connection to a device or a device server."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

from drivers.errors import PortMissing
from drivers.transports.descriptor import DescriptorTransport
from drivers.transports.ports import Port

_CONNECT_S = 3.0
_DEAD_AFTER_MS = 3000  # a pulled network cable sends no goodbye, and must be shown within 3 s


async def open_tcp(port: Port, clock: Callable[[], float]) -> DescriptorTransport:
    """Connect; PortMissing where nobody answers."""
    try:
        async with asyncio.timeout(_CONNECT_S):
            connected = await _connect(port.host, port.number)
    except TimeoutError:
        raise PortMissing(port.url, f"no answer within {_CONNECT_S:.0f} s") from None
    except OSError as error:
        raise PortMissing(port.url, f"cannot connect: {error.strerror or error}") from None
    return DescriptorTransport(port.url, connected.detach(), clock)


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
    """Have the kernel report a link that fell silent, and send small frames at once."""
    plug.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    plug.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    plug.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1)
    plug.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)
    plug.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 2)
    plug.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _DEAD_AFTER_MS)
