"""The detector: seconds a hall-quarter and a press, beside decoding the same lines; what it finds in unseen halls."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from statistics import median
from time import perf_counter
from typing import Final

from hub.bench.halls.judge import Tally
from hub.bench.halls.shapes import CRUDE, ORDINARY, UNSEEN
from hub.bench.halls.simulate import simulate
from hub.bench.halls.table import run as run_halls
from hub.bench.result import Progress, Result, at_least, at_most
from hub.selfpress import Detector, Reader, detect

QUARTER: Final = replace(ORDINARY, visits=52.0)  # about 200,000 events
ROUNDS: Final = 5
HALLS: Final = 1
JOBS: Final = 2


def run(progress: Progress) -> Sequence[Result]:
    """Time first, in this process alone; then the halls."""
    progress("selfpress: a hall-quarter")
    lines = [line.encode() for line in simulate(QUARTER, "bench").lines]
    floors, took = [], []
    for _ in range(ROUNDS):
        began = perf_counter()
        for line in lines:
            json.loads(line)
        floors.append(perf_counter() - began)
        began = perf_counter()
        list(detect(lines))
        took.append(perf_counter() - began)
    note = f"{len(lines)} events; floor: json.loads of each"
    results = [at_most("selfpress.quarter", median(took), "s", 2.0, floor=median(floors), note=note)]
    results.append(_online(lines))
    progress("selfpress: unseen halls")
    whole = Tally()
    for tally in run_halls(UNSEEN, HALLS, jobs=JOBS, seed=1, progress=lambda *_: None).values():
        whole.join(tally)
    found, of = whole.found_share(CRUDE)
    accused = f"{len(whole.accused)} of {whole.honest}; 95 % bound {100 * whole.bound:.2f} %"
    return [
        *results,
        at_most("selfpress.accused", 100 * whole.accused_share, "%", 0.3, note=accused),
        at_least("selfpress.crude", found / max(1, of), "found", 0.95, note=f"{found} of {of}"),
        at_least("selfpress.precision", whole.precision(), "AP", 0.65),
    ]


def _online(lines: list[bytes]) -> Result:
    """One press as it comes: the whole last day, after the quarter before it."""
    detector = Detector()
    events = list(Reader().events(lines))
    last = events[-1].t // 86_400_000
    for event in events:
        if event.t // 86_400_000 < last:
            detector.feed(event)
    detector.close_day()
    took = []
    for event in (event for event in events if event.t // 86_400_000 == last):
        began = perf_counter()
        if detector.score(event) is not None:
            took.append(perf_counter() - began)
    return at_most("selfpress.press", 1000 * median(took), "ms", 1.0, note=f"worst {1000 * max(took):.2f} ms")
