"""Thousands of honest clerk-quarters: how many are accused, and whether answers are causal and well formed."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from time import perf_counter
from typing import Any, Final

from hub.bench.halls.judge import Tally
from hub.bench.halls.shapes import DEVELOPMENT, UNSEEN, Shape
from hub.bench.halls.simulate import DAY_MS, Hall, simulate

Answer = dict[str, Any]

ORDINARY_HALLS: Final[dict[str, Shape]] = {
    "ordinary": DEVELOPMENT["ordinary"],
    "ordinary, all honest": replace(DEVELOPMENT["ordinary"], cheats=0.0),
    "wider": UNSEEN["ordinary"],
    "wider, all honest": replace(UNSEEN["ordinary"], cheats=0.0),
}
UNUSUAL_HALLS: Final[dict[str, Shape]] = {
    kind: shape
    for kind, shape in {**DEVELOPMENT, **UNSEEN}.items()
    if kind not in {"ordinary", "large", "corrupt", "inventive"}
}
SEED: Final = 5_001
MOST_UNUSUAL: Final = 0.003  # share of honest clerk-quarters
TORN: Final = (
    b"",
    b"\xff\x00",
    b'{"v":1,"seq":7,"t":',
    b"[]",
    b"null",
    b'{"v":1,"t":"noon","ev":"key.pressed"}',
    b"{}",
)
TORN_EVERY: Final = 400
CUT_AT: Final = 0.6  # of the days


@dataclass(slots=True)
class Sums:
    """What came of the halls of one kind."""

    tally: Tally = field(default_factory=Tally)
    checked: int = 0
    """Flags up to a cut that were compared with those of the hall cut there."""
    later: int = 0
    """Of them, or beside them: told otherwise by the hall cut there."""
    by_torn_lines: int = 0
    """Told otherwise, once torn lines stood between the others."""
    malformed: int = 0
    """Answers that are none."""
    failed: list[str] = field(default_factory=list)

    def join(self, other: Sums) -> None:
        """Add another's."""
        self.tally.join(other.tally)
        self.checked += other.checked
        self.later += other.later
        self.by_torn_lines += other.by_torn_lines
        self.malformed += other.malformed
        self.failed += other.failed


@dataclass(frozen=True, slots=True)
class Task:
    """One hall to be simulated and answered; `cut`: and once more cut short, and with torn lines."""

    kind: str
    shape: Shape
    seed: int
    cut: bool


def run(
    halls: Mapping[str, tuple[Shape, int]], *, jobs: int, progress: Callable[[int, int, Sums], None]
) -> dict[str, Sums]:
    """Sums by kind; so many halls of each, the first of each cut short as well. Blocks, in processes of its own."""
    most = max(count for _, count in halls.values())
    tasks = [
        Task(kind, shape, SEED + number, cut=number == 0)
        for number in range(most)
        for kind, (shape, count) in halls.items()
        if number < count
    ]
    sums = {kind: Sums() for kind in halls}
    whole = Sums()
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        for done, (kind, one) in enumerate(pool.map(one_hall, tasks), 1):
            sums[kind].join(one)
            whole.join(one)
            progress(done, len(tasks), whole)
    return sums


def one_hall(task: Task) -> tuple[str, Sums]:
    """Simulate a hall, run the detector over it, judge."""
    from hub.selfpress import detect  # noqa: PLC0415 - in the process that needs it

    sums = Sums()
    hall = simulate(task.shape, f"{task.kind}/{task.seed}")
    lines = [line.encode() for line in hall.lines]
    name = f"{task.kind}-{task.seed}"
    began = perf_counter()
    try:
        answers = list(detect(lines))
        took = perf_counter() - began
        if task.cut:
            end, short = cut(lines)
            cut_short = flags(detect(short))
            sums.checked, sums.later = differing(flags(answers, end), cut_short)
            _, sums.by_torn_lines = differing(cut_short, flags(detect(torn(short))))
    except Exception as error:  # noqa: BLE001 - a failure is what is counted
        sums.failed.append(f"{name}: {error!r}")
        return task.kind, sums
    sums.malformed = sum(1 for _ in malformed(hall, answers))
    sums.tally.add(name, hall, answers, took)
    sums.tally.scored.clear()  # not asked for, and long
    return task.kind, sums


