"""`/callbacks`: a quarter's sample over HTTP, from the seed to the report."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from hub.clock import ManualClock
from hub.domain import events as e
from hub.domain.callbacks import draw
from tests.hub.flagging import statement
from tests.hub.web.conftest import SETUP, House, open_house

PATH = "/api/v1/callbacks/2026Q4"


@pytest.fixture
async def rated(tmp_path: Path, clock: ManualClock) -> AsyncIterator[House]:
    """Seven rated visits, of which four are to be called back; two citizens left a telephone number."""
    async with open_house(tmp_path / "data", clock, replace(SETUP, callback_sample=4)) as house:
        for number in range(7):
            holder = f"王女士 1380000000{number}" if number < 2 else None
            await house.hall.issue_ticket("social", by="test", holder=holder)
            if house.hall.state.window(3).state == "closed":
                await house.hall.sign_on(3, "1001", by="test")
            await house.hall.call_next(3, by="test")
            await house.hall.finish(3, by="test")
            await house.press(level=5)
            house.clock.advance(60)
        yield house


async def drawn(house: House) -> list[dict[str, Any]]:
    answer = await house.client("inspector").post(f"{PATH}/sample")
    assert answer.status_code == 200
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def said(house: House, rating: str, outcome: str, **more: object) -> httpx.Response:
    body = {"rating": rating, "outcome": outcome, **more}
    return await house.client("inspector").post(f"{PATH}/results", json=body)


def facts(house: House, kind: str) -> list[Any]:
    return [row.fact for row in house.services.bus.log.read(0, kinds=(kind,))]


async def test_sample_is_a_fact_with_its_seed_before_any_call(rated: House) -> None:
    inspector = rated.client("inspector")
    assert (await inspector.get(PATH)).status_code == 404
    assert (await said(rated, "r1", "own")).status_code == 404
    items = await drawn(rated)
    (fact,) = facts(rated, "callback.sampled")
    everyone = [one.rating for one in facts(rated, "rating.recorded")]
    assert (fact.population, fact.size, fact.by, len(fact.seed)) == (7, 4, "test inspector", 32)
    assert fact.ratings == draw(fact.seed, everyone, 4) == tuple(item["rating"] for item in items)
    assert (await inspector.get(PATH)).json()["items"] == items


async def test_quarter_is_drawn_once(rated: House) -> None:
    items = await drawn(rated)
    again = await rated.client("inspector").post(f"{PATH}/sample")
    assert (again.status_code, again.json()["code"]) == (409, "state_forbids")
    assert [item["rating"] for item in (await rated.client("inspector").get(PATH)).json()["items"]] == [
        item["rating"] for item in items
    ]


@pytest.mark.parametrize(("quarter", "status"), [("2026Q3", 409), ("2027Q1", 409), ("2026Q5", 422), ("0000Q1", 422)])
async def test_quarter_without_ratings_or_to_come_or_of_no_year_is_not_drawn(
    rated: House, quarter: str, status: int
) -> None:
    assert (await rated.client("inspector").post(f"/api/v1/callbacks/{quarter}/sample")).status_code == status
    assert facts(rated, "callback.sampled") == []


async def test_officer_sees_whom_to_call_and_enters_what_they_say(rated: House) -> None:
    items = await drawn(rated)
    contacts = {item["number"]: item["contact"] for item in items}
    kept = {"A001": "王女士 13800000000", "A002": "王女士 13800000001"}
    assert contacts == {number: kept.get(number) for number in contacts}
    answer = await said(rated, items[0]["rating"], "other_level", level=2, note="当时按错", contact="13900000000")
    assert answer.status_code == 200
    assert {key: answer.json()[key] for key in ("outcome", "said_level", "note", "by", "level")} == {
        "outcome": "other_level",
        "said_level": 2,
        "note": "当时按错",
        "by": "test inspector",
        "level": 5,
    }


async def test_numbers_and_notes_lie_apart_and_never_in_a_row(rated: House, tmp_path: Path) -> None:
    items = await drawn(rated)
    await said(rated, items[0]["rating"], "own", note="说好的", contact="13900000000")
    await rated.settled()
    with rated.services.bus.log.database.engine().connect() as connection:
        rows = connection.exec_driver_sql("SELECT payload FROM events WHERE kind LIKE 'callback.%'").all()
        apart = connection.exec_driver_sql("SELECT field, value FROM personal").all()
    assert len(rows) == 2
    assert not [row for row in rows if "1390000" in row[0] or "说好的" in row[0]]
    assert {("note", "说好的"), ("contact", "13900000000")} <= {tuple(row) for row in apart}


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"outcome": "other_level"}, 422),
        ({"outcome": "other_level", "level": 5}, 422),
        ({"outcome": "own", "level": 4}, 422),
        ({"outcome": "guilty"}, 422),
        ({"rating": "r1", "outcome": "own"}, 404),
    ],
)
async def test_result_that_makes_no_sense_is_refused(rated: House, more: dict[str, object], status: int) -> None:
    items = await drawn(rated)
    body = {"rating": items[0]["rating"], **more}
    assert (await rated.client("inspector").post(f"{PATH}/results", json=body)).status_code == status
    assert facts(rated, "callback.made") == []


async def test_clerk_concerned_does_not_call_back_even_with_an_inspectors_token(rated: House) -> None:
    items = await drawn(rated)
    own = rated.client(Authorization=f"Bearer {rated.tokens.create('张三', 'inspector')}")
    answer = await own.post(f"{PATH}/results", json={"rating": items[0]["rating"], "outcome": "own"})
    assert answer.status_code == 409


async def test_report_counts_answers_departments_and_flags(rated: House) -> None:
    items = await drawn(rated)
    named = items[0]
    press = next(one.press for one in facts(rated, "rating.recorded") if one.rating == named["rating"])
    suspect = statement()["suspects"][0]
    rated.services.judging.raise_flag(statement() | {"suspects": [suspect | {"press": press}]}, "2026Q4")
    await said(rated, named["rating"], "unreached")
    await said(rated, named["rating"], "denied")
    await said(rated, items[1]["rating"], "own")
    await said(rated, items[2]["rating"], "unsure")
    report = (await rated.client("manager").get(f"{PATH}/report")).json()
    assert report["reproduced"]
    assert report["outcomes"] == {
        "own": 1, "other_level": 0, "denied": 1, "unsure": 1, "unreached": 0, "no_contact": 0,
    }  # fmt: skip
    assert report["corrected"] == 1
    whole = {"sampled": 4, "called": 3, "answered": 2, "wrong": 1, "denied": 1, "rate": 0.5}
    assert report["whole"].items() >= whole.items()
    assert (report["whole"]["low"], report["whole"]["high"]) == (
        pytest.approx(0.0126, abs=1e-4),
        pytest.approx(0.9874, abs=1e-4),
    )
    assert report["departments"]["人社局"] == report["whole"]
    assert (report["flagged_presses"]["answered"], report["flagged_presses"]["wrong"]) == (1, 1)
    assert (report["flagged_clerks"]["answered"], report["flagged_clerks"]["wrong"]) == (1, 0)
    assert report["others"]["sampled"] == 0


async def test_sample_and_results_survive_a_restart(tmp_path: Path, clock: ManualClock) -> None:
    async with open_house(tmp_path, clock) as house:
        await house.served()
        await house.press(level=5)
        items = await drawn(house)
        house.hall.save()
    async with open_house(tmp_path, clock) as house:
        assert (await house.client("inspector").post(f"{PATH}/sample")).status_code == 409
        assert (await said(house, items[0]["rating"], "own")).status_code == 200
        assert isinstance(facts(house, "callback.made")[0], e.CallbackMade)


async def test_quarter_has_its_own_ratings_only(rated: House) -> None:
    rated.clock.advance(40 * 86_400)  # the fourth of January
    await rated.served()
    await rated.press(level=4)
    drawn_now = await rated.client("inspector").post("/api/v1/callbacks/2027Q1/sample")
    assert [item["level"] for item in drawn_now.json()["items"]] == [4]
    assert drawn_now.json()["population"] == 1
    assert {item["level"] for item in await drawn(rated)} == {5}
    assert [one.population for one in facts(rated, "callback.sampled")] == [1, 7]
