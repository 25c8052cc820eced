"""Durable facts a second with 60 writers, beside raw sqlite3 in groups of 60."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Final

from hub.bench.floors import Disk, RawSqlite, median_ms
from hub.bench.result import Progress, Result, figure, ratio_at_least, spread
from hub.bench.rooms import folder
from hub.bus import Bus
from hub.clock import SystemClock
from hub.domain.events import KeyPressed
from hub.eventlog import Database, EventLog
from hub.wiring import run_loop

WRITERS: Final = 60
ROUNDS: Final = 7
SECONDS: Final = 1.0
SLOW_MS: Final = 2.0
"""quality.md: the bar is .85 from here on, .35 below .3 ms; between, the lower one."""


def run(progress: Progress) -> Sequence[Result]:
    """Interleaved rounds of both."""
    with folder() as room:
        return run_loop(lambda: _run(room, progress))


async def _run(room: Path, progress: Progress) -> list[Result]:
    disk, raw = Disk(room), RawSqlite(room)
    bus = Bus(EventLog(Database.in_folder(room)), SystemClock())
    bus.start()
    syncs: list[float] = []
    ours: list[float] = []
    floors: list[float] = []
    for n in range(ROUNDS):
        progress(f"store {n + 1}/{ROUNDS}")
        syncs += disk.fdatasync_s(100)
        floors.append(raw.rows_per_s(WRITERS, SECONDS))
        ours.append(await _facts_per_s(bus))
    await bus.close()
    raw.close()
    disk.close()
    sync_ms = median_ms(syncs)
    least = 0.85 if sync_ms >= SLOW_MS else 0.35
    ratios = [a / b for a, b in zip(ours, floors, strict=True)]
    return [
        figure("store.fdatasync", sync_ms, "ms", note="p50, the floor of every commit"),
        ratio_at_least("store", median(ours), "facts/s", median(floors), least, note=f"ratio {spread(ratios)}"),
    ]


async def _facts_per_s(bus: Bus) -> float:
    stop = time.perf_counter() + SECONDS
    begin = time.perf_counter()

    async def write(writer: int) -> int:
        n = 0
        fact = KeyPressed("p1", f"line-{writer}", writer, writer, 1, 3, "ff680303680311010115", 0)
        while time.perf_counter() < stop:
            n += 1
            await bus.durable(bus.publish(fact))
        return n

    written = await asyncio.gather(*(write(n) for n in range(WRITERS)))
    return sum(written) / (time.perf_counter() - begin)
