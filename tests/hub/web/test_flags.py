"""`/flags`: from suspicion to decision over HTTP."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog

from hub.access import Role
from hub.clock import ManualClock
from hub.domain.judgement import OUTCOMES
from hub.domain.model import Clerk
from hub.selfpress.flags import Suspect
from hub.web import flags
from tests.hub.flagging import statement, watch
from tests.hub.web.conftest import MORNING_MS, SETUP, House, open_house

FLAGS = "/api/v1/flags"


def named(house: House, name: str, role: Role) -> httpx.AsyncClient:
    """A client of a person with a name of their own."""
    return house.client(Authorization=f"Bearer {house.tokens.create(name, role)}")


async def raised(house: House, **changes: Any) -> str:
    flag = house.services.judging.raise_flag(statement(**changes), "2026Q4")
    assert flag is not None
    await house.settled()
    return flag


async def test_a_flag_is_listed_with_what_can_be_checked(house: House) -> None:
    flag = await raised(house)
    (item,) = (await house.client("manager").get(FLAGS)).json()["items"]
    assert (item["id"], item["clerk"], item["window"], item["tier"], item["state"]) == (flag, "1001", 3, "A", "open")
    assert (item["pattern"], item["pattern_name"], item["log10_lr"]) == ("before", "办结前按键", 4.26)
    assert item["evidence"][0].startswith("310 次评价中有 99 次在办结之前按下")
    assert item["presses"] == ["p1", "p2", "p3", "p4", "p5"]
    assert (item["ebh"], item["ebh_level"]) == (True, pytest.approx(20 / 10**4.26))
    assert item["deadline"] == "2026-12-09"  # ten working days after 25 November


async def test_the_whole_quarter_is_compared_by_clerk_and_not_by_flag(house: House) -> None:
    for clerk, tier, decades in (("1001", "B", 3.0), ("1001", "A", 5.0), ("1002", "A", 3.0), ("1003", "A", 400.0)):
        await raised(house, clerk=clerk, tier=tier, log10_lr=decades, pattern="before" if tier == "A" else "rate")
    items = (await house.client("manager").get(FLAGS)).json()["items"]
    levels = {(item["clerk"], item["tier"]): item["ebh_level"] for item in items}
    assert levels["1003", "A"] < 1e-300
    assert levels["1001", "A"] == levels["1001", "B"] == pytest.approx(20 / 2 / 1e5)
    assert levels["1002", "A"] == pytest.approx(20 / 3 / 1e3)


async def test_live_tells_the_newest_flags_and_all_that_wait(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flags, "LIVE_MOST", 1)
    li = named(house, "李", "inspector")
    ids = [await raised(house, clerk=clerk) for clerk in ("1001", "1002", "1003")]
    dismissal = {"decision": "dismissed", "reason": "排班不符"}
    assert (await li.post(f"{FLAGS}/{ids[0]}/decision", json=dismissal)).status_code == 200
    assert [item.id for item in flags.flag_items(house.services.judging)] == [ids[2], ids[1]]


async def test_filters_and_pages(house: House) -> None:
    await raised(house)
    await raised(house, clerk="1002", tier="B", pattern="rate")
    client = house.client("inspector")
    assert [item["clerk"] for item in (await client.get(FLAGS)).json()["items"]] == ["1002", "1001"]
    for query, clerks in (
        ({"tier": "B"}, ["1002"]),
        ({"clerk": "1001"}, ["1001"]),
        ({"state": "dismissed"}, []),
        ({"quarter": "2026Q3"}, []),
    ):
        assert [item["clerk"] for item in (await client.get(FLAGS, params=query)).json()["items"]] == clerks
    first = (await client.get(FLAGS, params={"limit": 1})).json()
    second = (await client.get(FLAGS, params={"limit": 1, "after": first["next"]})).json()
    assert [page["items"][0]["clerk"] for page in (first, second)] == ["1002", "1001"]
    assert second["next"] is None


async def test_all_of_a_flag_with_text_and_picture(house: House) -> None:
    flag = await raised(house)
    client = house.client("manager")
    whole = (await client.get(f"{FLAGS}/{flag}")).json()
    assert "不是违规的概率" in whole["text"]
    assert tuple(whole["answers"]) == OUTCOMES
    assert whole["suspects"][0] == {
        "press": "p1",
        "at": "2026-10-02T10:00:00.000+08:00",
        "window": 3,
        "ticket": "20261001-A001",
        "level": 5,
        "level_name": "第 5 档",  # of a statement that doesn't say what its levels stand for
        "delay_s": -8.5,
        "said": None,
    }
    assert whole["history"][0]["kind"] == "flag.raised"
    picture = await client.get(f"{FLAGS}/{flag}/picture.svg")
    assert picture.headers["content-type"] == "image/svg+xml"
    assert picture.text.startswith("<svg")


@pytest.mark.parametrize(("scale", "level", "name"), [((2, 3, 4, 5), 4, "满意"), ((1, 2, 4, 5, 5), 5, "非常满意")])
async def test_presses_levels_are_the_glossarys(house: House, scale: tuple[int, ...], level: int, name: str) -> None:
    """A keypad's ranks from 1 up are told as the levels that its keys stand for."""
    suspect = Suspect("p1", 36e6, 3, None, scale.index(level) + 1, None, 0.9)
    flag = await raised(house, scale=scale, suspects=[suspect])
    told = (await house.client("manager").get(f"{FLAGS}/{flag}")).json()
    assert (told["suspects"][0]["level"], told["suspects"][0]["level_name"]) == (level, name)
    assert f"[{level} {name}]" in told["text"]


