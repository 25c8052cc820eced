"""Bad ratings and complaints over HTTP: what is found, by whom, and what nobody else may see."""

from typing import Any

import pytest

from hub.domain import events as e
from tests.hub.web.conftest import House

V1 = "/api/v1"
BAD = f"{V1}/bad-ratings"
COMPLAINTS = f"{V1}/complaints"


async def rated(house: House, level: int = 2, holder: str | None = "李四 13800000000") -> str:
    """A finished visit and its rating; the rating's id."""
    issued = await house.client("device").post(f"{V1}/tickets", json={"service": "social", "holder": holder})
    ticket = issued.json()["id"]
    rating = f"r{house.services.bus.last_seq + 2}"
    house.services.bus.publish(
        e.TicketFinished(ticket, "social", 3, "1001", "1001"),
        e.RatingRecorded(rating, "p1", ticket, 3, "1001", level, "phone"),
    )
    await house.settled()
    return rating


async def test_a_bad_rating_from_the_press_to_the_call_back(house: House) -> None:
    rating = await rated(house)
    await rated(house, level=3)
    inspector = house.client("inspector")
    (item,) = (await inspector.get(BAD)).json()["items"]
    assert (item["rating"], item["state"], item["state_name"], item["due"]) == (
        rating, "to_verify", "待核实", "2026-12-16",
    )  # fmt: skip
    assert (await inspector.post(f"{BAD}/{rating}/rectify", json={"note": "x"})).status_code == 409
    verified = await inspector.post(f"{BAD}/{rating}/verify", json={"verdict": "founded", "note": "态度生硬"})
    assert verified.json()["state"] == "to_rectify"
    finding = house.services.bus.log.read(house.services.bus.last_seq - 1, 1)[0].fact
    assert isinstance(finding, e.FindingRecorded)
    assert (finding.about, finding.status, finding.window, finding.clerk) == ("dissatisfied", "confirmed", 3, "1001")
    assert finding.finding == f"d{house.services.bus.last_seq}"
    manager = house.client("manager")
    assert (await manager.post(f"{BAD}/{rating}/rectify", json={"note": "已道歉并培训"})).json()[
        "state"
    ] == "to_call_back"
    unreached = await inspector.post(f"{BAD}/{rating}/call-back", json={"heard": "unreached"})
    assert (unreached.json()["state"], unreached.json()["heard"]) == ("to_call_back", "unreached")
    heard = await inspector.post(f"{BAD}/{rating}/call-back", json={"heard": "content", "note": "李女士说好了"})
    assert (heard.json()["state"], heard.json()["closed"]) == ("closed", "2026-11-25")
    assert (await manager.get(BAD, params={"open": True})).json()["items"] == []
    assert "李" not in (await manager.get(BAD)).text


@pytest.mark.parametrize("verdict", ["unfounded", "unclear"])
async def test_what_is_not_founded_is_no_finding(house: House, verdict: str) -> None:
    rating = await rated(house)
    before = house.services.bus.last_seq
    answer = await house.client("inspector").post(
        f"{BAD}/{rating}/verify", json={"verdict": verdict, "note": "监控显示是误按"}
    )
    assert (answer.json()["state"], house.services.bus.last_seq) == ("closed", before + 1)


async def test_a_correction_ends_it(house: House) -> None:
    rating = await rated(house, 1)
    body = {"level": 5, "register": "误评 1 号", "reason": "按错"}
    corrected = await house.client("inspector").post(f"{V1}/ratings/{rating}/correction", json=body)
    assert corrected.status_code == 200, corrected.text
    (item,) = (await house.client("inspector").get(BAD)).json()["items"]
    assert (item["state"], item["note"]) == ("closed", "误评更正：误评 1 号")


async def test_who_rated_is_told_to_the_officer_alone_and_each_look_is_kept(house: House) -> None:
    rating = await rated(house)
    told = await house.client("inspector").get(f"{BAD}/{rating}/contact")
    assert told.json() == {"rating": rating, "contact": "李四 13800000000"}
    (look,) = [row.fact for row in house.services.bus.log.replay(kinds=(e.ContactSeen.kind,))]
    assert look == e.ContactSeen(rating, "test inspector")
    for role in ("manager", "clerk", "device"):
        assert (await house.client(role).get(f"{BAD}/{rating}/contact")).status_code == 403
    assert (await house.client("inspector").get(f"{BAD}/r0/contact")).status_code == 404


async def test_a_complaint_is_answered_and_founded_or_not(house: House) -> None:
    manager, inspector = house.client("manager"), house.client("inspector")
    body: dict[str, Any] = {"channel": "telephone", "text": "等了很久没人理", "contact": "13800000000", "window": 3}
    made = (await manager.post(COMPLAINTS, json=body)).json()
    assert (made["channel_name"], made["due"], made["contact"], made["text"]) == (
        "电话", "2026-12-02", None, "等了很久没人理",
    )  # fmt: skip
    (item,) = (await inspector.get(COMPLAINTS, params={"open": True})).json()["items"]
    assert item["contact"] == "13800000000"
    path = f"{COMPLAINTS}/{made['complaint']}/answer"
    done = await inspector.post(path, json={"verdict": "founded", "answer": "属实，已批评教育"})
    assert (done.json()["answered"], done.json()["verdict"]) == ("2026-11-25", "founded")
    finding = house.services.bus.log.read(house.services.bus.last_seq - 1, 1)[0].fact
    assert isinstance(finding, e.FindingRecorded)
    assert (finding.about, finding.status, finding.window, finding.clerk) == ("complaint", "confirmed", 3, None)
    assert "13800000000" not in finding.note
    assert (await inspector.post(path, json={"verdict": "founded", "answer": "再答"})).status_code == 409
    assert (
        await inspector.post(f"{COMPLAINTS}/t0/answer", json={"verdict": "unclear", "answer": "x"})
    ).status_code == 404


async def test_a_kiosk_takes_complaints_and_reads_none(house: House) -> None:
    kiosk = house.client("device")
    made = await kiosk.post(COMPLAINTS, json={"text": "椅子坏了", "channel": "letter"})
    assert (made.json()["channel"], made.json()["text"]) == ("kiosk", None)
    assert (await kiosk.get(COMPLAINTS)).status_code == 403
    answer = f"{COMPLAINTS}/{made.json()['complaint']}/answer"
    before = house.services.bus.last_seq
    await house.client("inspector").post(answer, json={"verdict": "founded", "answer": "已修"})
    assert house.services.bus.last_seq == before + 1, "about nobody: no finding"


async def test_lateness_is_told_in_working_days(house: House) -> None:
    rating = await rated(house)
    await house.client("manager").post(COMPLAINTS, json={"text": "慢"})
    house.clock.advance(8 * 86_400)
    (complaint,) = (await house.client("inspector").get(COMPLAINTS)).json()["items"]
    assert complaint["overdue"] == 1  # due on Wednesday 2 December, today is the 3rd
    (bad,) = (await house.client("inspector").get(BAD)).json()["items"]
    assert (bad["rating"], bad["overdue"]) == (rating, 0)
