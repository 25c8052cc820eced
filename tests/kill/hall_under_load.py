"""A program for the kill loops: forks halls under load, each of which tells what was acknowledged until it is killed.

Reads lines `FOLDER SEED` from stdin; for each it forks a hall over that folder and prints `born PID`, then the hall's
own lines, and after its death `dead STATUS`. Forking from here, where everything is imported and no thread runs, makes
a hall in milliseconds.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
from itertools import count
from pathlib import Path

from hub.bus import Bus
from hub.clock import SystemClock
from hub.errors import StateForbids
from hub.eventlog import DataLock
from hub.hall import Hall, Press, Request
from tests.hub.ledger import SETUP
from tests.hub.running import SHANGHAI, open_log

BY = "load"
PRESSERS, TAKERS = 6, 6


def say(*words: object) -> None:
    os.write(1, (" ".join(map(str, words)) + "\n").encode())  # one write a line: never half a line


async def press_keys(hall: Hall, bus: Bus, device: int, chance: random.Random) -> None:
    for n in count():
        at_ns = bus.clock.mono_ns()
        seq = hall.record_press(Press(f"line-{device}", device, chance.choice([1, 2]), n % 4, 3, b"\x01", at_ns))
        await bus.durable(seq)
        say("press", f"p{seq - 1}")


async def take_tickets(hall: Hall, taker: int, life: int, chance: random.Random) -> None:
    for n in count():
        request = Request(f"kiosk-{taker}", f"{life}-{n}", b"social")
        issued = await hall.issue_ticket(chance.choice(["social", "tax"]), by=BY, request=request, holder="张三")
        say("ticket", issued.ticket, issued.number, request.sender, request.key)


async def serve_window(hall: Hall, window: int) -> None:
    while True:
        try:
            called = (await hall.call_next(window, by=BY)).ticket
            if called is None:
                await asyncio.sleep(0)
                continue
            say("called", called.id, window)
        except StateForbids:  # what the last hall was killed at
            if hall.state.window(window).state in {"closed", "paused"}:
                await hall.sign_on(window, f"100{window}", by=BY)
                continue
        done = (await hall.finish(window, by=BY)).ticket
        if done is not None:
            say("finished", done.id, window)


async def snapshots(hall: Hall) -> None:
    while True:
        await asyncio.sleep(0.02)
        hall.save()


async def live(folder: Path, seed: int) -> None:
    chance = random.Random(seed)
    bus = Bus(open_log(folder), SystemClock())
    bus.start()
    hall = Hall(SETUP, bus, SHANGHAI, lambda: f"{chance.getrandbits(64):x}")
    hall.start()
    say("started", bus.last_seq)
    async with asyncio.TaskGroup() as tasks:
        for device in range(PRESSERS):
            tasks.create_task(press_keys(hall, bus, device, chance))
        for taker in range(TAKERS):
            tasks.create_task(take_tickets(hall, taker, seed, chance))
        for window in (1, 2):
            tasks.create_task(serve_window(hall, window))
        tasks.create_task(snapshots(hall))


def main() -> None:
    for line in sys.stdin:
        folder, seed = line.split()
        pid = os.fork()
        if pid == 0:
            with DataLock(Path(folder), "serve"):
                asyncio.run(live(Path(folder), int(seed)))
        say("born", pid)
        say("dead", os.waitpid(pid, 0)[1])


if __name__ == "__main__":
    main()
