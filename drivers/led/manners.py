"""How a sign session speaks to its cards, and the time that it goes by."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import tzinfo
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Manners:
    """How the session speaks to the cards."""

    char_s: float = 10 / 9600
    """Seconds a character takes on the slowest part of the way."""
    reply_s: float = 0.3
    """How long a card may think before it answers; they take 5 to 50 ms."""
    display_mode: int = 0
    brightness: int | None = None
    """Set whenever a sign comes up; None leaves what the card has."""
    clock_every_s: float = 86_400.0
    zone: tzinfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))


@dataclass(frozen=True, slots=True)
class Clocks:
    """Time, passed in: monotonic seconds, the wall clock, and waiting."""

    monotonic: Callable[[], float] = time.monotonic
    utc: Callable[[], time.struct_time] = time.gmtime
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
