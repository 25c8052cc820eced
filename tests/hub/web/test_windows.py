from typing import Any

import pytest

from hub import wire
from hub.domain.events import SignedOn, TicketFinished
from tests.hub.web.conftest import House

V1 = "/api/v1"


class Desk:
    """Window 3 as its clerk uses it."""

    def __init__(self, house: House) -> None:
        self.client = house.client("clerk")

    async def do(self, verb: str, body: Any = None, window: int = 3) -> Any:
        return await self.client.post(f"{V1}/windows/{window}/{verb}", json=body)

    async def take(self, service: str = "social", **more: str) -> dict[str, Any]:
        answer = await self.client.post(f"{V1}/tickets", json={"service": service, **more})
        ticket: dict[str, Any] = answer.json()
        return ticket


@pytest.fixture
async def desk(house: House) -> Desk:
    desk = Desk(house)
    await desk.do("sign-on", {"clerk": "1001"})
    return desk


async def test_a_visit_goes_from_call_to_rating(desk: Desk, house: House) -> None:
    ticket = await desk.take()
    for verb, state in (("next", "called"), ("recall", "called"), ("start", "serving"), ("finish", "finished")):
        answer = await desk.do(verb)
        assert answer.status_code == 200
        assert answer.json() == {
            "id": ticket["id"],
            "number": "A001",
            "service": "social",
            "state": state,
            "window": 3,
            "recalls": 0 if verb == "next" else 1,
        }
    await house.settled()
    window = (await desk.client.get(f"{V1}/windows")).json()[0]
    assert (window["state"], window["ticket"]) == ("rating", None)
    assert window["invite_until"] == house.clock.wall_ms() + 60_000
    await house.press()
    window = (await desk.client.get(f"{V1}/windows")).json()[0]
    assert (window["state"], window["invite_until"]) == ("idle", None)