async def test_the_road_to_a_finding(house: House) -> None:
    flag = await raised(house)
    li, wang, qian = (named(house, name, "inspector") for name in ("李", "王", "钱"))
    path = f"{FLAGS}/{flag}"
    assert (await li.post(f"{path}/assign", json={"to": "李"})).json()["state"] == "assigned"
    said = await li.post(f"{path}/call-backs", json={"press": "p1", "outcome": "denied", "note": "张女士"})
    assert (said.json()["calls"], said.json()["suspects"][0]["said"]) == ({"denied": 1}, "denied")
    assert (await li.post(f"{path}/note", json={"text": "监控可见工作人员伸手按键"})).status_code == 200
    first = await li.post(f"{path}/decision", json={"decision": "confirmed", "reason": "回访否认，监控可见"})
    assert (first.json()["state"], first.json()["stands"]) == ("once_confirmed", False)
    again = await li.post(f"{path}/second")
    assert (again.status_code, "另一人" in again.json()["detail"]) == (409, True)
    whole = (await wang.post(f"{path}/second")).json()
    assert (whole["state"], whole["first_by"], whole["second_by"], whole["stands"]) == ("confirmed", "李", "王", False)
    clerk = named(house, "1001", "clerk")
    appealed = await clerk.post(f"{path}/appeal", json={"reason": "那天我休息"})
    assert appealed.json()["state"] == "appealed"
    refused = await li.post(f"{path}/appeal/decision", json={"outcome": "upheld", "reason": "因"})
    assert refused.status_code == 409
    ended = await qian.post(f"{path}/appeal/decision", json={"outcome": "overturned", "reason": "排班表证实"})
    assert (ended.json()["state"], ended.json()["stands"]) == ("overturned", False)
    texts = [step["text"] for step in ended.json()["history"]]
    assert texts[-1] == "申诉成立，撤销结论：排班表证实"
    assert any("张女士" in text for text in texts)


async def test_the_clerk_sees_and_answers_only_their_own(house: House) -> None:
    flag = await raised(house)
    path = f"{FLAGS}/{flag}"
    own, other = named(house, "1001", "clerk"), named(house, "1002", "clerk")
    assert (await own.get(path)).status_code == 200
    assert (await own.post(f"{path}/statement", json={"text": "我没有"})).status_code == 200
    for answer in (
        await other.get(path),
        await other.get(f"{path}/picture.svg"),
        await other.post(f"{path}/statement", json={"text": "x"}),
        await other.post(f"{path}/appeal", json={"reason": "x"}),
    ):
        assert answer.status_code == 403
    assert (await own.get(FLAGS)).json()["items"] == []  # nobody has looked into it yet
    li = named(house, "李", "inspector")
    await li.post(f"{path}/decision", json={"decision": "confirmed", "reason": "监控可见"})
    assert [item["id"] for item in (await own.get(FLAGS)).json()["items"]] == [flag]
    assert (await other.get(FLAGS)).json()["items"] == []
    assert house.hall.state.cases[flag].statements == 1


