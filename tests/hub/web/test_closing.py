"""A quarter is closed over the API, and what comes later makes a new edition."""

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest

from hub.access import Role
from hub.clock import ManualClock
from hub.domain import events as e
from tests.hub.flagging import statement
from tests.hub.web.conftest import House, open_house

REPORT = "/api/v1/reports/2026Q4"
DECEMBER_MS = 1_798_680_000_000  # 2026-12-31 09:20 in Shanghai
DAY_S = 86_400


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path, ManualClock(DECEMBER_MS)) as house:
        yield house


async def served(house: House, levels: list[int | None], window: int = 3, clerk: str = "1001") -> None:
    facts: list[e.Fact] = []
    for at, level in enumerate(levels):
        ticket = f"x{house.services.bus.last_seq}-{at}"
        facts.append(e.TicketFinished(ticket, "social", window, clerk, clerk))
        if level is not None:
            facts.append(e.RatingRecorded(f"r{ticket}", f"p{ticket}", ticket, window, clerk, level, "phone"))
    house.services.bus.publish(*facts)
    await house.settled()


def later(house: House, days: int) -> None:
    house.clock.advance(days * DAY_S)
    house.hall.settle()


async def test_a_running_quarter_is_not_closed(house: House) -> None:
    answer = await house.client("manager").post(f"{REPORT}/close", json={})
    assert (answer.status_code, "尚未结束" in answer.json()["detail"]) == (409, True)
    assert (await house.client("manager").get(REPORT)).json()["over"] is False


async def test_an_edition_stays_what_it_was_and_a_later_one_says_what_changed(house: House) -> None:
    await served(house, [5] * 19 + [None])
    later(house, 4)
    manager = house.client("manager")
    first = (await manager.post(f"{REPORT}/close", json={})).json()
    assert (first["edition"], first["as_of"], first["verified"], len(first["sha256"])) == (1, "2027-01-04", True, 64)
    again = await manager.post(f"{REPORT}/close", json={"reason": "再来一次"})
    assert (again.status_code, "相同" in again.json()["detail"]) == (409, True)
    found = {"kind": "complaint", "status": "confirmed", "window": 3, "note": "查实", "date": "2026-12-30"}
    assert (await house.client("inspector").post("/api/v1/findings", json=found)).status_code == 200
    assert (await manager.post(f"{REPORT}/close", json={})).status_code == 422
    second = (await manager.post(f"{REPORT}/close", json={"reason": "补登 12 月 30 日查实投诉"})).json()
    assert (second["edition"], second["reason"]) == (2, "补登 12 月 30 日查实投诉")
    told = (await house.client("inspector").get(f"{REPORT}/editions")).json()
    assert [item["verified"] for item in told["items"]] == [True, True]
    assert told["items"][0]["changes"] == []
    changed = {(it["sheet"], it["subject"], it["what"]): (it["was"], it["now"]) for it in told["items"][1]["changes"]}
    assert changed["window", "3", "取消资格"] == ("", "三(一)")
    assert changed["window", "3", "奖项"] == ("红旗窗口", "")
    for edition, reasons in ((1, []), (2, ["三(一)"])):
        report = (await manager.get(REPORT, params={"edition": edition})).json()
        (window,) = [one for one in report["windows"] if one["subject"] == "3"]
        assert window["reasons"] == reasons
    assert (await manager.get(REPORT, params={"edition": 3})).status_code == 404


async def test_what_is_pending_is_named_and_can_be_closed_over(house: House) -> None:
    await served(house, [5])
    flag = house.services.judging.raise_flag(statement(), "2026Q4")
    later(house, 4)
    manager = house.client("manager")
    refused = await manager.post(f"{REPORT}/close", json={})
    assert (refused.status_code, f"疑似 {flag}（1001）：待分派" in refused.json()["detail"]) == (409, True)
    assert (await manager.get(f"{REPORT}/editions")).json()["pending"] == [f"疑似 {flag}（1001）：待分派"]
    assert (await manager.post(f"{REPORT}/close", json={"despite": True})).status_code == 200


async def test_an_appeal_that_lapsed_before_the_closing_counts(house: House) -> None:
    """Confirmed on the last day of the year: the fifth working day to appeal is 7 January at the latest."""
    await served(house, [5])
    judging = house.services.judging
    flag = judging.raise_flag(statement(), "2026Q4")
    assert flag is not None
    await judging.decide(flag, "confirmed", "监控可见", by="李")
    await judging.second(flag, by="王")
    later(house, 4)
    manager = house.client("manager")
    early = (await manager.post(f"{REPORT}/close", json={"despite": True})).json()
    assert early["edition"] == 1
    later(house, 10)
    assert (await manager.get(f"{REPORT}/editions")).json()["pending"] == []
    late = (await manager.post(f"{REPORT}/close", json={"reason": "申诉期满"})).json()
    assert late["as_of"] == "2027-01-14"
    items = (await manager.get(f"{REPORT}/editions")).json()["items"]
    assert {(it["subject"], it["what"], it["now"]) for it in items[1]["changes"]} >= {
        ("3", "取消资格", "三(八)"), ("1001", "取消资格", "四(四)"),
    }  # fmt: skip


async def test_the_notice_tells_awards_and_departments_and_nobodys_bad_marks(house: House) -> None:
    client = house.client("device")
    assert (await client.get("/api/v1/notice")).json()["quarter"] is None
    await served(house, [5] * 19 + [None])
    await served(house, [1] * 10 + [None] * 10, window=4, clerk="1002")
    later(house, 4)
    assert (await house.client("manager").post(f"{REPORT}/close", json={})).status_code == 200
    answer = await client.get("/api/v1/notice")
    told = answer.json()
    assert (told["title"], told["edition"], told["window_award"]) == ("2026年第四季度考核结果公示", 1, "红旗窗口")
    names = [house.hall.setup.windows[number].name for number in (3, 4)]
    assert [name in {one["name"] for one in told["windows"]} for name in names] == [True, False]
    assert [one["name"] for one in told["clerks"]] == ["张三"]
    rates = {one["name"]: (one["finished"], one["rated_share"], one["satisfied_share"]) for one in told["departments"]}
    assert rates["人社局"] == (20, "95.00", "100.00")
    assert "李四" not in answer.text
    assert "三(" not in answer.text


@pytest.mark.parametrize("role", ["inspector", "clerk", "device"])
async def test_only_a_manager_closes(house: House, role: Role) -> None:
    assert (await house.client(role).post(f"{REPORT}/close", json={})).status_code == 403
    assert house.hall.today() == date(2026, 12, 31)


async def test_an_edition_that_can_not_be_made_again_is_neither_shown_nor_published(house: House) -> None:
    house.services.bus.publish(e.QuarterClosed("2026Q3", 1, "seed-county", 1, "2026-10-09", 1, "0" * 64, "", "王"))
    await house.settled()
    answer = await house.client("manager").get("/api/v1/reports/2026Q3", params={"edition": 1})
    assert (answer.status_code, "哈希不符" in answer.json()["detail"]) == (409, True)
    told = (await house.client("device").get("/api/v1/notice")).json()
    assert (told["quarter"], told["windows"], "哈希不符" in told["trouble"]) == (None, [], True)
