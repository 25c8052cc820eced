"""From kill -9 to serving again, with 200 waiting and 1, 3 and 10 million facts in the log."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Final

from hub.bench.result import Progress, Result, at_most, figure
from hub.bench.rooms import folder, hall_toml
from hub.bus import Bus
from hub.clock import SystemClock
from hub.config import HallConfig, load
from hub.domain.events import DeviceOnline, Fact, KeyPressed, PressUnmatched
from hub.errors import HallhubError
from hub.eventlog import Database, EventLog
from hub.hall import Hall
from hub.wiring import run_loop

MILLIONS: Final = (1, 3, 10)
WAITING: Final = 200
ROUNDS: Final = 5
GROUP: Final = 1000
READY_S: Final = 60.0
POLL_S: Final = 0.005
FLAT: Final = 1.5
"""How much slower the longest history may be than the shortest and still be called flat: starts vary by a fifth."""


def run(progress: Progress) -> Sequence[Result]:
    """Grow one log and restart the hub on it at each size."""
    results: list[Result] = []
    with folder() as room:
        path = room / "hall.toml"
        path.write_text(hall_toml(), encoding="utf-8")
        config = load(path)
        for millions in MILLIONS:
            run_loop(lambda m=millions: _grow(config, m * 1_000_000, progress))  # type: ignore[misc]
            progress(f"restart: {millions} M facts")
            took = [_restart(path) for _ in range(ROUNDS)]
            results.append(at_most(f"restart.{millions}M", median(took), "s", 3.0, note=f"max {max(took):.2f}"))
    flat = results[-1].value / results[0].value
    return [
        *results,
        at_most("restart.growth", flat, "× of the shortest", FLAT),
        figure("restart.empty", _empty(), "s"),
    ]


async def _grow(config: HallConfig, total: int, progress: Progress) -> None:
    """Publish facts through the real bus and hall, snapshots and all, until there are so many; 200 people wait."""
    bus = Bus(EventLog(Database.of(config)), SystemClock())
    bus.start()
    hall = Hall(config.setup(), bus, config.hall.zone, lambda: os.urandom(12).hex())
    hall.start()
    while len(hall.state.tickets) < WAITING:
        await hall.issue_ticket("s0", by="bench")
    while bus.last_seq < total:
        progress(f"restart: {bus.last_seq:,} of {total:,} facts")
        seq = 0
        for _ in range(100):
            seq = bus.publish(*_facts(bus.last_seq))
            await asyncio.sleep(0)
        await bus.durable(seq)
    await bus.close()


def _facts(seq: int) -> list[Fact]:
    facts: list[Fact] = [DeviceOnline("line-1", "keypad.ff68", (1,))]
    for n in range(GROUP // 2):
        facts.append(KeyPressed(f"p{seq + n}", "line-1", 1, 1, n % 4, 3, "ff68030368011101" + "1316", 0))
        facts.append(PressUnmatched(f"p{seq + n}", 1, "closed", None))
    return facts


def _restart(path: Path) -> float:
    """Start, kill -9, and time the next start until it answers."""
    process, _ = _start(path)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    begin = time.perf_counter()
    process, ready = _start(path)
    process.terminate()
    process.communicate()
    return ready - begin


def _start(path: Path) -> tuple[subprocess.Popen[str], float]:
    """Start the hub; when it answered that it is ready."""
    command = [sys.executable, "-m", "hub.cli", "serve", "-c", str(path)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)  # noqa: S603 - our own interpreter
    assert process.stderr is not None
    said = next((line for line in process.stderr if "http://" in line), "")
    url = "http://" + said.partition("http://")[2].partition(" ")[0]
    deadline = time.perf_counter() + READY_S
    while time.perf_counter() < deadline:
        if _is_ready(url):
            return process, time.perf_counter()
        time.sleep(POLL_S)
    process.kill()
    raise HallhubError("restart: 中枢没有就绪 (not ready)")


def _is_ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=READY_S) as answer:  # noqa: S310 - loopback
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError):
        return False


def _empty() -> float:
    """A start on an empty log: what interpreter and imports take."""
    with folder() as room:
        path = room / "hall.toml"
        path.write_text(hall_toml(), encoding="utf-8")
        begin = time.perf_counter()
        process, ready = _start(path)
        process.terminate()
        process.communicate()
        return ready - begin
