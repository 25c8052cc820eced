"""`POST /tickets` beside a bare FastAPI POST on the same server, at 8 and 64 clients."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Final

import msgspec

from hub.bench.floors import Disk, median_ms
from hub.bench.hubs import Child, bare, hub
from hub.bench.load import Load, load, post
from hub.bench.result import Progress, Result, at_most, figure, percentile, ratio_at_least, spread
from hub.bench.rooms import folder, hall_toml

ROUNDS: Final = 5
SECONDS: Final = 1.5
FQM_PER_S: Final = 47.0  # reference figures of the peer: 25.8, 47.0 and 18.4 a second at 8 clients; the best one
SERVICES: Final = 26
"""So many that no service runs out of numbers (9,999 a day) while it is measured."""
BARE: Final = b'{"service":"s0"}'


def run(progress: Progress) -> Sequence[Result]:
    """Interleaved rounds of both."""
    with folder() as room, hub(room, hall_toml(windows=SERVICES, services=SERVICES)) as ours, bare() as floor:
        return asyncio.run(_run(room, ours, floor, progress))


async def _run(room: Path, ours: Child, floor: Child, progress: Progress) -> list[Result]:
    disk = Disk(room)
    syncs: list[float] = []
    results: list[Result] = []
    numbers: list[str] = []
    failures = 0
    for clients in (8, 64):
        mine: list[Load] = []
        bares: list[Load] = []
        for n in range(ROUNDS):
            progress(f"issue: {clients} clients, {n + 1}/{ROUNDS}")
            syncs += disk.fdatasync_s(50)
            bares.append(await load(floor.port, clients, seconds=SECONDS, make=lambda _n: post("/bare", BARE)))
            mine.append(await load(ours.port, clients, seconds=SECONDS, make=lambda n: _request(ours, n)))
        numbers += [msgspec.json.decode(body)["number"] for one in mine for body in one.bodies]
        failures += sum(len(one.failures) for one in mine)
        results += _figures(clients, mine, bares)
    repeated = len(numbers) - len(set(numbers))
    disk.close()
    return [
        figure("issue.fdatasync", median_ms(syncs), "ms", note="p50, the floor of every commit"),
        *results,
        at_most("issue.repeated_numbers", repeated, "numbers", 0, note=f"{len(numbers)} tickets"),
        at_most("issue.failures", failures, "answers", 0),
    ]


def _figures(clients: int, mine: Sequence[Load], bares: Sequence[Load]) -> list[Result]:
    rate, floor = median(one.per_s for one in mine), median(one.per_s for one in bares)
    ratios = [a.per_s / b.per_s for a, b in zip(mine, bares, strict=True)]
    took = [s for one in mine for s in one.took_s]
    floor_took = [s for one in bares for s in one.took_s]
    p99, floor_p99 = percentile(took, 0.99) * 1000, percentile(floor_took, 0.99) * 1000
    name = f"issue.{clients}"
    results = [ratio_at_least(name, rate, "tickets/s", floor, 0.5, note=f"ratio {spread(ratios)}")]
    if clients == 8:
        results.append(ratio_at_least(f"{name}.peer", rate, "tickets/s", FQM_PER_S, 20, note="floor: FQM's best"))
        return [*results, at_most(f"{name}.p99", p99, "ms", 50, floor=floor_p99)]
    return [*results, figure(f"{name}.p99", p99, "ms", floor=floor_p99)]


def _request(ours: Child, n: int) -> bytes:
    body = b'{"service":"s%d"}' % (n % SERVICES)
    return post("/api/v1/tickets", body, [("Authorization", f"Bearer {ours.token}")])
