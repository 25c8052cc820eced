"""The hub's only clocks: wall time for people, monotonic time for durations, and which boot the latter belongs to."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

NS_PER_MS = 1_000_000
NS_PER_S = 1_000_000_000
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")  # proc(5)
_THIS_PROCESS = f"process-{uuid.uuid4()}"
"""Stands in where the kernel tells no boot id: monotonic times are then comparable within one process only."""


class Clock(Protocol):
    """Where time comes from; it is passed in, so that tests and the demo may have another."""

    def wall_ms(self) -> int:
        """Milliseconds since 1970-01-01 UTC; may step back (NTP), so nothing is ordered by it."""

    def mono_ns(self) -> int:
        """Nanoseconds that never step back; comparable only between equal `boot()`."""

    def boot(self) -> str:
        """Name the run of the monotonic clock."""

    def real_s(self, seconds: float) -> float:
        """Seconds of the event loop in which `seconds` of this clock pass."""

    def mono_ns_at(self, machine_s: float) -> int:
        """What `mono_ns` was at a moment that a driver stamped with the machine's monotonic seconds."""


def boot_id(source: Path = _BOOT_ID) -> str:
    """Return the kernel's name for this boot, or one of this process where there is none."""
    try:
        return source.read_text(encoding="ascii").strip() or _THIS_PROCESS
    except (OSError, UnicodeDecodeError):
        return _THIS_PROCESS


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The machine's own time."""

    _boot: str = field(default_factory=boot_id)

    def wall_ms(self) -> int:
        """Milliseconds since 1970-01-01 UTC."""
        return time.time_ns() // NS_PER_MS

    def mono_ns(self) -> int:
        """Nanoseconds of CLOCK_MONOTONIC."""
        return time.monotonic_ns()

    def boot(self) -> str:
        """Name the machine's boot."""
        return self._boot

    def real_s(self, seconds: float) -> float:
        """The same: this clock is real."""
        return seconds

    def mono_ns_at(self, machine_s: float) -> int:
        """The same moment: this clock is the machine's."""
        return int(machine_s * NS_PER_S)


class ScaledClock:
    """Time that starts at `start_ms` and runs `speed` times as fast as `real`: the demo's hall."""

    def __init__(self, speed: float, start_ms: int, real: Clock | None = None) -> None:
        if speed <= 0:
            raise ValueError(f"speed must be above 0, got {speed}")
        self.speed = speed
        self._real = real or SystemClock()
        self._start_ms = start_ms
        self._real_start_ns = self._real.mono_ns()
        self._jumped_ns = 0
        self._boot = f"simulated-{uuid.uuid4()}"

    def wall_ms(self) -> int:
        """Milliseconds since 1970-01-01 UTC in the simulated hall."""
        return self._start_ms + self._elapsed_ns() // NS_PER_MS

    def mono_ns(self) -> int:
        """Nanoseconds, running `speed` times as fast as real ones."""
        return self._real_start_ns + self._elapsed_ns()

    def boot(self) -> str:
        """Name this simulation; its monotonic times compare with no other's."""
        return self._boot

    def real_s(self, seconds: float) -> float:
        """How long to wait in real seconds while `seconds` pass in the hall."""
        return seconds / self.speed

    def mono_ns_at(self, machine_s: float) -> int:
        """The simulated moment of a driver's stamp: an emulated device's bounces and resends are simulated too."""
        return self._real_start_ns + self._elapsed_ns_at(int(machine_s * NS_PER_S))

    def jump(self, seconds: float) -> None:
        """Skip `seconds` of the simulated hall: a night, a noon break."""
        if seconds < 0:
            raise ValueError(f"time passes forwards, got {seconds}")
        self._jumped_ns += round(seconds * NS_PER_S)

    def _elapsed_ns(self) -> int:
        return self._elapsed_ns_at(self._real.mono_ns())

    def _elapsed_ns_at(self, real_ns: int) -> int:
        return int((real_ns - self._real_start_ns) * self.speed) + self._jumped_ns


class ManualClock:
    """Time that moves only when told to: tests."""

    def __init__(self, wall_ms: int = 0, mono_ns: int = 0, boot: str = "boot-1") -> None:
        self._wall_ms = wall_ms
        self._mono_ns = mono_ns
        self._boot = boot

    def wall_ms(self) -> int:
        """Milliseconds since 1970-01-01 UTC, as set."""
        return self._wall_ms

    def mono_ns(self) -> int:
        """Nanoseconds, as advanced."""
        return self._mono_ns

    def boot(self) -> str:
        """Name the boot, as set."""
        return self._boot

    def real_s(self, seconds: float) -> float:
        """The same: who waits on this clock waits for real."""
        return seconds

    def mono_ns_at(self, machine_s: float) -> int:
        """The same moment: drivers' stamps are taken at their word."""
        return int(machine_s * NS_PER_S)

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass on both clocks."""
        if seconds < 0:
            raise ValueError(f"time passes forwards, got {seconds}; step_wall() sets the wall clock back")
        self._wall_ms += round(seconds * 1000)
        self._mono_ns += round(seconds * NS_PER_S)

    def step_wall(self, seconds: float) -> None:
        """Set the wall clock forwards or, below 0, back, as NTP does; the monotonic one stays."""
        self._wall_ms += round(seconds * 1000)

    def reboot(self, boot: str) -> None:
        """Start the monotonic clock anew under another name."""
        self._boot = boot
        self._mono_ns = 0
