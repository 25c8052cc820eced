"""Honest clerk-quarters of simulated halls: false accusations with their bound, and answers that keep their form."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from time import monotonic
from typing import Any

import pytest

from hub.bench.halls.judge import Tally
from hub.bench.halls.quarters import (
    ORDINARY_HALLS,
    TORN,
    UNUSUAL_HALLS,
    Sums,
    Task,
    cut,
    differing,
    flags,
    malformed,
    one_hall,
    ordinary_bar,
    pooled,
    run,
    table,
    torn,
    unusual_bar,
)
from hub.bench.halls.shapes import ORDINARY, RESERVE, Shape
from hub.bench.halls.simulate import DAY_MS, simulate
from hub.selfpress import Reader

JOBS = min(4, os.cpu_count() or 1)
FEW = {
    "ordinary": (ORDINARY_HALLS["ordinary"], 1),
    "ordinary, all honest": (ORDINARY_HALLS["ordinary, all honest"], 1),
    "small": (UNUSUAL_HALLS["small"], 2),
}
MANY = {
    **{kind: (shape, 60) for kind, shape in ORDINARY_HALLS.items()},
    **{kind: (shape, 7) for kind, shape in UNUSUAL_HALLS.items()},
}
SAY_EVERY_S = 20.0


def measured(halls: dict[str, tuple[Shape, int]], say: Callable[[str], None]) -> dict[str, Sums]:
    began = said = monotonic()

    def progress(done: int, of: int, whole: Sums) -> None:
        nonlocal said
        now = monotonic()
        if now - said >= SAY_EVERY_S:
            said = now
            tally = whole.tally
            say(f"  {done} of {of} halls, {tally.honest} honest, {len(tally.accused)} accused, {now - began:.0f} s")

    return run(halls, jobs=JOBS, progress=progress)


@pytest.mark.parametrize(
    "halls",
    [
        pytest.param(FEW, marks=pytest.mark.timeout(600), id="few"),
        pytest.param(MANY, marks=[pytest.mark.long, pytest.mark.timeout(5400)], id="many"),
    ],
)
def test_honest_clerks_are_not_accused(halls: dict[str, tuple[Shape, int]], capsys: pytest.CaptureFixture[str]) -> None:
    def say(text: str) -> None:
        with capsys.disabled():
            print(text, flush=True)  # noqa: T201 - the table is for people

    say("")
    sums = measured(halls, say)
    say(table(sums))
    ordinary, unusual = (pooled(sums, kinds).tally for kinds in (ORDINARY_HALLS, UNUSUAL_HALLS))
    whole = pooled(sums, sums)
    assert (whole.failed, whole.malformed, whole.later, whole.by_torn_lines) == ([], 0, 0, 0)
    assert whole.checked >= 1
    if halls is FEW:
        assert (ordinary.accused, unusual.accused) == ([], [])
        return
    assert ordinary.honest >= 5000
    assert unusual_bar(len(unusual.accused), unusual.honest), unusual.accused
    assert unusual_bar(len(ordinary.accused), ordinary.honest), ordinary.accused
    if not ordinary_bar(len(ordinary.accused), ordinary.honest):
        # ARCHITECTURE.md, "Finding self-pressed ratings": the bar of ordinary halls is known to be missed.
        pytest.xfail(f"ordinary halls: {len(ordinary.accused)} of {ordinary.honest} accused")


def test_no_hall_of_the_reserve_is_among_them() -> None:
    assert not {*ORDINARY_HALLS.values(), *UNUSUAL_HALLS.values()} & set(RESERVE.values())


@pytest.mark.parametrize(
    ("accused", "honest", "met"),
    [(0, 2999, False), (0, 3000, True), (1, 4999, False), (1, 5000, True), (2, 9000, False)],
)
def test_bar_of_ordinary_halls(accused: int, honest: int, met: bool) -> None:
    assert ordinary_bar(accused, honest) is met


@pytest.mark.parametrize(("accused", "honest", "met"), [(0, 0, False), (6, 2000, True), (7, 2000, False)])
def test_bar_of_unusual_halls(accused: int, honest: int, met: bool) -> None:
    assert unusual_bar(accused, honest) is met


def test_table_tells_a_missed_bar() -> None:
    good, bad = Tally(halls=150, honest=3000), Tally(halls=75, honest=1500, accused=["small-1/1001:fast"] * 5)
    told = table({"ordinary": Sums(good), "small": Sums(bad, checked=3, later=1, failed=["small-2: KeyError()"])})
    lines = {line.split("  ")[0]: line for line in told.splitlines()}
    assert table({"ordinary": Sums(bad)}).count("too few to tell") == 2
    assert lines["ORDINARY"].endswith("met")
    assert "0.10%" in lines["ORDINARY"]
    assert lines["UNUSUAL"].endswith("MISSED")
    assert "0.70%" in lines["small"]
    assert "otherwise by a hall cut at a day's end: 1 of 3" in told
    assert "small-2: KeyError()" in told
    assert told.endswith("accused falsely: " + ", ".join(bad.accused))


def test_cut_ends_with_a_day_and_torn_lines_are_no_events() -> None:
    lines = [line.encode() for line in simulate(replace(ORDINARY, windows=3, days=10, visits=20), "1").lines]
    end, short = cut(lines)
    assert end % DAY_MS == 0
    assert max(json.loads(line)["t"] for line in short) < end <= json.loads(lines[len(short)])["t"]
    reader = Reader()
    kept = list(reader.events([*TORN, *torn(short)]))
    assert len(kept) == len(short)
    assert reader.bad_lines >= len(TORN) - 1  # an empty line is none


def test_flags_that_differ_are_counted() -> None:
    some: list[dict[str, Any]] = [
        {"clerk": "a", "flag": True, "t": 5, "log10_lr": 3.0},
        {"clerk": "b", "flag": True, "t": 9, "log10_lr": 3.0},
        {"clerk": "c", "flag": False, "watch": "uninvited", "t": 1},
    ]
    early = flags(some, 9)
    assert set(early) == {"a"}
    assert differing(early, early) == (1, 0)
    assert differing(early, flags(some)) == (2, 1)
    assert differing(early, {"a": {**some[0], "log10_lr": 3.1}}) == (1, 1)


@pytest.mark.parametrize(
    "answer",
    [
        {"press": "p999999", "score": 0.5},
        {"press": "p000001", "score": 1.5},
        {"press": "p000001", "score": float("nan")},
        {"press": "p000000", "score": 0.5},  # said before
        {"clerk": "x", "flag": True, "t": 5, "log10_lr": 3.0, "pattern": "fast", "evidence": ["3 of 5"]},
        {"clerk": "1001", "flag": True, "t": 5, "log10_lr": 3.0, "pattern": "fast", "evidence": []},
        {"clerk": "1001", "flag": True, "t": 99 * DAY_MS, "log10_lr": 3.0, "pattern": "fast", "evidence": ["3 of 5"]},
    ],
)
def test_answers_that_are_none_are_counted(answer: dict[str, Any]) -> None:
    hall = simulate(replace(ORDINARY, windows=2, days=3), "1")
    good = {"press": "p000000", "score": 0.5}
    assert list(malformed(hall, [good])) == []
    assert list(malformed(hall, [good, answer])) == [answer]


def test_a_hall_on_which_the_detector_fails_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: object) -> None:
        raise ValueError("boom")

    monkeypatch.setattr("hub.selfpress.detect", fails)
    kind, sums = one_hall(Task("tiny", replace(ORDINARY, windows=2, days=3), 1, cut=True))
    assert (kind, sums.failed, sums.tally.honest) == ("tiny", ["tiny-1: ValueError('boom')"], 0)
