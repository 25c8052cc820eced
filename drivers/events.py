"""What every wire can tell, whatever hangs on it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes as one read gave them."""

    data: bytes
    at: float
    """Monotonic seconds (`time.monotonic`) at which the read returned."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Bytes as one frame went out."""

    data: bytes
    at: float
    """Monotonic seconds at which the port had taken them."""


@dataclass(frozen=True, slots=True)
class LinkUp:
    """The port is open."""

    url: str


@dataclass(frozen=True, slots=True)
class LinkDown:
    """The port is closed, or could not be opened."""

    url: str
    reason: str


@dataclass(frozen=True, slots=True)
class BadFrame:
    """Bytes that are no frame; `reason` says expected and got."""

    raw: bytes
    reason: str
