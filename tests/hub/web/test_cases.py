"""`/cases`: cases and the deadline board over HTTP."""

from typing import Any

import pytest

from hub.domain.calendar import WorkCalendar
from tests.hub.web.conftest import House

CASES = "/api/v1/cases"


async def received(house: House, case: str = "〔2026〕1号", **more: Any) -> dict[str, Any]:
    body = {"case": case, "case_kind": "承诺", "service": "social", "window": 3, "promised_days": 5} | more
    answer = await house.client("manager").post(CASES, json=body | {"statutory_days": 20})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_a_case_from_receipt_to_done(house: House) -> None:
    made = await received(house)
    assert (made["case_kind"], made["kind_name"], made["state"], made["due"]) == (
        "promised", "承诺件", "running", "2026-12-02",
    )  # fmt: skip
    clerk, path = house.client("clerk"), f"{CASES}/〔2026〕1号"
    stopped = (await clerk.post(f"{path}/stop", json={"procedure": "expert_review"})).json()
    assert (stopped["state"], stopped["stopped"], stopped["due"]) == ("stopped", "expert_review", None)
    assert (await clerk.post(f"{path}/finish", json={})).status_code == 409
    assert (await clerk.post(f"{path}/resume", json={})).json()["due"] == "2026-12-02"
    done = (await clerk.post(f"{path}/finish", json={"note": "已送达"})).json()
    assert (done["state"], done["outcome"], done["used_days"], done["overdue"]) == ("closed", "done", 0, 0)
    board = (await house.client("manager").get(f"{CASES}/board")).json()
    assert board["departments"] == [
        {
            "department": "人社局",
            "standings": {"overdue": 0, "today": 0, "soon": 0, "running": 0, "stopped": 0, "waiting": 0, "closed": 1},
            "due": 1,
            "in_time": 1,
            "completed_share": "100.00",
            "promised": 1,
            "unknown": 0,
            "speed_up": "100.00",
        }
    ]


async def test_the_list_has_the_most_urgent_first_and_can_be_narrowed(house: House) -> None:
    await received(house, "a", case_kind="supplement")
    await received(house, "b", promised_days=9)
    await received(house, "c", day="2026-11-02")
    client = house.client("inspector")
    whole = (await client.get(CASES)).json()
    assert [(item["case"], item["state"]) for item in whole["items"]] == [
        ("c", "overdue"), ("b", "running"), ("a", "waiting"),
    ]  # fmt: skip
    assert whole["items"][0]["overdue"] == 12
    for query, cases in (
        ({"state": "overdue"}, ["c"]),
        ({"kind": "supplement"}, ["a"]),
        ({"department": "税务局"}, []),
        ({"window": 3, "limit": 1, "after": "1"}, ["b"]),
    ):
        assert [item["case"] for item in (await client.get(CASES, params=query)).json()["items"]] == cases
    assert (await client.get(f"{CASES}/c")).json()["due"] == "2026-11-09"
    assert (await client.get(f"{CASES}/nobody")).status_code == 404


async def test_a_rejection_and_its_review(house: House) -> None:
    await received(house, "r", case_kind="驳回")
    clerk = house.client("clerk")
    asked = await clerk.post(f"{CASES}/r/review", json={"reason": "材料齐全"})
    assert asked.json()["review"] == "asked"
    ruled = await house.client("inspector").post(
        f"{CASES}/r/review/decision", json={"outcome": "overturned", "reason": "材料齐全"}
    )
    assert ruled.json()["review"] == "overturned"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"case_kind": "答复"}, 422),
        ({"service": "nothing"}, 404),
        ({"window": 99}, 404),
        ({"window": None}, 422),
        ({"day": "2027-01-01"}, 422),
        ({"green": True}, 422),
        ({"case": "taken"}, 409),
    ],
)
async def test_what_can_not_be_received(house: House, changes: dict[str, Any], status: int) -> None:
    await received(house, "taken")
    body = {"case": "new", "case_kind": "promised", "service": "social", "window": 3} | changes
    answer = await house.client("manager").post(CASES, json=body)
    assert answer.status_code == status, answer.text
    assert len(house.hall.state.filings) == 1