async def test_the_clerk_reads_totals_and_not_who_said_what(house: House) -> None:
    flag = await raised(house)
    li, own = named(house, "李", "inspector"), named(house, "1001", "clerk")
    path = f"{FLAGS}/{flag}"
    await li.post(f"{path}/call-backs", json={"press": "p1", "outcome": "denied", "note": "张女士 13800000000"})
    await li.post(f"{path}/note", json={"text": "穿红衣的群众已走"})
    for answer in (await own.get(path), await own.post(f"{path}/statement", json={"text": "我没有"})):
        told = answer.json()
        assert (told["calls"], told["suspects"][0]["said"]) == ({"denied": 1}, None)
        for secret in ("张女士", "13800000000", "红衣", "否认"):
            assert secret not in answer.text.replace(str(told["answers"]), "").replace('"denied":"否认"', "")
    whole = (await li.get(path)).json()
    assert whole["suspects"][0]["said"] == "denied"
    assert any("张女士" in step["text"] for step in whole["history"])


async def test_a_confirmation_may_be_about_some_of_the_presses(house: House) -> None:
    flag = await raised(house)
    li, path = named(house, "李", "inspector"), f"{FLAGS}/{flag}/decision"
    decision = {"decision": "confirmed", "reason": "回访否认", "presses": ["p1"]}
    assert (await li.post(path, json=decision | {"decision": "dismissed"})).status_code == 422
    assert (await li.post(path, json=decision | {"presses": ["p99"]})).status_code == 422
    assert (await li.post(path, json=decision)).json()["struck"] == 1


async def test_erased_texts_are_said_to_be(house: House) -> None:
    assert flags._kept("sha256:" + "0" * 64) == flags._kept(None) == "（已按期清除）"
    assert flags._kept("看见了") == "看见了"


async def test_a_second_person_may_disagree(house: House) -> None:
    flag = await raised(house)
    li, wang = named(house, "李", "inspector"), named(house, "王", "inspector")
    path = f"{FLAGS}/{flag}"
    assert (await wang.post(f"{path}/return", json={"reason": "因"})).status_code == 409
    first = (await li.post(f"{path}/decision", json={"decision": "confirmed", "reason": "监控可见"})).json()
    assert first["cautions"] == ["还没有一位群众答复回访，也没有监控记录", "还没有当事人的陈述"]
    back = (await wang.post(f"{path}/return", json={"reason": "监控看不清"})).json()
    assert (back["state"], back["history"][-1]["text"]) == ("open", "退回再查：监控看不清")
    dismissed = await wang.post(f"{path}/decision", json={"decision": "dismissed", "reason": "群众说是自己按的"})
    assert dismissed.json()["state"] == "dismissed"


async def test_a_namesake_of_the_clerk_reads_nothing_and_can_not_judge(tmp_path: Path) -> None:
    namesakes = {code: Clerk(code, "张伟") for code in ("1001", "1002")}
    async with open_house(tmp_path, ManualClock(MORNING_MS), setup=replace(SETUP, clerks=namesakes)) as house:
        flag = await raised(house)
        assert (await named(house, "张伟", "clerk").get(f"{FLAGS}/{flag}")).status_code == 403
        house.tokens.revoke("张伟")
        decision = {"decision": "dismissed", "reason": "因"}
        judged = await named(house, "张伟", "inspector").post(f"{FLAGS}/{flag}/decision", json=decision)
        assert (judged.status_code, "当事人" in judged.json()["detail"]) == (409, True)


async def test_an_inspector_who_is_the_clerk_can_not_judge(house: House) -> None:
    flag = await raised(house)
    for name in ("1001", house.hall.setup.clerks["1001"].name):
        person = named(house, name, "inspector")
        answer = await person.post(f"{FLAGS}/{flag}/decision", json={"decision": "dismissed", "reason": "因"})
        assert (answer.status_code, "当事人" in answer.json()["detail"]) == (409, True)


