"""64 saturated lines at 9600 baud: what the transport, the bus and the decoder cost, and that no frame is lost.

The frames are only counted: what a press costs beyond the line is `bench press`.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Sequence
from random import Random
from typing import Final

from drivers import link, registry
from drivers.keypad import RatingKey
from drivers.registry import Settings
from hub.bench.result import Progress, Result, at_most, figure
from hub.bench.rooms import Pty
from hub.wiring import run_loop

LINES: Final = 64
SECONDS: Final = 6.0
OPEN_S: Final = 1.0
IDLE_S: Final = 2.0


def run(progress: Progress) -> Sequence[Result]:
    """One saturated run, beside the same lines idle."""
    progress(f"serial: {LINES} lines, {SECONDS:.0f} s")
    ptys = [Pty.new() for _ in range(LINES)]
    try:
        return run_loop(lambda: _run(ptys))
    finally:
        for pty in ptys:
            pty.close()


async def _run(ptys: Sequence[Pty]) -> list[Result]:
    heard = [0] * len(ptys)
    driver = registry.load("keypad.ff68")

    def count(line: int) -> registry.Sink:
        def sink(event: object) -> None:
            heard[line] += isinstance(event, RatingKey)

        return sink

    async with asyncio.TaskGroup() as tasks:
        lines = [
            tasks.create_task(
                link.keep(
                    f"serial://{pty.path}?baud=9600",
                    lambda bus, n=n: [driver.open(bus, Settings(f"line-{n}", tuple(range(1, 201))), count(n))],  # type: ignore[misc]
                    lambda _event: None,
                    random=Random(n),
                )
            )
            for n, pty in enumerate(ptys)
        ]
        await asyncio.sleep(OPEN_S)
        idle = await _share_of_core(asyncio.sleep(IDLE_S))
        sent_each = 0

        async def saturate() -> None:
            nonlocal sent_each
            sent_each = await _saturate(ptys)

        busy = await _share_of_core(saturate())
        await asyncio.sleep(OPEN_S / 2)
        for line in lines:
            line.cancel()
    sent = sent_each * len(ptys)
    per_frame_us = busy * SECONDS / max(1, sum(heard)) * 1e6
    return [
        at_most(
            "serial.core",
            100 * busy,
            "% of a core",
            15,
            note=f"{per_frame_us:.1f} µs a frame, {sent / SECONDS:.0f} frames/s",
        ),
        figure("serial.idle", 100 * idle, "% of a core"),
        at_most("serial.lost", sent - sum(heard), "frames", 0, note=f"of {sent}"),
    ]


async def _share_of_core(doing: asyncio.Future[None] | object) -> float:
    cpu, wall = time.process_time(), time.perf_counter()
    await doing  # type: ignore[misc]
    return (time.process_time() - cpu) / (time.perf_counter() - wall)


async def _saturate(ptys: Sequence[Pty]) -> int:
    masters = [pty.master for pty in ptys]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "hub.bench.serial_child",
        str(SECONDS),
        *map(str, masters),
        stdout=asyncio.subprocess.PIPE,
        pass_fds=masters,
    )
    out, _ = await process.communicate()
    return int(out)
