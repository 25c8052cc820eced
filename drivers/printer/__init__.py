"""Ticket printers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Protocol

Align = Literal["left", "centre", "right"]
Known = Literal["yes", "no", "unknown"]
"""A sensor's answer; `unknown` is neither, and never means fine."""


@dataclass(frozen=True, slots=True)
class Text:
    """One line of text; `size` 1 to 8 multiplies both width and height. Too wide a line is broken at the edge."""

    text: str
    size: int = 1
    bold: bool = False
    align: Align = "left"


@dataclass(frozen=True, slots=True)
class Rule:
    """A dashed line over the paper's whole width."""


@dataclass(frozen=True, slots=True)
class Qr:
    """A QR code, centred."""

    data: str
    """At most 2,331 bytes of UTF-8; control characters are left out, and without any data nothing is printed."""
    module_dots: int = 6
    """Smaller where the code would not fit the paper."""


@dataclass(frozen=True, slots=True)
class Feed:
    """Empty lines."""

    lines: int = 1


Element = Text | Rule | Qr | Feed


@dataclass(frozen=True, slots=True)
class Job:
    """One slip; the driver adds initialisation, Chinese mode and the cut."""

    id: str
    elements: tuple[Element, ...]
    after_a_half: bool = False
    """Part of a slip may stand in the printer: it is fed out and cut off first, unless the printer surely does so."""


@dataclass(frozen=True, slots=True)
class PrinterStatus:
    """What the printer says of itself, sensor by sensor."""

    online: Known = "unknown"
    paper: Literal["ok", "near_end", "out", "unknown"] = "unknown"
    cover_open: Known = "unknown"
    cutter_error: Known = "unknown"
    error: Known = "unknown"
    """Some other error, or one that the printer does not name."""
    head_hot: Known = "unknown"
    awaits_recovery: Known = "unknown"
    """It stays off-line until somebody presses its feed button."""


@dataclass(frozen=True, slots=True)
class StatusChanged:
    """The printer's status is another one than before; goes to the session's sink."""

    status: PrinterStatus
    at: float
    """Monotonic seconds."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """How a job ended.

    `out`: the printer proved that it processed everything; `sent`: the bytes went out and the printer is well, but it
    can't prove more; `failed`: not whole, `reason` names the trouble; `unknown`: the printer is silent, or fell silent
    in mid-slip, so nobody can say. `reason` also names characters that could only be printed as □. `stopped`: where
    trouble or silence stopped it, `before` anything of it went out or `within`; None where nothing is known to have, so
    that it may well lie there, proven or not.
    """

    job: str
    outcome: Literal["out", "sent", "failed", "unknown"]
    status: PrinterStatus = field(default_factory=PrinterStatus)
    reason: str = ""
    stopped: Literal["before", "within"] | None = None


class Printer(Protocol):
    """One connected printer; one job at a time."""

    @property
    def columns(self) -> int:
        """How many ASCII characters of size 1 fit a line; a Chinese character takes two."""

    async def print(self, job: Job) -> Receipt:
        """Print one slip; what is wrong with the printer is in the receipt. LinkLost where the line is gone."""

    async def status(self) -> PrinterStatus:
        """Ask the printer now; `unknown` everywhere where it is silent."""
