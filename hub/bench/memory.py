"""A hub with 60 windows after a day's work, in a process of its own; the day itself in fast motion."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from typing import Final

from hub.bench.result import Progress, Result, at_most, figure
from hub.bench.rooms import folder
from hub.errors import HallhubError

DAY_S: Final = 300.0


def run(progress: Progress) -> Sequence[Result]:
    """One day in a child."""
    progress("memory: a day of 60 windows")
    with folder() as room:
        command = [sys.executable, "-m", "hub.bench.memory_child", str(room)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=DAY_S, check=False)  # noqa: S603 - our own interpreter
    if done.returncode != 0:
        raise HallhubError(f"memory: {done.stderr[-500:]}")
    started, ended, visits = done.stdout.split()
    return [
        figure("memory.started", float(started), "MiB"),
        at_most("memory.hub", float(ended), "MiB", 150, floor=float(started), note=f"{visits} visits, all rated"),
    ]
