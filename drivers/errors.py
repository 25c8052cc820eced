"""The error tree of the drivers.

DriverError
├── BadOption        a device's settings make no sense
├── UnknownDriver    no driver of that name is installed
└── TransportError   the road to the device
    ├── PortMissing      there is no such port
    ├── PortBusy         another program holds it
    ├── PortDenied       no right to open it
    └── LinkLost         it was open and is gone

Bytes from a device never raise: they become `drivers.events.BadFrame`.
"""

from __future__ import annotations


class DriverError(Exception):
    """Something that a driver can't do; the message says expected, got and what to do."""


class BadOption(DriverError):
    """A device's settings make no sense."""


class UnknownDriver(DriverError):
    """No driver of that name is installed."""


class TransportError(DriverError):
    """The road to a device fails; `url` names the port as the configuration does, `reason` says why."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"{url}: {reason}")
        self.url = url
        self.reason = reason


class PortMissing(TransportError):
    """There is no such port."""


class PortBusy(TransportError):
    """Another program holds the port."""


class PortDenied(TransportError):
    """The right to open the port is missing."""


class LinkLost(TransportError):
    """The port was open and is gone: unplugged, closed by the other side, or failing."""
