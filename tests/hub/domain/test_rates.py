import tomllib
from collections.abc import Iterable
from datetime import date, timedelta
from fractions import Fraction
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain import events as e
from hub.domain.rates import Share, Tally, Visit, Visits, percent, tally, whole_percent
from hub.domain.rules import RuleSet, rule_set

DAY_MS = 86_400_000
FIRST = date(2026, 10, 8)


def rules(name: str, **decisions: Any) -> RuleSet:
    values = tomllib.loads(files("hub.config").joinpath(f"rulesets/{name}.toml").read_text("utf-8"))
    for decision, value in decisions.items():
        values["decisions"][decision]["value"] = value
    return rule_set(values)


SEED = rules("seed-county")


def recorded(seq: int, fact: e.Fact, day: int = 0) -> e.Recorded:
    return e.Recorded(seq, e.Stamp(day * DAY_MS, 0), fact)


def visits(*facts: e.Fact | tuple[int, e.Fact]) -> list[Visit]:
    """Visits of these facts; a fact may come with its day."""
    by = Visits(lambda ms: FIRST + timedelta(days=ms // DAY_MS), lambda window, _: f"部门{window}")
    for seq, one in enumerate(facts, 1):
        day, fact = one if isinstance(one, tuple) else (0, one)
        by.apply(recorded(seq, fact, day))
    return list(by.between(FIRST, FIRST + timedelta(days=99)))


def finished(ticket: str, window: int = 1) -> e.TicketFinished:
    return e.TicketFinished(ticket, "A", window, "1001", "1001")


def rated(ticket: str, level: int, source: str = "keypad") -> e.RatingRecorded:
    return e.RatingRecorded(f"r-{ticket}", f"p-{ticket}", ticket, 1, "1001", level, source)


def invited(ticket: str) -> e.RatingInvited:
    return e.RatingInvited(ticket, 1, "1001", 60_000, 60, "1001")


def counted(levels: Iterable[int | None]) -> Tally:
    facts: list[e.Fact] = []
    for number, level in enumerate(levels):
        facts.append(finished(f"t{number}"))
        if level is not None:
            facts.append(rated(f"t{number}", level))
    return tally(visits(*facts))


def test_a_visit_has_its_day_place_and_rating() -> None:
    (visit,) = visits(finished("t1", 3), invited("t1"), (4, rated("t1", 5, "phone")))
    assert visit == Visit(
        "t1", 1, FIRST, 3, "部门3", "1001", "A", is_invited=True, rating="r-t1", press="p-t1", level=5, source="phone"
    )


def test_each_kind_of_visit_is_counted_apart() -> None:
    away = e.DeviceOffline("pad", "keypad.ff68", (1,), "silent")
    found = visits(
        finished("own"), rated("own", 5),
        finished("default"), rated("default", 5, "default"),
        finished("absent"), invited("absent"),
        finished("corrected"), rated("corrected", 1), e.RatingCorrected("r-corrected", 1, 4, "误评 7 号", "按错", "李"),
        finished("struck"), rated("struck", 5),
        away, finished("dark"), finished("phoned"), (2, rated("phoned", 2, "phone")),
        e.DeviceOnline("pad", "keypad.ff68", (1,)), finished("light"),
    )  # fmt: skip
    counts = tally(found, frozenset({"p-struck"}))
    assert counts == Tally(
        finished=8, invited=6, explicit=3, default=1, absent=2, outage=1, struck=1, corrected=1, levels=(0, 1, 0, 1, 2)
    )
    assert (counts.rated_share(SEED), counts.satisfied_share(SEED)) == (Share(4, 7), Share(3, 4))
    assert next(visit for visit in found if visit.ticket == "corrected").was == 1


def test_a_window_is_dark_only_while_all_its_keypads_are() -> None:
    two = (
        e.DeviceOnline("a", "keypad.ff68", (1,)), e.DeviceOnline("b", "tablet.web", (1,)),
        e.DeviceOffline("a", "keypad.ff68", (1,), ""), e.DeviceOffline("sign", "led.onbon", (1,), ""),
    )  # fmt: skip
    assert not visits(*two, finished("t1"))[0].is_out
    assert visits(*two, e.DeviceOffline("b", "tablet.web", (1,), ""), finished("t1"))[0].is_out


def test_a_rating_corrected_twice_keeps_the_first_level() -> None:
    (visit,) = visits(
        finished("t"), rated("t", 1),
        e.RatingCorrected("r-t", 1, 4, "1", "", "李"), e.RatingCorrected("r-t", 4, 3, "2", "", "李"),
    )  # fmt: skip
    assert (visit.level, visit.was) == (3, 1)


def test_what_is_said_of_no_visit_is_passed_over() -> None:
    assert visits(rated("x", 5), invited("y"), e.RatingCorrected("r-z", 1, 5, "1", "", "李")) == []


# Worked out by hand: satisfied of rated, as 8,999 of 10,000.
@pytest.mark.parametrize(
    ("k", "n", "shown", "whole"),
    [
        (8_999, 10_000, "89.99", 89), (899_999, 1_000_000, "89.99", 89), (90, 100, "90.00", 90),
        (909, 1_000, "90.90", 90), (91, 100, "91.00", 91), (9_299, 10_000, "92.99", 92), (93, 100, "93.00", 93),
        (955, 1_000, "95.50", 95), (96, 100, "96.00", 96), (2, 3, "66.66", 66), (1, 1, "100.00", 100),
        (0, 7, "0.00", 0),
    ],
)  # fmt: skip
def test_percentages_are_truncated(k: int, n: int, shown: str, whole: int) -> None:
    assert Share(k, n).percent == percent(Fraction(k, n)) == shown
    assert whole_percent(Fraction(k, n)) == whole


def test_nothing_has_no_share() -> None:
    assert (Tally().rated_share(SEED).value, Tally().satisfied_share(SEED).percent) == (None, "")


@pytest.mark.parametrize(
    ("decisions", "share"),
    [
        ({}, Share(3, 5)),
        ({"satisfied_levels": [5, 4]}, Share(2, 5)),
        ({"unrated": "dissatisfied"}, Share(3, 8)),
        ({"unrated": "satisfied"}, Share(6, 8)),
        ({"satisfied_share_of": "finished"}, Share(3, 8)),
    ],
)
def test_decisions_make_the_satisfied_share(decisions: dict[str, Any], share: Share) -> None:
    assert counted([5, 4, 3, 2, 1, None, None, None]).satisfied_share(rules("seed-county", **decisions)) == share


def test_other_halls_rules_count_otherwise() -> None:
    counts = counted([5, 4, 4, 2, None])
    assert counts.satisfied_share(rules("three-levels")) == Share(3, 5)
    assert counts.satisfied_share(SEED) == Share(3, 4)
    scored = rules("scored-levels")
    assert counts.level_score(scored).value == Fraction(10 + 8 + 8 + 3, 40)
    assert counts.rated_share(scored) == Share(4, 4)
    assert counts.rated_share(SEED) == Share(4, 5)


@given(st.lists(st.sampled_from([None, 1, 2, 3, 4, 5])), st.lists(st.sampled_from([None, 1, 2, 3, 4, 5])))
def test_tallies_add_up(some: list[int | None], others: list[int | None]) -> None:
    whole = counted([*some, *others])
    assert counted(some) + counted(others) == whole
    assert whole.finished == whole.rated + whole.absent + whole.outage + whole.struck
    assert sum(whole.levels) == whole.rated