async def test_nobody_waiting_is_204(desk: Desk) -> None:
    answer = await desk.do("next")
    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize(
    "verb", ["recall", "start", "finish", "miss", "hold", "take-back", "invite", "assist", "resume"]
)
async def test_a_verb_that_the_state_forbids_is_409_and_no_fact(desk: Desk, house: House, verb: str) -> None:
    seq = house.services.bus.last_seq
    answer = await desk.do(verb)
    assert (answer.status_code, answer.json()["code"]) == (409, "state_forbids")
    assert answer.headers["content-type"] == "application/problem+json"
    assert house.services.bus.last_seq == seq


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        *((verb, None) for verb in ("next", "recall", "start", "finish", "miss", "hold", "take-back", "invite")),
        *((verb, None) for verb in ("assist", "resume", "sign-off")),
        ("sign-on", {"clerk": "1001"}),
        ("pause", {"reason": "用餐"}),
        ("call", {"ticket": "x"}),
        ("transfer", {"window": 4}),
    ],
)
async def test_an_unknown_window_is_404(house: House, verb: str, body: object) -> None:
    answer = await house.client("clerk").post(f"{V1}/windows/99/{verb}", json=body)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("verb", "body", "status"),
    [
        ("call", {"ticket": "nonsense"}, 404),
        ("take-back", {"ticket": "nonsense"}, 404),
        ("transfer", {"service": "nonsense"}, 404),
        ("transfer", {"window": 99}, 404),
        ("transfer", {"window": 3}, 409),
        ("transfer", {}, 422),
        ("transfer", {"window": 4, "service": "tax"}, 422),
        ("finish", {"matters": [{"service": "nonsense"}]}, 404),
        ("finish", {"matters": 0}, 422),
        ("finish", {"matters": []}, 422),
        ("finish", {"case_kind": "nonsense"}, 422),
        ("pause", {}, 422),
        ("pause", {"reason": ""}, 422),
        ("sign-on", {"clerk": "9999"}, 404),
        ("sign-on", {}, 422),
    ],
)
async def test_a_bad_value_is_a_problem_and_no_fact(
    desk: Desk, house: House, verb: str, body: object, status: int
) -> None:
    await desk.take()
    if verb in {"transfer", "finish"}:
        await desk.do("next")
    seq = house.services.bus.last_seq
    answer = await desk.do(verb, body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert house.services.bus.last_seq == seq


async def test_sign_on_answers_the_window_and_keeps_who_did_it(house: House) -> None:
    answer = await house.client("clerk").post(f"{V1}/windows/3/sign-on", json={"clerk": "1001"})
    assert answer.status_code == 200
    assert (answer.json()["state"], answer.json()["clerk"], answer.json()["clerk_name"]) == ("idle", "1001", "张三")
    fact = house.services.bus.log.read(0, kinds=("window.signed_on",))[-1].fact
    assert fact == SignedOn(3, "1001", "test clerk")


@pytest.mark.parametrize("pin", ["0000", None, "2468 "])
async def test_a_wrong_pin_is_403(house: House, pin: str | None) -> None:
    answer = await house.client("clerk").post(f"{V1}/windows/3/sign-on", json={"clerk": "1002", "pin": pin})
    assert (answer.status_code, answer.json()["code"]) == (403, "wrong_pin")
    assert "2468" not in answer.text


async def test_pins_cannot_be_tried_out(house: House) -> None:
    client = house.client("clerk")
    answers = [
        (await client.post(f"{V1}/windows/3/sign-on", json={"clerk": "1002", "pin": f"{n:04d}"})).status_code
        for n in range(12)
    ]
    assert answers == [403] * 10 + [429] * 2
    right = await client.post(f"{V1}/windows/3/sign-on", json={"clerk": "1002", "pin": "2468"})
    assert right.status_code == 429
    house.clock.advance(int(right.headers["retry-after"]))
    right = await client.post(f"{V1}/windows/3/sign-on", json={"clerk": "1002", "pin": "2468"})
    assert right.status_code == 200


async def test_pause_shows_its_reason_until_resume(desk: Desk) -> None:
    paused = await desk.do("pause", {"reason": "取送材料"})
    assert (paused.json()["state"], paused.json()["reason"]) == ("paused", "取送材料")
    assert (await desk.do("next")).status_code == 409
    resumed = await desk.do("resume")
    assert (resumed.json()["state"], resumed.json()["reason"]) == ("idle", None)
    assert (await desk.do("sign-off")).json()["state"] == "closed"


async def test_a_chosen_ticket_is_called_held_and_taken_back(desk: Desk) -> None:
    await desk.take()
    second = await desk.take()
    assert (await desk.do("call", {"ticket": second["id"]})).json()["number"] == "A002"
    assert (await desk.do("hold")).json()["state"] == "held"
    assert (await desk.do("take-back", {"ticket": second["id"]})).json()["state"] == "serving"
    assert (await desk.do("hold")).status_code == 200
    assert (await desk.do("take-back")).json()["id"] == second["id"]


async def test_a_transferred_ticket_waits_elsewhere(desk: Desk) -> None:
    await desk.take()
    await desk.do("next")
    moved = await desk.do("transfer", {"service": "estate"})
    assert (moved.json()["service"], moved.json()["state"], moved.json()["window"]) == ("estate", "waiting", None)


@pytest.mark.parametrize(
    ("body", "matters"),
    [
        (None, [(None, None, None)]),
        ({"matters": 2}, [(None, None, None)] * 2),
        ({"case_kind": "承诺件", "case_no": "B1"}, [(None, "promised", "B1")]),
        ({"case_kind": "即办", "matters": 2, "case_no": "B1"}, [(None, "immediate", "B1"), (None, "immediate", None)]),
        (
            {"matters": [{"service": "tax", "case_kind": "joint"}, {"case_no": "B2"}], "case_kind": "上报"},
            [("tax", "joint", None), (None, "reported", "B2")],
        ),
    ],
)
async def test_finish_keeps_the_matters(desk: Desk, house: House, body: object, matters: list[tuple[str, ...]]) -> None:
    await desk.take()
    await desk.do("next")
    assert (await desk.do("finish", body)).status_code == 200
    fact = house.services.bus.log.read(0, kinds=("ticket.finished",))[-1].fact
    assert isinstance(fact, TicketFinished)
    assert [(m.service, m.case_kind, m.case_no) for m in fact.matters] == matters


async def test_an_invite_may_be_repeated_until_the_next_call(desk: Desk, house: House) -> None:
    ticket = await desk.take()
    await desk.do("next")
    await desk.do("finish")
    house.clock.advance(90)
    again = await desk.do("invite")
    assert (again.status_code, again.json()["id"]) == (200, ticket["id"])
    assert (await desk.do("assist")).status_code == 200
    await desk.take()
    await desk.do("next")
    await desk.do("miss")
    assert (await desk.do("invite")).status_code == 409


async def test_assistance_is_declared_once_a_visit_and_shown_until_the_next(desk: Desk, house: House) -> None:
    ticket = await desk.take()
    await desk.take()
    await desk.do("next")
    assert (await desk.do("assist")).json()["id"] == ticket["id"]
    again = await desk.do("assist")
    assert (again.status_code, again.json()["detail"]) == (
        409,
        "本次办理已声明协助，不必重复 (assist: not while called)",
    )
    for verb, shown in (("start", True), ("finish", True), ("next", False)):
        await desk.do(verb)
        await house.settled()
        at = (await desk.client.get(f"{V1}/windows")).json()[0]["assisted_at"]
        assert at == ("2026-11-25T09:00:00.000+08:00" if shown else None)
    assert (await desk.do("assist")).status_code == 200
    facts = house.services.bus.log.read(0, kinds=("press.assist_declared",))
    assert [(row.fact.ticket, row.fact.clerk) for row in facts] == [  # type: ignore[attr-defined]
        ("20261125-A001", "1001"),
        ("20261125-A002", "1001"),
    ]


async def test_assistance_after_the_press_is_no_declaration(desk: Desk, house: House) -> None:
    await desk.take()
    await desk.do("next")
    await desk.do("finish")
    await house.press()
    assert (await desk.do("assist")).status_code == 409


async def test_the_window_shows_who_is_next_and_what_hangs_on_it(desk: Desk, house: House) -> None:
    house.devices.put(wire.DeviceItem("line-1", "keypad.ff68", "ok", "2026-11-25T09:00:00+08:00", "", (3, 4)))
    await desk.take()
    await desk.take("tax")
    await desk.take(priority="elderly")
    await house.settled()
    window = (await desk.client.get(f"{V1}/windows")).json()[0]
    assert window["waiting"] == 3
    assert [(n["number"], n["priority"]) for n in window["next"]] == [
        ("A002", "elderly"),
        ("A001", None),
        ("B001", None),
    ]
    assert window["devices"] == [{"id": "line-1", "state": "ok", "maintenance": False}]
    await desk.do("next")
    await desk.do("miss")
    await house.settled()
    window = (await desk.client.get(f"{V1}/windows")).json()[0]
    assert [m["number"] for m in window["missed"]] == ["A002"]


@pytest.mark.parametrize(
    ("verb", "body", "where", "said"),
    [
        ("pause", {"reason": ""}, "body.reason", "至少 1 个字 (characters at least)"),
        ("pause", {"reason": " \u3000\x00"}, "body.reason", "至少 1 个字 (characters at least)"),
        ("pause", {"reason": "长" * 101}, "body.reason", "至多 100 个字 (characters at most)"),
        ("pause", [], "body", "应为 JSON 对象 (object)"),
        ("transfer", {}, "body", "service 和 window 须填其一 (one of service and window)"),
        ("finish", {"matters": 0}, "body.matters", "不得小于 1 (at least)"),
        ("finish", {"case_kind": "x"}, "body.case_kind", "应为下列之一 (one of)：'immediate'"),
    ],
)
async def test_a_wrong_body_is_said_in_chinese_first(desk: Desk, verb: str, body: Any, where: str, said: str) -> None:
    answer = await desk.do(verb, body)
    fault = answer.json()["errors"][0]
    assert (answer.status_code, fault["where"]) == (422, where)
    assert fault["detail"].startswith(said)


async def test_what_cannot_be_seen_is_left_out_of_a_reason(desk: Desk) -> None:
    answer = await desk.do("pause", {"reason": " 用\x00餐\u202e\n "})
    assert (answer.status_code, answer.json()["reason"]) == (200, "用餐")
