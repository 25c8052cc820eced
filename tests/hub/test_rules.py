"""Rule sets: the shipped ones hold, and what is wrong with one is told."""

import re
import tomllib
from copy import deepcopy
from datetime import date
from fractions import Fraction
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from hub.config import load
from hub.config.rulesets import OWN, editions
from hub.domain.rules import DECISIONS, BadRules, in_force, rule_set
from hub.errors import ConfigError

SHIPPED = ("scored-levels", "seed-county", "three-levels")
SEED = tomllib.loads(files("hub.config").joinpath("rulesets/seed-county.toml").read_text("utf-8"))
REGULATION = Path(__file__).parents[3] / "shared" / "reference" / "regulation.txt"
HALL = '[hall]\nname = "x"\n'


def changed(path: str, value: Any) -> dict[str, Any]:
    values: Any = deepcopy(SEED)
    at = values
    *steps, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    for step in steps:
        at = at[step]
    if value is None:
        del at[last]
    else:
        at[last] = value
    return dict(values)


def test_the_shipped_rule_sets_hold(tmp_path: Path) -> None:
    found = editions(tmp_path)
    assert tuple(sorted(found)) == SHIPPED
    assert all(set(rules.decisions) == set(DECISIONS) for (rules,) in found.values())
    assert {rules.levels for (rules,) in found.values()} == {(5, 4, 3, 2, 1), (5, 4, 2)}
    assert len({rules.decided("unrated") for (rules,) in found.values()}) == 2


def test_the_regulations_points() -> None:
    rules = rule_set(SEED)
    assert [(section.code, section.full, section.heading) for section in rules.windows.sections] == [
        ("一(一)", 10, 10), ("一(二)", 10, 10), ("一(三)", 20, 20), ("一(四)", 10, 10), ("一(五)", 15, 15),
        ("一(六)", 15, 15), ("一(七)", 7, 10), ("一(八)", 7, 10),
    ]  # fmt: skip
    assert [(section.code, section.full) for section in rules.clerks.sections] == [
        ("二(一)", 20), ("二(二)", 20), ("二(三)", 20), ("二(四)", 30), ("二(五)", 10),
    ]  # fmt: skip
    assert [rule.article for rule in rules.windows.disqualified] == [
        f"三({n})" for n in [*"一二三四五六七八九十", "十一"]
    ]
    assert sorted({rule.article for rule in rules.clerks.disqualified}) == sorted(f"四({n})" for n in "一二三四五六")
    assert (rules.awards.window.places, rules.awards.clerk.places) == (6, 6)
    assert rules.clerks.sections[0].items[0].deductions[2].off == Fraction(1, 2)
    assert [ladder.year_failed_at for ladder in rules.ladders] == [2, 3, None]


@pytest.mark.skipif(not REGULATION.exists(), reason="the regulation does not lie beside the project")
def test_what_disqualifies_is_in_the_regulations_words() -> None:
    text = re.sub(r"\s", "", REGULATION.read_text("utf-8")).replace(",", "，")
    rules = rule_set(SEED)
    for rule in rules.windows.disqualified:
        assert rule.text in text, rule.text
    for rule in rules.clerks.disqualified:
        assert all(part in text for part in re.split("，", rule.text)), rule.text


@pytest.mark.parametrize(
    ("path", "value", "where", "got"),
    [
        ("title", None, "", "缺少"),
        ("colour", "red", "", "colour"),
        ("version", "one", "version", "str"),
        ("levels", [1, 2, 3], "levels", "[1, 2, 3]"),
        ("levels", [6, 5], "levels", "[6, 5]"),
        ("decisions.tie", None, "decisions.tie", "缺少"),
        ("decisions.tie.value", "dice", "decisions.tie.value", "dice"),
        ("decisions.satisfied_levels.value", [5, 4, 3, 2, 1], "decisions.satisfied_levels.value", "(5, 4, 3, 2, 1)"),
        ("decisions.mood", {"value": "good", "article": "", "text": "", "meaning": ""}, "decisions", "mood"),
        ("awards.window.places", 0, "awards.window.places", "0"),
        ("terms.appeal", 0, "terms.appeal", "0"),
        ("windows.sections.0.heading", 5, "windows 一(一)", "10"),
        ("windows.sections.1.code", "一(一)", "windows.sections", "多次"),
        ("windows.sections.5.items.1.bands.1.from", 95, "windows 一(六)2", "95–100"),
        ("windows.sections.5.items.1.bands.1.points", 6, "windows 一(六)2", "96–100"),
        ("windows.sections.5.items.1.measure", None, "windows 一(六)2", "None"),
        ("windows.sections.5.items.1.measure", "mood", "windows.sections[5].items[1].measure", "mood"),
        ("windows.sections.5.items.1.measure", "level_score", "level_points", "缺少"),
        ("windows.sections.2.items.2.lost_by", "gossip", "windows 一(三)3", "gossip"),
        ("windows.sections.0.items.0.deductions.0.points", -1, "windows 一(一)", "-1"),
        ("windows.sections.0.items.0.deductions.0.what", "asleep at home", "windows 一(一)", "attendance"),
        ("windows.disqualified.0.rates_below", 93, "windows.disqualified[0]", "都有"),
        ("windows.disqualified.8.times", 0, "windows.disqualified[8]", "0"),
        ("ladders.0.year_failed_at", 3, "ladders[0]", "3"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(path: str, value: Any, where: str, got: str) -> None:
    with pytest.raises(BadRules) as caught:
        rule_set(changed(path, value))
    where_, _, said = caught.value.faults[0]
    assert where_ == where
    assert got in said


def test_a_quarter_has_the_edition_that_has_begun() -> None:
    first, second = rule_set(SEED), rule_set(changed("valid_from", date(2027, 1, 1)))
    assert in_force([second, first], date(2026, 12, 31)) is first
    assert in_force([first, second], date(2027, 1, 1)) is second
    assert in_force([first], date(2019, 12, 31)) is None
    mended = rule_set(changed("version", 2))
    assert in_force([mended, first], date(2026, 1, 1)) is mended


def test_a_halls_own_rule_set_stands_beside_hall_toml(tmp_path: Path) -> None:
    (tmp_path / "hall.toml").write_text(HALL + 'rules = "ours"\n', "utf-8")
    with pytest.raises(ConfigError, match="seed-county"):
        load(tmp_path / "hall.toml")
    (tmp_path / OWN).mkdir()
    text = files("hub.config").joinpath("rulesets/three-levels.toml").read_text("utf-8")
    own = tmp_path / OWN / "本厅.toml"
    own.write_text("\ufeff" + text.replace('id = "three-levels"', 'id = "ours"'), "utf-8")
    assert load(tmp_path / "hall.toml").hall.rules == "ours"
    assert editions(tmp_path)["ours"][0].decided("unrated") == "dissatisfied"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"id = ", "rules/own.toml"),
        ("id = '规则'".encode("gb18030"), "UTF-8"),
        (b'id = "x"\n', "缺少"),
        (files("hub.config").joinpath("rulesets/seed-county.toml").read_bytes(), "已有"),
    ],
)
def test_faults_of_a_halls_own_rule_set_name_the_file(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / OWN).mkdir()
    (tmp_path / OWN / "own.toml").write_bytes(content)
    (tmp_path / "hall.toml").write_text(HALL, "utf-8")
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "hall.toml")
    assert "own.toml" in str(caught.value)
    assert said in str(caught.value)
