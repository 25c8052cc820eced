"""The simulated halls, and how an answer is judged."""

import json
from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from hub.bench.halls.judge import Tally, average_precision, upper95
from hub.bench.halls.people import Clerk
from hub.bench.halls.shapes import (
    CRUDE,
    DEVELOPMENT,
    INVENTED,
    ORDINARY,
    OTHER_SIDE,
    RESERVED,
    SETS,
    SUBTLE,
    UNSEEN,
)
from hub.bench.halls.simulate import DAY_MS, Hall, simulate, truth_lines
from hub.bench.halls.table import rows, run, text

TINY = replace(ORDINARY, windows=3, spare_clerks=1, days=10, visits=20)
ALL = (*CRUDE, *SUBTLE, *INVENTED, *RESERVED)


def events(hall: Hall) -> list[dict[str, Any]]:
    return [json.loads(line) for line in hall.lines]


def test_same_seed_is_the_same_hall_and_another_is_not() -> None:
    assert simulate(TINY, "1").lines == simulate(TINY, "1").lines
    assert simulate(TINY, "1").lines != simulate(TINY, "2").lines


def test_sets_share_no_hall_but_their_names() -> None:
    shapes = [shape for chosen in SETS.values() for shape in chosen.values()]
    assert set(SETS) == {"development", "unseen", "reserve"}
    assert len(set(shapes)) == len(shapes)
    assert not {one for shape in (*DEVELOPMENT.values(), *UNSEEN.values()) for one in shape.strategies} & set(RESERVED)


def test_lines_are_a_hall_log_that_tells_nobody_who_pressed() -> None:
    lines = events(simulate(replace(TINY, cheats=1.0), "1"))
    assert (lines[0]["ev"], lines[0]["levels"], lines[0]["first_day"]) == ("hall.start", 5, "2026-10-05")
    presses = [line for line in lines if line["ev"] == "key.pressed"]
    assert presses
    for press in presses:
        assert set(press) == {"v", "seq", "t", "ev", "win", "level", "press"}
    assert [line["seq"] for line in lines] == list(range(len(lines)))


def test_honest_hall_has_no_false_press() -> None:
    hall = simulate(replace(TINY, cheats=0.0), "1")
    assert {maker for _, maker in hall.by.values()} <= {"citizen", "assisted", "stray"}
    assert hall.first_fake == {}
    assert all(row["strategy"] is None for row in truth_lines(hall) if "strategy" in row)


@pytest.mark.parametrize("strategy", ALL)
def test_each_strategy_leaves_false_presses_from_its_first_day_on(strategy: str) -> None:
    hall = simulate(replace(TINY, days=15, cheats=1.0, strategies=(strategy,)), "3")
    assert sum(maker == "cheat" for _, maker in hall.by.values()) >= 3
    starts = {clerk.name: clerk.start for clerk in hall.clerks}
    for clerk, day in hall.first_fake.items():
        assert day >= (min(starts.values()) if strategy == "spread" else starts[clerk])  # friends join in


@pytest.mark.parametrize(("strategy", "mark"), [("uninvited", "rating.invited"), ("unplugged", "device.offline")])
def test_the_other_side_is_no_false_press(strategy: str, mark: str) -> None:
    assert strategy in OTHER_SIDE
    shape = replace(TINY, cheats=1.0, strategies=(strategy,), offline=0, lost=0)
    cheating, honest = (events(simulate(replace(shape, cheats=share), "3")) for share in (1.0, 0.0))
    share = [
        sum(line["ev"] == mark for line in lines) / sum(line["ev"] == "ticket.finished" for line in lines)
        for lines in (cheating, honest)
    ]
    assert abs(share[0] - share[1]) > 0.05
    assert all(maker != "cheat" for _, maker in simulate(shape, "3").by.values())


def test_faults_are_really_there() -> None:
    clean = replace(TINY, lost=0, repeated=0, late_lines=0, offline=0, stuck=0, cheats=0)
    rough = replace(
        clean, lost=0.05, repeated=0.05, late_lines=0.05, offline=1.0, stuck=1.0, skew_ms=60_000, swapped=True
    )
    good, bad = events(simulate(clean, "4")), events(simulate(rough, "4"))
    times = [line["t"] for line in good]
    assert times == sorted(times)
    assert [line["t"] for line in bad] != sorted(line["t"] for line in bad)
    bare = [json.dumps({**line, "seq": 0}) for line in bad]
    assert len(set(bare)) < len(bare)
    assert sum(line["ev"] == "ticket.finished" for line in bad) < sum(line["ev"] == "ticket.called" for line in good)
    assert any(line["ev"] == "device.offline" for line in bad)


