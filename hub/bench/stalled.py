"""Walls beside one client that never reads: the others get every state, as fast as before, and memory stays flat."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from hub.bench.call import timed
from hub.bench.result import Progress, Result, at_most, percentile, ratio_at_most
from hub.bench.rooms import folder
from hub.bench.walls import calls, walls
from hub.wiring import run_loop

CLIENTS: Final = 20
ROUNDS: Final = 8
FLAT_MIB: Final = 8.0
"""What may be called flat; a client that is buffered without bound takes more than the states below weigh."""


def run(progress: Progress) -> Sequence[Result]:
    """Rounds without, then with the stalled client."""
    with folder() as room:
        return run_loop(lambda: _run(room, progress))


async def _run(room: Path, progress: Progress) -> list[Result]:
    async with calls(room) as hub, walls() as screens:
        await screens.connect("hub", hub.port, hub.token, CLIENTS)
        progress("stalled: warming up")
        await timed(hub, screens)
        before: list[float] = []
        for n in range(ROUNDS):
            progress(f"stalled: without, {n + 1}/{ROUNDS}")
            before += await timed(hub, screens)
        await screens.connect("hub", hub.port, hub.token, 0, stalled=1)
        rss = rss_mib()
        counted = await screens.ask(group="hub")
        during: list[float] = []
        for n in range(ROUNDS):
            progress(f"stalled: with, {n + 1}/{ROUNDS}")
            during += await timed(hub, screens)
        counts = await screens.ask(group="hub")
        grown = rss_mib() - rss
    missed = len(during) - (counts["least"] - counted["least"])
    p99, floor = percentile(during, 0.99) * 1000, percentile(before, 0.99) * 1000
    return [
        at_most("stalled.missed", missed, "states", 0, note=f"of {len(during)}, the client that got the fewest"),
        ratio_at_most("stalled.p99", p99, "ms", floor, 2.0, note="floor: the same without the stalled client"),
        at_most("stalled.memory", grown, "MiB", FLAT_MIB),
    ]


def rss_mib(pid: int | None = None) -> float:
    """Resident memory of a process."""
    pages = int(Path(f"/proc/{pid or os.getpid()}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGESIZE") / 2**20
