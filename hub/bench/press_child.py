"""A process of its own that runs keypads on given ptys until its standard input ends: what strace watches.

`python -m hub.bench.press_child FOLDER PTY…` prints `ready` when the first line is open.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from hub import logs
from hub.bench.rooms import hall, keypad_table, pressed_hall
from hub.wiring import SWITCH_INTERVAL_S, run_loop

SETTLE_S = 0.3
"""Until the links of all ptys are up and their first displays are written."""


async def serve(folder: Path, paths: list[str]) -> None:
    """Run until standard input ends."""
    tables = [keypad_table(n, path, (1,), window=1) for n, path in enumerate(paths)]
    async with pressed_hall(hall(folder, devices=tables)):
        await asyncio.sleep(SETTLE_S)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    logs.set_up(quiet=True)
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    run_loop(lambda: serve(Path(sys.argv[1]), sys.argv[2:]))
