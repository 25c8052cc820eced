"""`/reports`, and what people enter for them."""

from pathlib import Path
from typing import Any

import pytest

from hub.clock import ManualClock
from tests.hub.web.conftest import MORNING_MS, House, open_house

API = "/api/v1"
QUARTER = "2026Q4"


async def rated(house: House, level: int = 1) -> str:
    """A visit with a rating at window 3; the rating's id."""
    await house.served(3)
    await house.press(level=level)
    (*_, item) = (await house.client("manager").get(f"{API}/ratings")).json()["items"]
    return str(item["id"])


async def report(house: House, role: str = "manager") -> dict[str, Any]:
    got = await house.client(role).get(f"{API}/reports/{QUARTER}")
    assert got.status_code == 200, got.text
    return dict(got.json())


def window(told: dict[str, Any], number: int) -> dict[str, Any]:
    return next(one for one in told["windows"] if one["subject"] == str(number))


async def test_a_quarter_as_it_would_close_now(house: House) -> None:
    await rated(house, 5)
    told = await report(house)
    one = window(told, 3)
    assert (told["rules"], one["finished"], one["rated"], one["rated_share"]) == ("seed-county", 1, 1, "100.00")
    assert (one["total_points"], one["award"], one["rank"]) == ("94", "红旗窗口", 1)
    assert {section["section"] for section in one["sections"]} == {f"一({n})" for n in "一二三四五六七八"}
    assert len(told["decisions"]) == 22
    assert await report(house, "inspector") == told


async def test_a_mistaken_rating_is_corrected_and_both_levels_stay(house: House) -> None:
    rating = await rated(house, 1)
    assert window(await report(house), 3)["satisfied_share"] == "0.00"
    body = {"level": 5, "register": "误评 2026-7", "reason": "按错，本人来更正"}
    got = await house.client("manager").post(f"{API}/ratings/{rating}/correction", json=body)
    assert got.json() == {"rating": rating, "was": 1, "by": "test manager", **body}
    one = window(await report(house), 3)
    assert (one["satisfied_share"], one["corrected"]) == ("100.00", 1)
    (item,) = (await house.client("manager").get(f"{API}/ratings")).json()["items"]
    assert item["level"] == 1, "what was pressed is never changed"
    again = await house.client("manager").post(f"{API}/ratings/{rating}/correction", json=body)
    assert again.status_code == 409
    back = await house.client("manager").post(f"{API}/ratings/{rating}/correction", json=body | {"level": 4})
    assert back.json()["was"] == 5


@pytest.mark.parametrize("rating", ["r1", "r999999", "x", "r-1"])
async def test_a_rating_that_is_not_there(house: House, rating: str) -> None:
    body = {"level": 5, "register": "1", "reason": "按错"}
    assert (await house.client("manager").post(f"{API}/ratings/{rating}/correction", json=body)).status_code == 404


async def test_findings_and_points_are_heeded(house: House) -> None:
    await rated(house, 5)
    client = house.client("inspector")
    body = {"kind": "complaint", "window": 3, "note": "态度生硬，录像为证"}
    found = await client.post(f"{API}/findings", json=body)
    assert (found.status_code, found.json()["status"]) == (200, "confirmed")
    entry = {"sheet": "window", "quarter": QUARTER, "subject": "3", "section": "一(一)", "points": 8.5, "note": "脱岗"}
    entered = await client.post(f"{API}/points", json=entry)
    assert entered.json() == entry | {"points": "8.5", "by": "test inspector", "stage": "review"}
    one = window(await report(house), 3)
    assert (one["total_points"], one["reasons"], one["rank"]) == ("88.5", ["三(一)"], None)
    assert one["evidence"][0]["note"] == "态度生硬，录像为证"


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("findings", {"kind": "self_press", "window": 3, "note": "x"}, 422),
        ("findings", {"kind": "gossip", "window": 3, "note": "x"}, 422),
        ("findings", {"kind": "complaint", "note": "x"}, 422),
        ("findings", {"kind": "complaint", "window": 99, "note": "x"}, 404),
        ("findings", {"kind": "complaint", "window": 3}, 422),
        ("findings", {"kind": "complaint", "window": 3, "note": "x", "what": "late"}, 422),
        ("findings", {"kind": "other", "window": 3, "note": "x"}, 422),
        ("points", {"sheet": "window", "quarter": QUARTER, "subject": "3", "section": "一(一)", "points": 10.5}, 422),
        ("points", {"sheet": "window", "quarter": QUARTER, "subject": "3", "section": "九", "points": 1}, 422),
        ("points", {"sheet": "window", "quarter": QUARTER, "subject": "x", "section": "一(一)", "points": 1}, 422),
        ("points", {"sheet": "window", "quarter": "2019Q4", "subject": "3", "section": "一(一)", "points": 1}, 409),
        ("points", {"sheet": "window", "quarter": QUARTER, "subject": "99", "section": "一(一)", "points": 1}, 404),
    ],
)
async def test_what_can_not_be_entered_is_refused(house: House, path: str, body: dict[str, Any], status: int) -> None:
    got = await house.client("inspector").post(f"{API}/{path}", json=body)
    assert got.status_code == status, got.text


@pytest.mark.parametrize(
    ("role", "method", "path"),
    [("clerk", "get", f"reports/{QUARTER}"), ("device", "get", f"reports/{QUARTER}"), ("device", "post", "points"),
     ("manager", "post", "findings"), ("clerk", "post", "ratings/r1/correction")],
)  # fmt: skip
async def test_others_may_not(house: House, role: str, method: str, path: str) -> None:
    assert (await house.client(role).request(method, f"{API}/{path}")).status_code == 403


async def test_no_rule_set_in_force_is_said(tmp_path: Path) -> None:
    async with open_house(tmp_path, ManualClock(MORNING_MS, 0)) as house:
        got = await house.client("manager").get(f"{API}/reports/2002Q1")
        assert (got.status_code, "尚无生效" in got.text) == (409, True)


async def test_self_and_mutual_assessment_stand_beside_the_review_and_count_nowhere(house: House) -> None:
    await rated(house, 5)
    zhang = house.client(Authorization=f"Bearer {house.tokens.create('1001', 'clerk')}")
    li = house.client(Authorization=f"Bearer {house.tokens.create('1002', 'clerk')}")
    entry = {"sheet": "clerk", "quarter": QUARTER, "subject": "1001", "section": "二(一)", "points": 20}
    for client, stage, points in ((zhang, "self", 20), (li, "mutual", 10), (li, "mutual", 16)):
        answer = await client.post(f"{API}/points", json=entry | {"stage": stage, "points": points})
        assert answer.status_code == 200, answer.text
    await house.client("manager").post(f"{API}/points", json=entry | {"stage": "mutual", "points": 18})
    for client, changes in (
        (zhang, {"stage": "mutual"}),
        (zhang, {"stage": "review"}),
        (li, {"stage": "self"}),
        (li, {"stage": "self", "sheet": "window", "subject": "3", "section": "一(一)", "points": 1}),
    ):
        assert (await client.post(f"{API}/points", json=entry | changes)).status_code == 409
    (one,) = [one for one in (await report(house))["clerks"] if one["subject"] == "1001"]
    assert one["opinions"] == [
        {"stage": "mutual", "section": "二(一)", "points": "17", "people": 2},
        {"stage": "self", "section": "二(一)", "points": "20", "people": 1},
    ]
    assert one["total_points"] == "100"
