"""The notice board: who was awarded and how departments stand, whole on every screen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from hub.domain import events as e
from hub.report import Basis, Paper, made
from tests.hub.web.conftest import House
from tests.hub.web.threaded import ThreadedHouse, threaded_house
from tests.pages.conftest import OpenPage
from tests.pages.looking import assert_good

pytestmark = pytest.mark.browser
WHOLE = """list => {
  const outer = document.querySelector(list).getBoundingClientRect();
  const rows = Array.from(document.querySelectorAll(list + ' li'));
  return rows.filter((row, at) => {
    const box = row.getBoundingClientRect();
    const next = rows[at + 1];
    const inner = Math.max(...Array.from(row.children, (one) => one.getBoundingClientRect().bottom));
    const over = next && next.getBoundingClientRect().top < box.bottom - 1;
    return box.bottom > outer.bottom + 1 || inner > box.bottom + 1 || over;
  }).map((row) => row.textContent);
}"""
"""Rows that stand over each other, over their own edge, or out of the list."""


async def visits(house: House) -> None:
    facts: list[e.Fact] = []
    for window, clerk, levels in ((3, "1001", [5] * 97 + [None] * 3), (4, "1002", [5] * 88 + [None] * 12)):
        for at, level in enumerate(levels):
            ticket = f"x{window}-{at}"
            facts.append(e.TicketFinished(ticket, "social", window, clerk, clerk))
            if level is not None:
                facts.append(e.RatingRecorded(f"r{ticket}", f"p{ticket}", ticket, window, clerk, level, "phone"))
    house.services.bus.publish(*facts)
    await house.settled()


async def closed(house: House) -> None:
    """As if the running quarter had ended today."""
    bus, hall = house.services.bus, house.hall
    (rules,) = [one for one in house.services.rule_sets if one.id == "seed-county"][:1]
    basis = Basis("2026Q4", hall.setup, hall.zone, rules, hall.today(), hall.today())
    one = made(bus.log, basis, upto=bus.durable_seq)
    sha256 = Paper(hall.setup.name, one.name, one.quarter, one.result).sha256
    day = hall.today().isoformat()
    bus.publish(e.QuarterClosed("2026Q4", 1, rules.id, rules.version, day, bus.durable_seq, sha256, "", "王"))
    await house.settled()


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[ThreadedHouse]:
    with threaded_house(tmp_path, visits) as hub:
        yield hub


@pytest.mark.parametrize("size", [(1920, 1080), (1280, 720), (1080, 1920), (3840, 2160)])
def test_awards_and_rates_stand_whole(open_page: OpenPage, hub: ThreadedHouse, size: tuple[int, int]) -> None:
    code = hub.house.tokens.create_code("公示屏", "device")
    hub.do(closed(hub.house))
    page = open_page("/notice", size, pair=code)
    expect(page.locator("#title")).to_have_text("2026年第四季度考核结果公示")
    expect(page.locator(".windows li").first).to_be_visible()
    expect(page.locator(".clerks li")).to_have_count(1)
    expect(page.locator(".clerks")).to_contain_text("张三")
    expect(page.locator(".rates")).to_contain_text("96.03%")  # 97 of 101, truncated
    expect(page.locator("body")).not_to_contain_text("取消")
    assert_good(page, 0)


@pytest.mark.parametrize("size", [(1920, 1080), (1280, 720), (1080, 1920)])
def test_long_names_and_many_winners_are_whole_and_have_their_turn(
    open_page: OpenPage, hub: ThreadedHouse, size: tuple[int, int]
) -> None:
    page = open_page("/notice", size, pair=hub.house.tokens.create_code("公示屏", "device"), clock=True)
    expect(page.locator(".nothing")).to_be_visible()
    names = [f"买买提·阿不都热合曼{n}" for n in range(14)]
    winners = [{"name": name, "department": "住房和城乡建设局", "rank": 1, "points": "94.5"} for name in names]
    rates = [
        {"name": f"{n}住房和城乡建设局", "finished": 12000, "rated_share": "99.00", "satisfied_share": None}
        for n in range(20)
    ]
    notice = {
        "quarter": "2026Q4", "title": "2026年第四季度考核结果公示", "edition": 2, "as_of": "2027-01-08",
        "rules_title": "考核办法", "window_award": "红旗窗口", "clerk_award": "服务标兵", "windows": winners,
        "clerks": winners, "departments": rates, "trouble": None,
    }  # fmt: skip
    page.route("**/api/v1/notice", lambda route: route.fulfill(json=notice))
    page.reload()
    expect(page.locator(".windows li").first).to_be_visible()
    assert_good(page, 0)
    for part in ("windows", "clerks", "departments"):
        assert page.evaluate(WHOLE, f"#{part}-rows") == []
        expect(page.locator(f"#{part}-page")).to_contain_text("1 / ")
    seen: set[str] = set()
    pages = int(page.locator("#windows-page").inner_text().split("/")[1])
    for at in range(pages):
        expect(page.locator("#windows-page")).to_have_text(f"{at + 1} / {pages}")
        seen.update(page.locator(".windows li .who").evaluate_all("all => all.map(one => one.firstChild.textContent)"))
        page.clock.run_for(12_000)
    assert seen == set(names)


def test_before_the_first_closing_it_says_so(open_page: OpenPage, hub: ThreadedHouse) -> None:
    page = open_page("/notice", (1920, 1080), pair=hub.house.tokens.create_code("公示屏", "device"))
    expect(page.locator(".nothing")).to_contain_text("考核结果尚未公布")
    assert_good(page, 0)
