import asyncio
from pathlib import Path

import pytest

from hub.clock import ManualClock
from tests.hub.web.conftest import House, open_house

V1 = "/api/v1"


async def test_a_ticket_is_issued(house: House) -> None:
    answer = await house.client("device").post(f"{V1}/tickets", json={"service": "social", "kiosk": "K1"})
    assert answer.status_code == 201
    body = answer.json()
    assert body.pop("link").startswith("http://hall.example/r/code")
    assert body == {
        "id": "20261125-A001",
        "number": "A001",
        "service": "social",
        "ahead": 0,
        "estimate_s": 0,
        "issued_at": "2026-11-25T09:00:00.000+08:00",
        "windows": [3, 5],
        "slip": True,
        "rating_code": None,
    }


@pytest.mark.parametrize(("kiosk", "slip"), [("K1", True), ("K2", False), (None, False)])
async def test_the_answer_says_whether_paper_comes(house: House, kiosk: str | None, slip: bool) -> None:
    answer = await house.client("device").post(f"{V1}/tickets", json={"service": "social", "kiosk": kiosk})
    assert answer.json()["slip"] is slip


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"service": "nonsense"}, 404),
        ({"service": "social", "kiosk": "K9"}, 404),
        ({"service": "social", "priority": "vip"}, 422),
        ({"service": 7}, 422),
        ({}, 422),
        ([], 422),
        ({"service": "x" * 33}, 422),
    ],
)
async def test_a_bad_order_is_a_problem_and_no_ticket(house: House, body: object, status: int) -> None:
    seq = house.services.bus.last_seq
    answer = await house.client("device").post(f"{V1}/tickets", json=body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert house.services.bus.last_seq == seq


@pytest.mark.parametrize("content", [b'{"service":', b"\xff\xfe", b'{"service":"\\ud800"}', b"[" * 60_000, b""])
async def test_broken_json_is_a_problem(house: House, content: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await house.client("device").post(f"{V1}/tickets", content=content, headers=headers)
    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_full_day_is_409(house: House) -> None:
    client = house.client("device")
    for _ in range(2):
        assert (await client.post(f"{V1}/tickets", json={"service": "tax"})).status_code == 201
    answer = await client.post(f"{V1}/tickets", json={"service": "tax"})
    assert answer.status_code == 409
    assert "发完" in answer.json()["detail"]
    await house.settled()
    hall = (await client.get(f"{V1}/hall")).json()
    assert [(s["open"], s["reason"]) for s in hall["services"] if s["code"] == "tax"] == [(False, "今日号已发完")]


async def test_a_replay_gets_the_same_body(house: House) -> None:
    client = house.client("device", **{"Idempotency-Key": "tap-1"})
    first = await client.post(f"{V1}/tickets", json={"service": "social", "kiosk": "K1"})
    house.clock.advance(3600)
    again = await client.post(f"{V1}/tickets", json={"kiosk": "K1", "service": "social"})
    assert (again.status_code, again.json()) == (201, first.json())
    assert len(house.hall.state.tickets) == 1


async def test_a_replay_after_a_restart_gets_the_same_body(tmp_path: Path, clock: ManualClock) -> None:
    bodies = []
    for _ in range(2):
        async with open_house(tmp_path / "data", clock) as house:
            client = house.client("device", **{"Idempotency-Key": "tap-1"})
            answer = await client.post(f"{V1}/tickets", json={"service": "social"})
            assert answer.status_code == 201
            bodies.append(answer.json())
        clock.advance(7200)
    assert bodies[0] == bodies[1]


async def test_a_replay_is_told_of_the_slip_what_the_first_request_was_told(tmp_path: Path, clock: ManualClock) -> None:
    bodies = []
    for with_paper in ({"K1"}, set[str]()):
        async with open_house(tmp_path / "data", clock) as house:
            house.devices.kiosks_with_paper = with_paper
            client = house.client("device", **{"Idempotency-Key": "tap-1"})
            bodies.append((await client.post(f"{V1}/tickets", json={"service": "social", "kiosk": "K1"})).json())
    assert bodies[0]["slip"]
    assert bodies[0] == bodies[1]


async def test_another_body_under_the_key_is_422(house: House) -> None:
    client = house.client("device", **{"Idempotency-Key": "tap-1"})
    await client.post(f"{V1}/tickets", json={"service": "social"})
    answer = await client.post(f"{V1}/tickets", json={"service": "estate"})
    assert answer.status_code == 422
    assert answer.json()["code"] == "conflict"


async def test_two_senders_may_use_the_same_key(house: House) -> None:
    numbers = [
        (await house.client(role, **{"Idempotency-Key": "1"}).post(f"{V1}/tickets", json={"service": "social"})).json()
        for role in ("device", "clerk")
    ]
    assert {one["number"] for one in numbers} == {"A001", "A002"}


async def test_a_crowd_gets_no_number_twice(house: House) -> None:
    client = house.client("device")
    answers = await asyncio.gather(*(client.post(f"{V1}/tickets", json={"service": "social"}) for _ in range(200)))
    assert sorted(a.json()["number"] for a in answers) == [f"A{n:03d}" for n in range(1, 201)]


async def test_a_waiting_ticket_is_shown_and_given_up(house: House) -> None:
    client = house.client("device")
    ticket = (await client.post(f"{V1}/tickets", json={"service": "social"})).json()["id"]
    await house.settled()
    assert (await client.get(f"{V1}/tickets/{ticket}")).json() == {
        "id": ticket,
        "number": "A001",
        "service": "social",
        "state": "waiting",
        "window": None,
        "recalls": 0,
    }
    gone = await client.delete(f"{V1}/tickets/{ticket}")
    assert (gone.status_code, gone.content) == (204, b"")
    again = await client.delete(f"{V1}/tickets/{ticket}")
    assert again.status_code == 409
    await house.settled()
    assert (await client.get(f"{V1}/tickets/{ticket}")).json()["state"] == "cancelled"


async def test_a_missed_ticket_comes_back(house: House) -> None:
    client = house.client("clerk")
    ticket = (await client.post(f"{V1}/tickets", json={"service": "social"})).json()["id"]
    assert (await client.post(f"{V1}/tickets/{ticket}/return")).status_code == 409
    await client.post(f"{V1}/windows/3/sign-on", json={"clerk": "1001"})
    await client.post(f"{V1}/windows/3/next")
    await client.post(f"{V1}/windows/3/miss")
    back = await client.post(f"{V1}/tickets/{ticket}/return")
    assert (back.status_code, back.json()["state"]) == (200, "waiting")


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("DELETE", ""), ("POST", "/return")])
async def test_an_unknown_ticket_is_404(house: House, method: str, path: str) -> None:
    answer = await house.client("device").request(method, f"{V1}/tickets/nonsense{path}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
