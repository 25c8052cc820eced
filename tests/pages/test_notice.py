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


def test_before_the_first_closing_it_says_so(open_page: OpenPage, hub: ThreadedHouse) -> None:
    page = open_page("/notice", (1920, 1080), pair=hub.house.tokens.create_code("公示屏", "device"))
    expect(page.locator(".nothing")).to_contain_text("考核结果尚未公布")
    assert_good(page, 0)
