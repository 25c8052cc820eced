"""A whole hub with 60 windows works a day.

`python -m hub.bench.memory_child FOLDER` prints MiB at first and at last.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from hub import logs
from hub.bench.rooms import hall
from hub.bench.stalled import rss_mib
from hub.clock import SystemClock
from hub.hall import Hall, Press
from hub.wiring import run_loop, serving

WINDOWS = 60
VISITS = 80
"""A window and day: one each six minutes."""


async def main(folder: Path) -> None:
    """Take, call, start, finish and press for each visit."""
    async with serving(hall(folder, windows=WINDOWS, services=12), SystemClock()) as (hub, _):
        await asyncio.sleep(1)
        started = rss_mib()
        await asyncio.gather(*(_work(hub.hall, number) for number in hub.hall.setup.windows))
        await asyncio.sleep(1)
        sys.stdout.write(f"{started:.1f} {rss_mib():.1f} {WINDOWS * VISITS}\n")


async def _work(hall: Hall, number: int) -> None:
    service = hall.setup.windows[number].services[0]
    await hall.sign_on(number, str(1000 + number), by="bench")
    for n in range(VISITS):
        await hall.issue_ticket(service, by="bench", kiosk="K1")
        await hall.call_next(number, by="bench")
        await hall.start_service(number, by="bench")
        await hall.finish(number, by="bench")
        hall.record_press(Press("line", number, number, n % 4, 5, b"\xff", n * 10**10))
    await hall.sign_off(number, by="bench")


if __name__ == "__main__":
    logs.set_up(quiet=True)
    run_loop(lambda: main(Path(sys.argv[1])))