async def test_a_dismissal_is_shown_with_its_habit(house: House) -> None:
    flag = await raised(house)
    body = {"decision": "dismissed", "reason": "习惯先评后结", "habit": "late_finisher"}
    answer = await house.client("inspector").post(f"{FLAGS}/{flag}/decision", json=body)
    assert (answer.json()["state"], answer.json()["habits"]) == ("dismissed", ["late_finisher"])
    wrong = await house.client("inspector").post(
        f"{FLAGS}/{flag}/decision", json={"decision": "confirmed", "reason": "x", "habit": "children"}
    )
    assert wrong.status_code == 422


async def test_a_step_that_is_forbidden_leaves_no_fact(house: House) -> None:
    flag = await raised(house, tier="B", pattern="rate")
    seq = house.services.bus.last_seq
    inspector = house.client("inspector")
    for step, body in (
        ("second", {}),
        ("decision", {"decision": "confirmed", "reason": "x"}),
        ("appeal", {"reason": "x"}),
        ("appeal/decision", {"outcome": "upheld", "reason": "x"}),
    ):
        assert (await inspector.post(f"{FLAGS}/{flag}/{step}", json=body)).status_code == 409
    assert (
        await inspector.post(f"{FLAGS}/{flag}/call-backs", json={"press": "p99", "outcome": "own"})
    ).status_code == 422
    assert (await inspector.post(f"{FLAGS}/f999/assign", json={"to": "李"})).status_code == 404
    assert house.services.bus.last_seq == seq


async def test_one_flag_a_clerk_and_quarter(house: House) -> None:
    judging = house.services.judging
    assert judging.raise_flag(statement(tier="B", pattern="rate"), "2026Q4") is not None
    assert judging.raise_flag(statement(tier="B", pattern="after"), "2026Q4") is None
    assert judging.raise_flag(statement(), "2026Q4") is not None  # says more than a watch
    assert judging.raise_flag(statement(), "2026Q4") is None
    assert judging.raise_flag(statement(), "2027Q1") is not None


async def test_cases_outlive_a_restart_and_stand_when_the_appeal_lapses(tmp_path: Path) -> None:
    clock = ManualClock(MORNING_MS, 3_600_000_000_000)
    async with open_house(tmp_path, clock) as house:
        flag = await raised(house)
        judging = house.services.judging
        await judging.decide(flag, "confirmed", "因", by="李")
        await judging.second(flag, by="王")
    clock.advance(7 * 86_400)
    async with open_house(tmp_path, clock) as house:
        assert not house.services.judging.stands(house.services.judging.case(flag))
        clock.advance(86_400)
        assert house.services.judging.stands(house.services.judging.case(flag))


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "\u202eabc", "x" * 2001, ""])
async def test_texts_are_stored_as_written_or_refused(house: House, text: str) -> None:
    flag = await raised(house)
    answer = await house.client("inspector").post(f"{FLAGS}/{flag}/note", json={"text": text})
    if text in {"", "x" * 2001}:
        assert answer.status_code == 422
    else:
        assert text.removeprefix("\u202e") in answer.json()["history"][-1]["text"]


async def test_overdue_cases_are_marked_and_come_first(house: House) -> None:
    li = named(house, "李", "inspector")
    first = await raised(house)
    house.clock.advance(2 * 86_400)  # 27 November, a Friday
    second = await raised(house, clerk="1002")
    house.clock.advance(13 * 86_400)  # 10 December: the first's last day was the 9th
    third = await raised(house, clerk="1003")
    items = (await li.get(FLAGS)).json()["items"]
    assert [(item["id"], item["overdue"]) for item in items] == [(first, 1), (third, 0), (second, 0)]
    house.clock.advance(5 * 86_400)  # 15 December: the second's was the 11th
    items = (await li.get(FLAGS)).json()["items"]
    assert [(item["id"], item["overdue"]) for item in items] == [(first, 4), (second, 2), (third, 0)]
    assert [item.id for item in flags.flag_items(house.services.judging)] == [first, second, third]
    paged, after = [], {}
    while after is not None:
        page = (await li.get(FLAGS, params={"limit": 1, **after})).json()
        paged += [item["id"] for item in page["items"]]
        after = None if page["next"] is None else {"after": page["next"]}
    assert paged == [first, second, third]
    with structlog.testing.capture_logs() as told:
        house.services.judging.tell_overdue()
    assert {(one["event"], one["flag"], one["working_days"]) for one in told} == {
        ("flag.overdue", first, 4),
        ("flag.overdue", second, 2),
    }
    dismissal = {"decision": "dismissed", "reason": "排班不符"}
    assert (await li.post(f"{FLAGS}/{first}/decision", json=dismissal)).json()["overdue"] == 0