async def test_a_finished_visit_opens_the_cases_of_its_matters(house: House) -> None:
    clerk = house.client("clerk")
    await house.client("device").post("/api/v1/tickets", json={"service": "social"})
    await clerk.post("/api/v1/windows/3/sign-on", json={"clerk": "1001"})
    await clerk.post("/api/v1/windows/3/next")
    matters = [{"case_kind": "承诺", "case_no": "C-1"}, {"case_kind": "即办"}, {}, {"case_kind": "补办"}]
    done = await clerk.post("/api/v1/windows/3/finish", json={"matters": matters})
    assert done.status_code == 200, done.text
    ticket = done.json()["id"]
    items = (await house.client("manager").get(CASES)).json()["items"]
    assert {(item["case"], item["case_kind"], item["clerk"], item["ticket"]) for item in items} == {
        ("C-1", "promised", "1001", ticket),
        (f"{ticket}-4", "supplement", "1001", ticket),
    }


async def test_due_days_are_told_anew_when_the_calendar_knows_more(house: House) -> None:
    from hub.casework import Casework  # noqa: PLC0415
    from hub.domain import casework  # noqa: PLC0415

    await received(house, "a")
    one = house.hall.state.filings["a"]
    assert casework.due_day(one, WorkCalendar()) is not None
    cases = Casework(house.hall, house.services.bus)
    before = house.services.bus.last_seq
    cases.recompute()
    assert house.services.bus.last_seq == before
    one.due = "2026-12-01"
    cases.recompute()
    assert one.due == "2026-12-02"


async def test_a_table_is_taken_and_its_bad_rows_are_told(house: House) -> None:
    table = "办件编号,类型,业务,窗口,收件日期\nT1,承诺件,social,3,2026-11-02\nT2,承诺件,social,99,2026-11-02\n"
    manager = house.client("manager")
    answer = await manager.post(
        f"{CASES}/import", content=table.encode("gb18030"), headers={"Content-Type": "text/csv"}
    )
    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "received": 1,
        "updated": 0,
        "unchanged": 0,
        "faults": [{"line": 3, "column": "窗口", "reason": "hall.toml 里没有 99 号窗口 (unknown window)"}],
    }
    again = await manager.post(f"{CASES}/import", content=table.encode(), headers={"Content-Type": "text/csv"})
    assert (again.json()["unchanged"], list(house.hall.state.filings)) == (1, ["T1"])
    assert (await manager.post(f"{CASES}/import", content=b"x")).status_code == 422


async def test_a_cases_paper_is_a_document(house: House) -> None:
    await received(house, "P-1")
    answer = await house.client("clerk").get(f"{CASES}/P-1/letter.docx")
    assert (answer.status_code, answer.content[:2]) == (200, b"PK")
    assert "wordprocessingml" in answer.headers["content-type"]
    assert (await house.client("clerk").get(f"{CASES}/none/letter.docx")).status_code == 404


async def test_a_long_table_is_taken_whole_and_a_longer_one_is_refused(house: House) -> None:
    rows = [f"L{n},承诺件,social,3,2026-11-02" for n in range(2500)]
    table = "\n".join(["办件编号,类型,业务,窗口,收件日期", *rows]).encode()
    assert len(table) > 64 * 1024
    manager = house.client("manager")
    answer = await manager.post(f"{CASES}/import", content=table)
    assert (answer.status_code, answer.json()["received"]) == (200, 2500)
    assert (await manager.post(f"{CASES}/import", content=b"x" * (8 * 1024 * 1024 + 1))).status_code == 413
    assert (await manager.post(CASES, content=b"x" * (64 * 1024 + 1))).status_code == 413
