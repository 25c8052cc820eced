from typing import Any

import pytest

from hub.web import records
from tests.hub.web.conftest import House


async def pages(house: House, path: str, **query: Any) -> list[list[dict[str, Any]]]:
    """All pages of a list, one after the other."""
    client = house.client("manager")
    found: list[list[dict[str, Any]]] = []
    after: str | None = None
    while True:
        answer = await client.get(f"/api/v1/{path}", params=query | ({"after": after} if after else {}))
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert page.keys() == {"items", "next"}
        found.append(page["items"])
        after = page["next"]
        if after is None:
            return found


async def items(house: House, path: str, **query: Any) -> list[dict[str, Any]]:
    return [item for page in await pages(house, path, **query) for item in page]


async def test_a_press_stands_with_its_decision(house: House) -> None:
    ticket = await house.served()
    await house.press(key=3, level=5)
    (press,) = await items(house, "presses")
    assert press == {
        "id": press["id"],
        "window": 3,
        "device": "line-1",
        "key": 3,
        "level": 5,
        "at": "2026-11-25T09:02:00.000+08:00",
        "raw": "fe6803",
        "ticket": ticket,
        "disposition": "rating",
    }
    (rating,) = await items(house, "ratings")
    assert rating == {
        "id": rating["id"],
        "press": press["id"],
        "ticket": ticket,
        "window": 3,
        "clerk": "1001",
        "level": 5,
        "source": "keypad",
        "at": "2026-11-25T09:02:00.000+08:00",
    }


async def test_presses_that_are_no_ratings_say_why(house: House) -> None:
    await house.press(window=4)
    await house.press(key=9, level=None)
    await house.served()
    await house.press()
    house.clock.advance(5)
    await house.press()
    assert [p["disposition"] for p in await items(house, "presses")] == ["closed", "unmapped", "rating", "repeated"]
    assert [p["disposition"] for p in await items(house, "presses", window=4)] == ["closed"]
    assert [p["key"] for p in await items(house, "presses", disposition="unmapped")] == [9]


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
async def test_pages_follow_each_other_without_gap_or_double(
    house: House, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "_BATCH", 5)  # so that batches end between a press and its decision
    monkeypatch.setattr(records, "SCAN_MOST", 10)
    for n in range(14):
        house.clock.advance(2)
        await house.press(key=n % 4, level=2)
    got = await pages(house, "presses", limit=limit)
    assert all(len(page) <= limit for page in got)
    keys = [press["key"] for page in got for press in page]
    assert keys == [n % 4 for n in range(14)]
    assert {press["disposition"] for page in got for press in page} == {"closed"}


async def test_a_page_may_be_empty_and_the_next_one_not(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "_BATCH", 5)
    monkeypatch.setattr(records, "SCAN_MOST", 5)
    for n in range(10):
        house.clock.advance(2)
        await house.press(window=4 if n == 9 else 3)
    got = await pages(house, "presses", window=4)
    assert got[0] == []
    assert len(got[-1]) == 1


@pytest.mark.parametrize(
    ("query", "days"),
    [
        ({"from": "2026-11-26"}, [26, 27]),
        ({"to": "2026-11-26"}, [25]),
        ({"from": "2026-11-26T00:00:00+08:00", "to": "2026-11-27T00:00:00+08:00"}, [26]),
        ({"from": "2026-11-25T01:00:00Z", "to": "2026-11-25T01:00:01Z"}, [25]),
        ({"from": "2026-12-24"}, []),
        ({"to": "2025-12-24"}, []),
        ({}, [25, 26, 27]),
    ],
)
async def test_times_choose_by_the_halls_clock(house: House, query: dict[str, str], days: list[int]) -> None:
    for _ in range(3):
        await house.press()
        house.clock.advance(86_400)
    assert [int(press["at"][8:10]) for press in await items(house, "presses", **query)] == days


async def test_ratings_are_chosen_by_clerk_level_and_source(house: House) -> None:
    await house.served()
    await house.press(level=5)
    await house.served()
    await house.press(key=0, level=2)
    ticket = house.hall.state.tickets[await house.served()]
    await house.hall.rate_by_phone(ticket.code, 4)
    await house.settled()
    assert [r["level"] for r in await items(house, "ratings")] == [5, 2, 4]
    assert [r["level"] for r in await items(house, "ratings", level=2)] == [2]
    assert [r["level"] for r in await items(house, "ratings", source="phone")] == [4]
    assert [r["level"] for r in await items(house, "ratings", clerk="1001", window=3)] == [5, 2, 4]
    assert await items(house, "ratings", clerk="1002") == []


@pytest.mark.parametrize(
    "query",
    [
        *({"after": after} for after in ("x", "-1", "9" * 19)),
        *({"limit": limit} for limit in ("0", "501", "x")),
        {"from": "yesterday"},
        {"from": "0001-01-01"},
        {"to": "9999-12-31T23:59:59Z"},
        {"windows": "3"},
        {"disposition": "nonsense"},
    ],
)
async def test_a_bad_filter_is_a_problem(house: House, query: dict[str, str]) -> None:
    answer = await house.client("inspector").get("/api/v1/presses", params=query)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_value")