def cut(lines: list[bytes]) -> tuple[int, list[bytes]]:
    """The lines as they were at the end of a day, and when that was: ms."""
    times = [json.loads(line)["t"] for line in lines]
    end = (int(max(times) * CUT_AT) // DAY_MS + 1) * DAY_MS
    return end, lines[: next(at for at, t in enumerate(times) if t >= end)]


def torn(lines: list[bytes]) -> Iterator[bytes]:
    """The lines, with such between them as no hub writes."""
    for at, line in enumerate(lines):
        if at % TORN_EVERY == TORN_EVERY - 1:
            yield TORN[at // TORN_EVERY % len(TORN)]
        yield line


def flags(answers: Iterable[Answer], end: float = math.inf) -> dict[str, Answer]:
    """The flags raised before `end`, by clerk."""
    return {answer["clerk"]: answer for answer in answers if answer.get("flag") and answer["t"] < end}


def differing(some: Mapping[str, Answer], others: Mapping[str, Answer]) -> tuple[int, int]:
    """How many clerks either flags, and at how many of them the two differ."""
    clerks = {*some, *others}
    return len(clerks), sum(some.get(clerk) != others.get(clerk) for clerk in clerks)


def malformed(hall: Hall, answers: Iterable[Answer]) -> Iterator[Answer]:
    """Answers of an unknown press or clerk, said twice, or with values out of range."""
    clerks, told = {clerk.name for clerk in hall.clerks}, set()
    end = max(json.loads(line)["t"] for line in hall.lines[-1000:]) + DAY_MS
    for answer in answers:
        key = answer.get("press", answer.get("clerk")) if "watch" not in answer else (answer["clerk"], answer["watch"])
        known = key not in told
        told.add(key)
        if "press" in answer:
            good = answer["press"] in hall.by and 0 <= answer["score"] <= 1
        else:
            good = answer["clerk"] in clerks and 0 <= answer["t"] <= end and math.isfinite(answer["log10_lr"])
            good = good and bool(answer["evidence"]) and bool(answer.get("pattern") or answer.get("watch"))
        if not (known and good):
            yield answer


def ordinary_bar(accused: int, honest: int) -> bool:
    """0 of 3,000 or more, or at most 1 of 5,000 or more."""
    return (accused == 0 and honest >= 3000) or (accused <= 1 and honest >= 5000)


def unusual_bar(accused: int, honest: int) -> bool:
    """At most 0.3 %, pooled."""
    return honest > 0 and accused <= MOST_UNUSUAL * honest


def pooled(sums: Mapping[str, Sums], kinds: Iterable[str]) -> Sums:
    """Of these kinds together."""
    whole = Sums()
    for kind in kinds:
        if kind in sums:
            whole.join(sums[kind])
    return whole


def table(sums: Mapping[str, Sums]) -> str:
    """The counts by kind of hall, each with its one-sided 95 % bound (Clopper-Pearson), and the bars."""
    lines = [f"{'kind of hall':<24}{'halls':>6}{'honest':>8}{'accused':>9}{'share':>9}{'95 % ≤':>9}  bar"]
    for name, kinds, bar, least, said in (
        ("ORDINARY", ORDINARY_HALLS, ordinary_bar, 3000, "0 of ≥ 3,000 or ≤ 1 of ≥ 5,000"),
        ("UNUSUAL", UNUSUAL_HALLS, unusual_bar, 1000, "≤ 0.3 %"),
    ):
        lines += [_line(kind, sums[kind].tally) for kind in kinds if kind in sums]
        whole = pooled(sums, kinds).tally
        met = "met" if bar(len(whole.accused), whole.honest) else "MISSED"
        if whole.honest < least:
            met = "too few to tell"
        lines.append(f"{_line(name, whole)}  {said}: {met}")
    whole_sums = pooled(sums, sums)
    lines += [
        f"flags told otherwise by a hall cut at a day's end: {whole_sums.later} of {whole_sums.checked}; bar 0",
        f"flags told otherwise once torn lines stand between: {whole_sums.by_torn_lines}; bar 0",
        f"malformed answers: {whole_sums.malformed}; bar 0",
        f"failures: {', '.join(whole_sums.failed) or 0}; bar 0",
        f"watches on clerks who left nothing undone: {_counts(whole_sums.tally.watched)}",
        f"accused falsely: {', '.join(whole_sums.tally.accused) or 'nobody'}",
    ]
    return "\n".join(lines)


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "none"


def _line(name: str, tally: Tally) -> str:
    share, bound = 100 * tally.accused_share, 100 * tally.bound
    return f"{name:<24}{tally.halls:>6}{tally.honest:>8}{len(tally.accused):>9}{share:>8.2f}%{bound:>8.2f}%"
