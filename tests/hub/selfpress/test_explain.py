import random
import xml.etree.ElementTree as ET
from typing import Any

import msgspec
import pytest

from hub.selfpress import Flag, chinese, english, flag_of, picture
from hub.selfpress.explain import calls_needed
from hub.selfpress.patterns import PATTERNS, WATCHES
from hub.selfpress.words import HABITS, WORDS
from tests.hub.selfpress.quarter import Quarter, Visit, at_once
from tests.hub.selfpress.test_detector import run


@pytest.fixture(scope="module")
def flag() -> Flag:
    return run(Quarter(days=30, cheats={"c1": at_once}, first_day="2026-10-12").lines()).flags["c1"]


def test_counts_can_be_checked(flag: Flag) -> None:
    main, top = flag.rows[:2]
    assert main.k <= main.n
    assert main.share < main.k / main.n / 3
    assert f"{main.n} 次评价中有 {main.k} 次" in main.zh
    assert (top.k, top.n) == (main.k, main.k) or top.k < top.n
    assert all(press.ticket is not None and press.delay_s is not None for press in flag.suspects)


def test_text_says_what_a_manager_needs(flag: Flag) -> None:
    text = chinese(flag)
    for part in ("邀请一出即按", "c1", "2026-10-", "1000 倍强", "不是违规的概率", "先排除", "请回访", flag.rows[0].zh):
        assert part in text
    assert str(flag.suspects[0].ticket) in text
    assert "no probability of guilt" in english(flag)


def test_watchlike_tier_says_that_it_accuses_nobody(flag: Flag) -> None:
    assert "不能单独作为认定依据" in chinese(msgspec.structs.replace(flag, tier="B", pattern="rate"))
    assert "不能单独作为认定依据" not in chinese(flag)


def test_habits_and_little_knowledge_are_told(flag: Flag) -> None:
    text = chinese(msgspec.structs.replace(flag, habits=("helps_elderly",), new_hall=True, first_day=None))
    assert "协助老年人评价" in text
    assert "出厂" in text
    assert "day " in text


def test_flag_survives_as_json(flag: Flag) -> None:
    assert flag_of(msgspec.json.decode(msgspec.json.encode(flag.payload()))) == flag
    with pytest.raises(msgspec.ValidationError):
        flag_of({"clerk": "c1"})


def test_picture_is_a_document_with_the_flags_presses(flag: Flag) -> None:
    root = ET.fromstring(picture(flag))
    circles = root.findall(".//{http://www.w3.org/2000/svg}circle")
    assert len(circles) == len(flag.suspects)


def test_names_in_the_picture_are_only_text(flag: Flag) -> None:
    root = ET.fromstring(picture(msgspec.structs.replace(flag, clerk='<script>"&')))
    assert '<script>"&' in "".join(root.itertext())


def test_contradicting_phones_are_told_beside_the_evidence_and_change_none_of_it(flag: Flag) -> None:
    lines = Quarter(days=30, cheats={"c1": at_once}, first_day="2026-10-12").lines()
    by_phone = {str(flag.suspects[0].ticket): 1, str(flag.suspects[1].ticket): 5}
    told = run(line for one in lines for line in (one, *second(one, by_phone))).flags["c1"]
    assert told.rows[:-1] == flag.rows
    assert (told.log10_lr, told.t, told.pattern) == (flag.log10_lr, flag.t, flag.pattern)
    assert (told.rows[-1].about, told.rows[-1].k, told.rows[-1].n, told.rows[-1].share) == ("twice", 1, 2, -1)
    assert "2 件业务既按键又用手机评价，其中 1 件按键为最高档而手机为低档（仅供核查参考，不计入证据强度）" in chinese(
        told
    )
    assert "手机 (phone) [1]" in chinese(told)
    assert "1 were top at the keypad and low by phone (a lead only, not weighed)" in english(told)
    assert [press.other for press in told.suspects][:2] == [1, None]


def test_contradicting_phones_alone_accuse_nobody() -> None:
    lines = Quarter(days=15).lines()
    everyone = {str(line["ticket"]): 1 for line in lines if line["ev"] == "ticket.finished" and line["clerk"] == "c1"}
    assert run(line for one in lines for line in (one, *second(one, everyone))).flags == {}


