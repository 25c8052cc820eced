"""A quarter worked out by hand from the articles, and what other decisions make of it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from hub.domain.assessment import (
    GAP,
    NOT_ASSESSED,
    Entry,
    Finding,
    Quarter,
    Result,
    Subject,
    assess,
    shown,
)
from hub.domain.rates import Visit
from hub.domain.rules import RuleSet
from tests.hub.domain.test_rates import rules

END = date(2026, 12, 31)
FOUND = date(2026, 11, 20)
SEED = rules("seed-county")

# By hand, from 一(六)2、3: window → finished, rated, satisfied; points for 评议率 and 满意率 (84 + both = total).
RATES = {
    1: (10_000, 8_999, 8_999, 0, 5),  # 89.99 %: 未达90%的不得分
    2: (100, 90, 90, 0, 5),  # 90 %: between 未达90% and 91%
    3: (1_000, 909, 828, 0, 3),  # 90.9 %; 91.08 %
    4: (100, 91, 85, 3, 3),  # 91 %; 93.4 %
    5: (10_000, 9_299, 9_299, 3, 5),  # 92.99 %
    6: (1_000, 930, 888, 3, 3),  # 93 %; 95.48 %
    7: (1_000, 955, 917, 3, 5),  # 95.5 %; 96.02 %
    8: (100, 96, 90, 5, 3),  # 96 %; 93.75 %
    9: (100, 100, 100, 5, 5),
    10: (100, 100, 100, 5, 5),
    11: (100, 100, 100, 5, 5),
    12: (100, 100, 100, 5, 5),
    13: (100, 100, 100, 5, 5),
    14: (100, 100, 100, 5, 5),
    15: (100, 100, 100, 5, 5),
    16: (100, 93, 87, 3, 3),  # 93 %; 93.54 %
}


def visits() -> Iterator[Visit]:
    number = 0
    for window, (finished, rated, satisfied, *_) in RATES.items():
        for at in range(finished):
            number += 1
            level = None if at >= rated else 5 if at < satisfied else 2
            yield Visit(
                f"t{number}", number, date(2026, 10, 9), window, f"部门{(window + 1) // 2}", f"c{window}", "A",
                is_invited=True, rating=f"r{number}", press=f"p{number}", level=level, source="keypad",
            )  # fmt: skip


VISITS = tuple(visits())


def found(kind: str, window: int, seq: int, **more: Any) -> Finding:
    return Finding(f"d{seq}", seq, kind, FOUND, FOUND, window, f"c{window}", **more)


FINDINGS = (
    found("overdue_case", 9, 1),
    found("self_press", 10, 2),
    found("self_press", 11, 3, appeal="overturned"),
    found("dissatisfied", 12, 4),
    found("dissatisfied", 12, 5),
    found("dissatisfied", 13, 6),
    replace(found("self_press", 14, 7), decided=date(2026, 12, 30)),  # five working days are not over
    found("complaint", 15, 8),
)


def quarter(rule_set: RuleSet = SEED, **changes: Any) -> Quarter:
    whole = Quarter(
        rules=rule_set,
        visits=VISITS,
        findings=FINDINGS,
        entries=(),
        windows={window: Subject(str(window), f"{window}号窗口", f"部门{(window + 1) // 2}") for window in RATES},
        clerks={f"c{window}": Subject(f"c{window}", f"张{window}", f"部门{window}") for window in RATES},
        as_of=END,
    )
    return replace(whole, **changes)


def windows(of: Quarter) -> dict[str, Result]:
    return {one.subject.key: one for one in assess(of).windows}


def clerks(of: Quarter) -> dict[str, Result]:
    return {one.subject.key: one for one in assess(of).clerks}


@pytest.fixture(scope="module")
def golden() -> tuple[dict[str, Result], dict[str, Result]]:
    return windows(quarter()), clerks(quarter())


Golden = tuple[dict[str, Result], dict[str, Result]]


def test_points_of_the_rates(golden: Golden) -> None:
    for number, (*_, rated, satisfied) in RATES.items():
        one = golden[0][str(number)]
        assert one.points_of("rated_share", SEED.windows) == rated, number
        assert one.points_of("satisfied_share", SEED.windows) == satisfied, number
    marks = {key: [item.code for item in one.items if item.mark == GAP] for key, one in golden[0].items()}
    assert {key: codes for key, codes in marks.items() if codes} == {"2": ["一(六)2"], "3": ["一(六)2"]}


def test_totals(golden: Golden) -> None:
    # 10 + 10 + 20 + 10 + 15 + 5 + 7 + 7 = 84, and the two rates. 9: −2 for 超期办件 and −5 for 按时办结; 15: −4.
    by_hand = {number: 84 + rated + satisfied for number, (*_, rated, satisfied) in RATES.items()}
    by_hand |= {9: 87, 15: 90}
    assert {int(key): one.total for key, one in golden[0].items()} == by_hand
    # 20 + 20 + 20 + 30 = 90, and the two rates. 9: −2 for a case not finished in time; 12 and 13: −2 each verified.
    by_hand = {number: 90 + rated + satisfied for number, (*_, rated, satisfied) in RATES.items()}
    by_hand |= {9: 98, 12: 96, 13: 98}
    assert {int(key[1:]): one.total for key, one in golden[1].items()} == by_hand


def test_who_is_disqualified_and_by_which_article(golden: Golden) -> None:
    below = dict.fromkeys(("1", "2", "3", "4", "5"), ("三(十)",))
    told = {key: one.reasons for key, one in golden[0].items() if one.reasons}
    assert told == below | {"9": ("三(七)",), "10": ("三(八)",), "12": ("三(九)",), "15": ("三(一)",)}
    below = dict.fromkeys(("c1", "c2", "c3", "c4", "c5"), ("四(五)",))
    told = {key: one.reasons for key, one in golden[1].items() if one.reasons}
    assert told == below | {
        "c9": ("四(二)",), "c10": ("四(四)",), "c12": ("四(六)",), "c13": ("四(六)",), "c15": ("四(三)",),
    }  # fmt: skip


def test_a_tie_for_the_sixth_place_makes_seven(golden: Golden) -> None:
    ranks = {key: one.rank for key, one in golden[0].items() if one.rank}
    assert ranks == {"11": 1, "13": 1, "14": 1, "7": 4, "8": 4, "6": 6, "16": 6}
    assert {one.award for key, one in golden[0].items() if key in ranks} == {"红旗窗口"}
    assert {one.award for key, one in golden[0].items() if key not in ranks} == {""}
    assert {key for key, one in golden[1].items() if one.award} == {"c11", "c14", "c7", "c8", "c6", "c16"}
    fewer = windows(quarter(rules("seed-county", tie="fewer")))
    assert {key for key, one in fewer.items() if one.award} == {"11", "13", "14", "7", "8"}


def test_evidence_names_article_and_finding(golden: Golden) -> None:
    assert [(one.article, one.event, one.seq) for one in golden[0]["12"].evidence] == [
        ("三(九)", "评价不满意 d4", 4), ("三(九)", "评价不满意 d5", 5),
    ]  # fmt: skip
    assert golden[0]["11"].evidence == ()


def test_nobody_assessed_has_full_marks_and_says_so(golden: Golden) -> None:
    one = golden[0]["11"]
    assert {item.code for item in one.items if item.mark == NOT_ASSESSED} == {
        "一(二)", "一(四)", "一(五)2", "一(六)1", "一(七)", "一(八)",
    }  # fmt: skip
    assert {item.source for item in one.items if item.mark == NOT_ASSESSED} == {"full"}
    strict = windows(quarter(rules("seed-county", section_without_entry="nothing")))["11"]
    assert strict.total == 94 - 10 - 10 - 10 - 5 - 7 - 7


def test_entries_go_before_what_is_computed_and_the_last_counts() -> None:
    entries = [
        Entry(1, "window", "11", "一(三)", Fraction(12)),
        Entry(3, "window", "11", "一(二)", Fraction(17, 2), "台账不全"),
        Entry(2, "window", "11", "一(二)", Fraction(3)),
        Entry(4, "window", "11", "一(六)1", Fraction(4)),
        Entry(5, "clerk", "c11", "二(四)4", Fraction(0)),
        Entry(6, "window", "12", "一(四)", Fraction(-5)),
    ]
    by = quarter(entries=entries)
    one = windows(by)["11"]
    sections = {section.code: (section.points, section.source) for section in one.sections}
    assert (sections["一(三)"], sections["一(二)"]) == ((12, "entered"), (Fraction(17, 2), "entered"))
    assert one.total == 94 - 8 - Fraction(3, 2) - 1
    assert clerks(by)["c11"].total == 96
    assert windows(by)["12"].total == 94 - 15


def test_a_clerk_who_sat_at_two_windows_has_their_rates_by_visits() -> None:
    moved = [replace(one, clerk="c20") if one.window in {6, 8} else one for one in VISITS]
    one = clerks(quarter(visits=moved, clerks={"c20": Subject("c20", "王", "")}))["c20"]
    assert one.counts.finished == 1_100
    assert one.rated_share == (Fraction(93, 100) * 1000 + Fraction(96, 100) * 100) / 1100
    assert one.satisfied_share == (Fraction(888, 930) * 1000 + Fraction(90, 96) * 100) / 1100
    own = clerks(
        quarter(rules("seed-county", clerk_rate="own_visits"), visits=moved, clerks={"c20": Subject("c20", "王", "")})
    )
    assert own["c20"].rated_share == Fraction(930 + 96, 1100)


def attended(what: str | None, seq: int, day: date = FOUND, half_days: int | None = None) -> Finding:
    return Finding(f"d{seq}", seq, "attendance", day, FOUND, None, "c11", what=what, half_days=half_days)


@pytest.mark.parametrize(
    ("findings", "off", "reasons"),
    [
        ([attended("late", 1), attended("early", 2)], 2, ()),
        ([attended("late", 1), attended("early", 2), attended("asleep", 3)], 3, ("四(一)",)),
        ([attended("late", 1, date(2026, 10, 30)), attended("late", 2), attended("late", 3)], 3, ()),
        ([attended("absent", 1)], 2, ()),
        ([attended("absent", 1), attended("absent", 2)], 4, ("四(一)",)),
        ([attended("absent", 1, half_days=2)], 4, ("四(一)",)),
        ([attended("away", 1, half_days=3)], 1, ()),
        ([attended("late", n) for n in range(12)], 10, ("四(一)",)),
        ([attended(None, 1)], 0, ("四(一)",)),
    ],
)
def test_attendance(findings: list[Finding], off: int, reasons: tuple[str, ...]) -> None:
    one = clerks(quarter(findings=findings))["c11"]
    assert (one.total, one.reasons) == (100 - off, reasons)


def test_half_days_away_count_each_at_the_window() -> None:
    away = replace(attended("away", 1, half_days=3), window=11)
    assert windows(quarter(findings=[away]))["11"].total == 91


@pytest.mark.parametrize("kind", ["bribery", "media", "outside_center", "fee_elsewhere", "procedure", "returned"])
def test_some_findings_concern_the_window_only(kind: str) -> None:
    by = quarter(findings=[found(kind, 11, 1)])
    assert len(windows(by)["11"].reasons) == 1
    assert clerks(by)["c11"].reasons == ()


def test_a_finding_of_another_kind_disqualifies_by_the_article_it_names() -> None:
    by = quarter(findings=[found("other", 11, 1, article="三(六)"), found("other", 7, 2, article="五(一)")])
    assert (windows(by)["11"].reasons, windows(by)["7"].reasons) == (("三(六)",), ())


def test_self_press_counts_once_the_appeal_lapsed_or_failed() -> None:
    late = replace(found("self_press", 14, 7), decided=date(2026, 12, 30))
    assert windows(quarter(findings=[late]))["14"].reasons == ()
    assert windows(quarter(findings=[late], as_of=date(2027, 1, 15)))["14"].reasons == ("三(八)",)
    assert windows(quarter(findings=[replace(late, appeal="open")], as_of=date(2027, 1, 15)))["14"].reasons == ()
    assert windows(quarter(findings=[replace(late, appeal="upheld")]))["14"].reasons == ("三(八)",)
    soon = rules("seed-county", self_press_disqualifies="confirmed")
    assert windows(quarter(soon, findings=[late]))["14"].reasons == ("三(八)",)


def test_decisions_about_limits() -> None:
    both = windows(quarter(rules("seed-county", below_93="both")))
    assert [key for key, one in both.items() if "三(十)" in one.reasons] == ["3"]
    exceeds = windows(quarter(rules("seed-county", at_least="exceeds")))
    assert exceeds["12"].reasons == ()


def test_struck_presses_are_no_ratings() -> None:
    struck = frozenset(f"p{one.seq}" for one in VISITS if one.window == 11 and one.seq % 2)
    one = windows(quarter(struck=struck))["11"]
    assert (one.rated_share, one.satisfied_share, one.counts.struck) == (Fraction(1, 2), 1, 50)


def test_departments_are_judged_where_the_rules_say_so() -> None:
    by = windows(quarter(rules("seed-county", assessed_unit="department")))
    assert set(by) == {f"部门{n}" for n in range(1, 9)}
    assert by["部门4"].counts.finished == 1_100
    assert by["部门5"].reasons == ("三(七)", "三(八)")


def test_other_halls_sheets() -> None:
    three = windows(quarter(rules("three-levels"), findings=[]))
    rated, satisfied = Fraction(1_051, 1_100), Fraction(917 + 90, 1_100)
    assert three["部门4"].total == 30 * rated + 30 - Fraction(1, 10) * (100 - 91) + 40
    assert three["部门4"].satisfied_share == satisfied
    scored = windows(quarter(rules("scored-levels"), findings=[]))["8"]
    assert scored.total == 80 * Fraction(90 * 10 + 6 * 3, 960) + 20
    assert scored.reasons == ("七",)


@pytest.mark.parametrize(
    ("points", "text"),
    [
        (Fraction(94), "94"),
        (Fraction(187, 2), "93.5"),
        (Fraction(2, 3), "0.66"),
        (Fraction(-5), "-5"),
        (Fraction(0), "0"),
    ],
)
def test_points_as_people_write_them(points: Fraction, text: str) -> None:
    assert shown(points) == text
