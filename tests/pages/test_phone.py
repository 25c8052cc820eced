"""The citizen's page on a phone, over a real hall: the rating, and the slip's code where the hall asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.hub.web.conftest import SETUP, House
from tests.hub.web.threaded import ThreadedHouse, threaded_house
from tests.pages.conftest import OpenPage
from tests.pages.looking import assert_good

pytestmark = pytest.mark.browser
PHONES = [(390, 844), (360, 640), (320, 568), (844, 390)]


async def nothing(_: House) -> None:
    """One visit is finished already."""


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[ThreadedHouse]:
    with threaded_house(tmp_path, nothing, replace(SETUP, slip_code_digits=4)) as hub:
        yield hub


def opened(open_page: OpenPage, hub: ThreadedHouse, size: tuple[int, int] = (390, 844)) -> Page:
    page = open_page(f"/r/{next(iter(hub.house.hall.state.phone))}", size)
    expect(page.get_by_label("评价码")).to_be_visible()
    return page


def code_of(hub: ThreadedHouse) -> str:
    return next(iter(hub.house.hall.state.phone.values())).slip_code or ""


def rate(page: Page, code: str) -> None:
    page.get_by_label("评价码").fill(code)
    page.get_by_role("button", name="提交评价").click()


def wrong(hub: ThreadedHouse) -> str:
    return f"{(int(code_of(hub)) + 1) % 10_000:04}"


@pytest.mark.parametrize("size", PHONES)
def test_page_looks_well_before_and_after_a_wrong_code(
    open_page: OpenPage, hub: ThreadedHouse, size: tuple[int, int]
) -> None:
    page = opened(open_page, hub, size)
    assert_good(page, 24)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    box = page.get_by_label("评价码").bounding_box()
    assert box is not None
    assert box["height"] >= 80
    page.get_by_label("满意", exact=True).check()
    rate(page, wrong(hub))
    expect(page.get_by_role("alert")).to_contain_text("评价码不对，请核对号票上的 4 位评价码，还可试 4 次")
    assert_good(page, 24)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_wrong_code_loses_nothing_and_the_right_one_rates(open_page: OpenPage, hub: ThreadedHouse) -> None:
    page = opened(open_page, hub)
    page.get_by_label("不满意", exact=True).check()
    page.get_by_label("服务态度").check()
    page.get_by_label("意见建议").fill("等了很久")
    rate(page, wrong(hub))
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("评价码")).to_have_value("")
    rate(page, code_of(hub))
    expect(page.locator("h2")).to_have_text("您的评价：不满意")
    (visit,) = hub.house.hall.state.phone.values()
    assert (visit.level, visit.refused) == (2, 1)


def test_after_five_wrong_codes_nothing_is_left_to_fill_in(open_page: OpenPage, hub: ThreadedHouse) -> None:
    page = opened(open_page, hub)
    page.get_by_label("非常满意", exact=True).check()
    for left in (4, 3, 2, 1):
        rate(page, wrong(hub))
        expect(page.get_by_role("alert")).to_contain_text(f"还可试 {left} 次")
    rate(page, wrong(hub))
    expect(page.locator("h2")).to_have_text("评价码输错次数过多")
    expect(page.locator("form")).to_have_count(0)
    assert_good(page, 24)