def test_how_often_a_clerk_declares_assistance_is_told_beside_the_hall(flag: Flag) -> None:
    lines = Quarter(days=30, cheats={"c1": at_once}, first_day="2026-10-12").lines()
    helped = {
        line["ticket"] for line in lines if line["ev"] == "ticket.finished" and str(line["ticket"]).endswith("n1")
    }
    told = run(line for one in lines for line in (*declared(one, helped), one)).flags["c1"]
    row = told.rows[-1]
    days = sum(line["ev"] == "window.open" and line["clerk"] == "c1" for line in lines)
    assert (row.about, 1 <= row.k <= days, row.k < row.n / 10) == ("assisted", True, True)
    assert f"{row.n} 件办结业务中，本人事先声明协助评价 {row.k} 件" in chinese(told)
    assert f"for {row.k} of {row.n} finished visits" in english(told)
    assert abs(row.share - row.k / row.n) < 0.02  # everybody declares the day's first


def declared(line: dict[str, Any], helped: set[Any]) -> list[dict[str, Any]]:
    if line["ev"] != "ticket.finished" or line["ticket"] not in helped:
        return []
    return [{"v": 1, "t": line["t"] - 1, "ev": "press.assist_declared", "win": line["win"], "clerk": line["clerk"]}]


def second(line: dict[str, Any], by_phone: dict[str, int]) -> list[dict[str, Any]]:
    """The phone's rating behind a visit's end."""
    if line["ev"] != "ticket.finished" or line["ticket"] not in by_phone:
        return []
    about = {key: line[key] for key in ("v", "t", "ticket", "win", "clerk")}
    level = by_phone[line["ticket"]]
    ways = {"level": 5, "source": "keypad", "second_level": level, "second_source": "phone"}
    return [about | ways | {"ev": "rating.agreed" if level == 5 else "rating.disagreed"}]


@pytest.mark.parametrize(("share", "calls"), [(0.95, 4), (0.5, 8), (0.05, 24), (0.0, 24)])
def test_the_surer_the_fewer_calls(share: float, calls: int) -> None:
    assert abs(calls_needed(share) - calls) <= 2


def test_every_pattern_and_habit_has_its_words() -> None:
    codes = {pattern.code for pattern in PATTERNS}
    assert codes | set(WATCHES) == set(WORDS)
    assert all(explained <= codes | set(WATCHES) for _, explained in HABITS.values())


@pytest.mark.parametrize(
    ("scale", "shown"),
    [([2, 3, 4, 5], "[5 非常满意]"), ([2, 3], "[4]"), ("high", "[4]"), ([5, 4, 3, 2], "[4]"), ([True, 2, 3, 4], "[4]")],
)
def test_a_file_may_say_what_its_levels_stand_for(scale: Any, shown: str) -> None:
    def cheat(visit: Visit, rng: random.Random) -> tuple[list[tuple[float, int]], bool]:
        return [(visit.finished + rng.uniform(0.2, 0.7), 4)], True

    lines = Quarter(days=14, levels=4, starts=5, cheats={"c1": cheat}).lines()
    lines[0]["scale"] = scale
    assert shown in chinese(run(lines).flags["c1"])


def test_english_has_english_days_and_both_have_headings(flag: Flag) -> None:
    undated = msgspec.structs.replace(flag, first_day=None)
    assert "第" not in english(undated)
    assert f"day {int(flag.suspects[0].t // 86_400_000) + 1} " in english(undated)
    assert "时间  窗口  号票  等级  距办结" in chinese(flag)
    assert "time  window  ticket  level  after the finish" in english(flag)


def test_control_characters_of_an_id_reach_no_terminal(flag: Flag) -> None:
    bad = msgspec.structs.replace(flag, clerk="c\x1b[2J\n1")
    for text in (chinese(bad), english(bad), picture(bad)):
        assert "\x1b" not in text
        assert "c�[2J�1" in text
    for text in (chinese(flag), english(flag), picture(flag)):
        assert "�" not in text


def test_both_languages_tell_the_same(flag: Flag) -> None:
    changed = {"also": {"rate": 2.0}, "habits": ("helps_elderly",), "new_hall": True, "tier": "B"}
    more = msgspec.structs.replace(flag, **changed, suspects=flag.suspects * 2)
    assert len(chinese(more).splitlines()) == len(english(more).splitlines())
    untied = [msgspec.structs.replace(press, ticket=None) for press in flag.suspects]
    without = msgspec.structs.replace(flag, suspects=untied)
    assert "监控" in chinese(without)
    assert "camera" in english(without)
    assert "Call back" not in english(without)