async def test_nothing_is_decided_by_a_lapse_but_that_an_appeals_term_ends(house: House) -> None:
    li, wang = (named(house, name, "inspector") for name in ("李", "王"))
    late, confirmed = await raised(house), await raised(house, clerk="1002")
    await li.post(f"{FLAGS}/{confirmed}/decision", json={"decision": "confirmed", "reason": "因"})
    await wang.post(f"{FLAGS}/{confirmed}/second")
    house.clock.advance(40 * 86_400)
    items = {item["id"]: item for item in (await li.get(FLAGS)).json()["items"]}
    assert (items[late]["state"], items[late]["overdue"] > 10) == ("open", True)
    assert (items[confirmed]["state"], items[confirmed]["overdue"]) == ("confirmed", 0)
    assert items[confirmed]["state_name"] == "已确认，申诉期已满"
    assert (await li.get(f"{FLAGS}/{confirmed}")).json()["stands"] is True


async def test_a_watch_is_told_with_its_visits_and_how_to_look_into_it(house: House) -> None:
    flag = house.services.judging.raise_flag(watch(), "2026Q4")
    assert flag is not None
    await raised(house)  # neither keeps the other away
    assert house.services.judging.raise_flag(watch(), "2026Q4") is None
    items = (await house.client("inspector").get(FLAGS)).json()["items"]
    assert [(item["pattern"], item["watch"]) for item in items] == [("before", False), ("uninvited", True)]
    item = items[1]
    assert (item["tier"], item["window"], item["presses"], len(item["visits"])) == ("B", 4, [], 5)
    assert item["pattern_name"] == "少邀请评价"
    assert item["ebh_level"] == pytest.approx(20 * 4 / 10**5.1), "one of four watches"
    assert items[0]["ebh_level"] == pytest.approx(20 / 10**4.26), "apart from the watches"
    whole = (await house.client("inspector").get(f"{FLAGS}/{flag}")).json()
    assert whole["suspects"] == []
    assert whole["visit_items"][0] == {
        "ticket": "20261005-A005",
        "at": "2026-10-06T11:00:00.000+08:00",
        "window": 4,
        "served_s": 330.0,
        "said": None,
    }
    assert whole["inquiry"]["ask"] == "办完后，窗口有没有请您评价？"
    assert whole["answers"]["denied"] == "没请评价"
    assert (whole["stands"], "代按" in whole["text"]) == (False, False)
    picture = await house.client("inspector").get(f"{FLAGS}/{flag}/picture.svg")
    assert "每五个工作日的占比" in picture.text


async def test_a_watchs_call_backs_and_end(house: House) -> None:
    flag = house.services.judging.raise_flag(watch(), "2026Q4")
    li = named(house, "李", "inspector")
    path = f"{FLAGS}/{flag}"
    said = await li.post(f"{path}/call-backs", json={"press": "20261005-A005", "outcome": "denied"})
    assert (said.json()["calls"], said.json()["visit_items"][0]["said"]) == ({"denied": 1}, "denied")
    assert said.json()["history"][-1]["text"] == "回访 20261005-A005：没请评价"
    assert (await li.post(f"{path}/call-backs", json={"press": "p1", "outcome": "own"})).status_code == 422
    refused = await li.post(f"{path}/decision", json={"decision": "confirmed", "reason": "因"})
    assert refused.status_code == 409
    ended = await li.post(f"{path}/decision", json={"decision": "dismissed", "reason": "线路故障", "habit": "device"})
    assert (ended.json()["state"], [step["kind"] for step in ended.json()["history"]][-1]) == (
        "dismissed",
        "flag.decided",
    )
