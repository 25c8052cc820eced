"""Run the detector over many halls, and the table of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from time import perf_counter
from typing import Any, Final

from hub.bench.halls.judge import Tally
from hub.bench.halls.shapes import CRUDE, INVENTED, RESERVED, Shape
from hub.bench.halls.simulate import simulate

GROUPS: Final = {
    "crude": CRUDE,
    "bot, shield, after_leave": ("bot", "shield", "after_leave"),
    "mimic": ("mimic",),
    "invented": INVENTED,
    "reserved": RESERVED,
}


def run(
    shapes: Mapping[str, Shape], halls: int, *, jobs: int, seed: int, progress: Callable[[int, int], None]
) -> dict[str, Tally]:
    """A tally by variant; `halls` of each. Blocks, in processes of its own."""
    tasks = [(variant, shape, seed + number) for number in range(halls) for variant, shape in shapes.items()]
    tallies = {variant: Tally() for variant in shapes}
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        for done, (variant, tally) in enumerate(pool.map(one_hall, tasks), 1):
            tallies[variant].join(tally)
            progress(done, len(tasks))
    return tallies


def one_hall(task: tuple[str, Shape, int]) -> tuple[str, Tally]:
    """Simulate a hall, run the detector over it, judge."""
    from hub.selfpress import detect  # noqa: PLC0415 - in the process that needs it

    variant, shape, seed = task
    hall = simulate(shape, f"{variant}/{seed}")
    lines = [line.encode() for line in hall.lines]
    began = perf_counter()
    answers = list(detect(lines))
    tally = Tally()
    tally.add(f"{variant}-{seed}", hall, answers, perf_counter() - began)
    return variant, tally


def rows(tallies: dict[str, Tally]) -> Iterator[dict[str, Any]]:
    """One row a variant, and one for all together."""
    whole = Tally()
    for variant, tally in tallies.items():
        whole.join(tally)
        yield _row(variant, tally)
    yield _row("all", whole)


def _row(name: str, tally: Tally) -> dict[str, Any]:
    row: dict[str, Any] = {
        "variant": name,
        "halls": tally.halls,
        "honest": tally.honest,
        "accused": len(tally.accused),
        "bound95": round(tally.bound, 5),
        "precision": round(tally.precision(), 3),
        "seconds": round(sum(tally.seconds) / max(1, len(tally.seconds)), 2),
        "who": tally.accused,
    }
    for group, strategies in GROUPS.items():
        found, of = tally.found_share(strategies)
        row[group] = f"{found}/{of}"
    row["each"] = {one: f"{tally.found[one]}/{count}" for one, count in sorted(tally.cheats.items())}
    row["days"] = {one: tally.middle_days(one) for one in sorted(tally.days)}
    return row


def text(found: list[dict[str, Any]]) -> str:
    """The table, as wide as a terminal."""
    heads = ("variant", "halls", "honest", "accused", "bound95", *GROUPS, "precision", "seconds")
    cells = [[str(head) for head in heads], *([str(row[head]) for head in heads] for row in found)]
    widths = [max(len(row[at]) for row in cells) for at in range(len(heads))]
    lines = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in cells]
    whole = found[-1]
    lines.append("found of each strategy: " + ", ".join(f"{one} {share}" for one, share in whole["each"].items()))
    lines.append("median days to the flag: " + ", ".join(f"{one} {days:g}" for one, days in whole["days"].items()))
    lines.append("falsely accused: " + (", ".join(whole["who"]) or "nobody"))
    return "\n".join(lines)
