"""`next` → the board in all of 10 and 1,000 wall clients, beside `websockets.broadcast` of the same bytes."""

from __future__ import annotations

import asyncio
import resource
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Final

import msgspec

from displays.board import board
from hub.bench.result import Progress, Result, at_most, figure, percentile, ratio_at_most, spread
from hub.bench.rooms import folder
from hub.bench.walls import GAP_S, Calls, Walls, broadcasting, calls, walls
from hub.wiring import run_loop

ROUNDS: Final = 5
EVENTS: Final = 20
FILES: Final = 8192
SIZES: Final = (10, 1000)
"""Wall clients."""


def run(progress: Progress) -> Sequence[Result]:
    """Interleaved rounds of both, at 10 and at 1,000 clients."""
    results: list[Result] = []
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(soft, FILES), hard), hard))
    for clients in SIZES:
        with folder() as room:
            results += run_loop(lambda c=clients, r=room: _run(r, c, progress))  # type: ignore[misc]
    return results


async def _run(room: Path, clients: int, progress: Progress) -> list[Result]:
    ours: list[list[float]] = []
    floors: list[list[float]] = []
    async with calls(room) as hub, broadcasting() as (port, send), walls() as screens:
        progress(f"call: connecting {clients} clients")
        await screens.connect("floor", port, "", clients)
        await screens.connect("hub", hub.port, hub.token, clients)
        seq = 10**9
        for n in range(ROUNDS):
            progress(f"call: {clients} clients, {n + 1}/{ROUNDS}")
            floor: list[float] = []
            for _ in range(EVENTS):
                await asyncio.sleep(GAP_S)
                seq += 1
                text = _same_bytes(hub, seq)
                begin = time.monotonic()
                send(text)
                floor.append(await screens.last("floor", seq) - begin)
            floors.append(floor)
            ours.append(await timed(hub, screens))
    return _figures(clients, ours, floors)


async def timed(hub: Calls, screens: Walls) -> list[float]:
    """Seconds from each durable commit to its board in the last client."""
    took: list[float] = []
    for _ in range(EVENTS):
        await asyncio.sleep(GAP_S)
        seq, begin = await hub.event()
        took.append(await screens.last("hub", seq) - begin)
    return took


def _same_bytes(hub: Calls, seq: int) -> str:
    parts = hub.hub
    now = board(parts.shown.state, parts.hall.setup, zone=parts.hall.zone)
    return f'{{"seq":{seq},"topic":"board","board":{msgspec.json.encode(now).decode()}}}'


def _figures(clients: int, ours: Sequence[Sequence[float]], floors: Sequence[Sequence[float]]) -> list[Result]:
    mine = median(median(one) for one in ours) * 1000
    floor = median(median(one) for one in floors) * 1000
    ratios = [median(a) / median(b) for a, b in zip(ours, floors, strict=True)]
    took, floor_took = [s for one in ours for s in one], [s for one in floors for s in one]
    p99, floor_p99 = percentile(took, 0.99) * 1000, percentile(floor_took, 0.99) * 1000
    name, note = f"call.{clients}", f"ratio {spread(ratios)}"
    if clients < 1000:
        return [
            figure(name, mine, "ms", floor=floor, note=note),
            at_most(f"{name}.p99", p99, "ms", 75, floor=floor_p99),
        ]
    return [ratio_at_most(name, mine, "ms", floor, 1.3, note=note), figure(f"{name}.p99", p99, "ms", floor=floor_p99)]