def test_halls_of_the_reserve_are_what_they_say() -> None:
    base = replace(TINY, windows=4, lost=0, repeated=0, late_lines=0, offline=0, stuck=0, cheats=0, days=12)

    def lines(**ways: Any) -> list[dict[str, Any]]:
        return events(simulate(replace(base, **ways), "6"))

    def count(some: list[dict[str, Any]], ev: str, windows: Collection[int]) -> int:
        return sum(line["ev"] == ev and line["win"] in windows for line in some)

    plain, wings = lines(), lines(wings=True)
    assert count(plain, "rating.invited", (1, 2)) == count(plain, "ticket.finished", (1, 2))
    assert count(wings, "rating.invited", (1, 2)) < 0.85 * count(wings, "ticket.finished", (1, 2))
    assert count(wings, "rating.invited", (3, 4)) == count(wings, "ticket.finished", (3, 4))

    moved = lines(relocated=True)
    assert {line["win"] for line in moved if line["ev"] == "ticket.called"} == {1, 2, 3, 4, 101, 102, 103, 104}

    bunched = [line for line in lines(bunch_s=25.0) if line["ev"] == "key.pressed"]
    gaps = [b["t"] - a["t"] for a, b in pairwise(line for line in bunched if line["win"] in {2, 4})]
    assert gaps.count(120) > 5

    called = Counter(line["t"] // (7 * DAY_MS) for line in lines(surge=3.0) if line["ev"] == "ticket.called")
    assert called[0] < called[1]

    shared = lines(apprentices=1.0)
    assert {line["win"] for line in shared if line["ev"] == "window.open"} > {1, 2, 3, 4, 5}
    assert {line["clerk"] for line in shared if "clerk" in line} == {line["clerk"] for line in plain if "clerk" in line}

    keeping = lines(service_rates=(-2.0, -1.0, 0.0, 0.0, 1.0, 2.0))
    services = Counter(line["service"] for line in keeping if line["ev"] == "ticket.called" and line["win"] == 2)
    assert services["s2"] > 0.7 * services.total()

    grim = [line["level"] for line in lines(bad_days=1.0) if line["ev"] == "key.pressed"]
    fair = [line["level"] for line in plain if line["ev"] == "key.pressed"]
    assert grim.count(5) / len(grim) < fair.count(5) / len(fair) - 0.1


def clerk(name: str, strategy: str | None = None) -> Clerk:
    return Clerk(name, 2.0, 1.0, 1.0, 0.0, 0.0, 0, 1, [0.0], strategy)


def judged(*flags: dict[str, Any], scores: dict[str, float] | None = None) -> Tally:
    """Two honest clerks, a cheat with nine false presses from day 3 on, one with two."""
    by = {f"a{n}": ("a", "citizen") for n in range(20)}
    by |= {f"c{n}": ("c", "cheat") for n in range(9)} | {f"d{n}": ("d", "cheat") for n in range(2)}
    hall = Hall([], by, [clerk("a"), clerk("b"), clerk("c", "fast"), clerk("d", "idle")], {"c": 3, "d": 1})
    tally = Tally()
    answers = [{"press": press, "score": score} for press, score in (scores or {}).items()]
    tally.add("hall", hall, [*answers, *({"flag": True, "pattern": "x", **flag} for flag in flags)], 1.0)
    return tally


def test_found_and_days() -> None:
    tally = judged({"clerk": "c", "t": 5 * DAY_MS - 1})
    assert (tally.honest, tally.accused, tally.found_share(["fast"]), tally.middle_days("fast")) == (2, [], (1, 1), 1)
    assert tally.found_share(["idle"]) == (0, 0)  # too few false presses


def test_flag_on_an_honest_clerk_or_before_the_first_false_press_is_an_accusation() -> None:
    assert judged({"clerk": "a", "t": DAY_MS}).accused == ["hall/a:x"]
    early = judged({"clerk": "c", "t": 3 * DAY_MS - 1})
    assert (early.accused, early.found_share(["fast"])) == (["hall/c:x"], (0, 0))


def test_missed_cheat_counts() -> None:
    assert judged().found_share(["fast"]) == (0, 1)


def test_average_precision() -> None:
    assert average_precision([(0.9, True), (0.8, False), (0.7, True)]) == pytest.approx((1 + 2 / 3) / 2)
    assert average_precision([(0.5, True), (0.5, False)]) == pytest.approx(0.5)
    perfect = {f"c{n}": 0.9 for n in range(9)} | {f"d{n}": 0.8 for n in range(2)}
    assert judged(scores=perfect).precision() == pytest.approx(1.0)


@pytest.mark.parametrize(("k", "n", "bound"), [(0, 3000, 0.000998), (1, 5000, 0.000949), (5, 100, 0.1023), (3, 3, 1.0)])
def test_bounds_are_clopper_pearsons(k: int, n: int, bound: float) -> None:
    assert upper95(k, n) == pytest.approx(bound, rel=0.01)


def test_the_table_tells_all() -> None:
    done: list[tuple[int, int]] = []
    shapes = {"tiny": replace(TINY, cheats=0.6, days=15, strategies=("fast",)), "honest": replace(TINY, cheats=0.0)}
    found = list(rows(run(shapes, 1, jobs=1, seed=1, progress=lambda *at: done.append(at))))
    assert done == [(1, 2), (2, 2)]
    assert [row["variant"] for row in found] == ["tiny", "honest", "all"]
    assert found[-1]["accused"] == 0
    assert "falsely accused: nobody" in text(found)
    assert found[-1]["crude"].endswith(f"/{found[-1]['each']['fast'].split('/')[1]}")
