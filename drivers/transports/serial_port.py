"""A serial port: pyserial sets it up, then the event loop drives the descriptor."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import struct
import termios
from collections.abc import Callable
from contextlib import suppress

import serial

from drivers.errors import PortBusy, PortDenied, PortMissing, TransportError
from drivers.transports.descriptor import DescriptorTransport
from drivers.transports.ports import Port
from drivers.transports.threads import in_thread

_DRAIN_STEP_S = 0.01
_DRAIN_STEPS = 50  # half a second: an acknowledgement gets out, a port that nobody reads holds up no shutdown


async def open_serial(port: Port, clock: Callable[[], float]) -> DescriptorTransport:
    """Open and configure; what already waits in the line is kept."""
    descriptor = await in_thread(lambda: _open(port), undo=os.close)
    return DescriptorTransport(port.url, descriptor, clock, before_close=_drain)


class _KeepingSerial(serial.Serial):  # type: ignore[misc]  # pyserial carries no types
    """pyserial throws away what waits in the line when it opens a port; a press may be in it."""

    def _reset_input_buffer(self) -> None:
        pass


def _open(port: Port) -> int:
    line = port.line
    try:
        opened = _KeepingSerial(
            port.place,
            baudrate=line.baud,
            bytesize=line.bytesize,
            parity=line.parity,
            stopbits=line.stopbits,
            rtscts=line.rtscts,
            xonxoff=line.xonxoff,
            exclusive=line.exclusive or None,
            inter_byte_timeout=0,  # VMIN 1: a read of nothing then means that the port is gone
        )
    except (OSError, ValueError, termios.error) as error:
        raise open_error(port.url, error) from None
    with suppress(ValueError, OSError):  # FTDI would hold bytes for 16 ms; others, and ptys, have no such setting
        opened.set_low_latency_mode(True)
    # A duplicate shares the port and its lock; pyserial's own four helper pipes go with its object.
    descriptor = os.dup(opened.fd)
    opened.close()
    return descriptor


def open_error(url: str, error: Exception) -> TransportError:
    """Say in our words why a port did not open."""
    code = getattr(error, "errno", None)
    match code:
        case errno.EBUSY | errno.EAGAIN:
            return PortBusy(url, "another program holds the port; stop it, or give this device another port")
        case errno.EACCES | errno.EPERM:
            return PortDenied(url, "no right to open the port; add the hub's user to the group that owns it (dialout)")
        case errno.ENOENT | errno.ENODEV | errno.ENXIO:
            return PortMissing(url, "no such port; is the device plugged in?")
        case _:
            return PortMissing(url, f"is no usable serial port: {error}")


async def _drain(descriptor: int) -> None:
    """Give the last frame a moment to get out; closing a tty with unsent bytes would block the whole process."""
    try:
        for _ in range(_DRAIN_STEPS):
            if not _unsent(descriptor):
                return
            await asyncio.sleep(_DRAIN_STEP_S)
    finally:
        if _unsent(descriptor):
            with suppress(termios.error):
                termios.tcflush(descriptor, termios.TCOFLUSH)


def _unsent(descriptor: int) -> int:
    try:
        answer = fcntl.ioctl(descriptor, termios.TIOCOUTQ, b"\0\0\0\0")
    except OSError:
        return 0  # unplugged: nothing will get out any more
    (count,) = struct.unpack("i", answer)
    return int(count)
