"""Every page in every mode: axe finds nothing, all text stands out 7:1, nothing is cut off, buttons fit fingers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.pages.conftest import OpenPage, pass_time
from tests.pages.fake_hall import FakeHall
from tests.pages.fake_hub import FakeHub
from tests.pages.looking import CUT_OFF, SMALL, assert_good

pytestmark = pytest.mark.browser


def settle(page: Page) -> None:
    page.clock.run_for(400)  # the kiosk is deaf to a double tap's second tap


KIOSKS = [
    ((1080, 1920), ["", "large", "contrast large", "contrast language"]),
    ((768, 1024), ["", "large", "language"]),
    ((1024, 768), ["", "large language", "contrast"]),
    ((800, 1280), ["", "large"]),
    ((800, 600), ["", "large", "contrast large language"]),
]


@pytest.mark.parametrize(("size", "mode"), [(size, mode) for size, modes in KIOSKS for mode in modes])
def test_kiosk(open_page: OpenPage, hub: FakeHub, size: tuple[int, int], mode: str) -> None:
    page = open_page("/kiosk?kiosk=K1", size, pair="device", clock=True)
    expect(page.locator(".tile").first).to_be_visible()
    for button in mode.split():
        page.locator(f"#{button}").click()
    settle(page)
    assert_good(page, 80)
    page.locator("#priority").click()
    settle(page)
    assert_good(page, 80)
    page.locator(".tile").first.click()
    settle(page)
    assert_good(page, 80)
    hub.hall.printer_ok = "large" not in mode
    page.locator(".tile").first.click()
    expect(page.locator("#number")).to_be_visible()
    assert_good(page, 80)


@pytest.mark.parametrize("size", [(1080, 1920), (768, 1024), (1024, 768), (1024, 600), (800, 600)])
@pytest.mark.parametrize(("number", "mode"), [("A007", "large"), ("A1234", ""), ("WMW1234", ""), ("WMW1234", "large")])
def test_number_of_the_kiosk_fits_its_place(
    open_page: OpenPage, hub: FakeHub, size: tuple[int, int], number: str, mode: str
) -> None:
    page = open_page("/kiosk?kiosk=K1", size, pair="device", clock=True)
    expect(page.locator(".tile").first).to_be_visible()
    for button in mode.split():
        page.locator(f"#{button}").click()
    for paper in (True, False):
        hub.hall.next_number, hub.hall.printer_ok = number, paper
        settle(page)
        page.locator(".tile").first.click()
        expect(page.locator("#number")).to_have_text(number)
        assert page.evaluate(CUT_OFF, ".nothing") == []
        settle(page)
        page.locator("#done").click()


@pytest.mark.parametrize("size", [(1080, 1920), (1024, 768)])
def test_kiosk_in_trouble(open_page: OpenPage, hub: FakeHub, size: tuple[int, int]) -> None:
    page = open_page("/kiosk?kiosk=K9", size, pair="device", clock=True)
    expect(page.locator(".tile").first).to_be_visible()
    page.locator("#large").click()
    hub.go_away()
    pass_time(page, 15, page.get_by_text("等候人数暂不清楚").first.is_visible)
    expect(page.locator("#banner")).to_contain_text("暂时连不上")
    assert_good(page, 80)
    page.locator(".tile").first.click()
    assert_good(page, 80)
    pass_time(page, 30, page.locator("#again").is_visible)
    assert_good(page, 80)
    page.clock.run_for(61_000)
    expect(page.get_by_role("alertdialog")).to_be_visible()
    assert page.evaluate(SMALL, 80) == []


WALL_SIZES = [(1920, 1080), (1280, 720), (3840, 2160), (1080, 1920)]


@pytest.mark.parametrize("size", WALL_SIZES)
def test_wall(open_page: OpenPage, hub: FakeHub, size: tuple[int, int]) -> None:
    page = open_page("/wall", size, pair="device", clock=True)
    expect(page.locator(".service").first).to_be_visible()
    assert_good(page, 44)
    for window in (1, 3, 4):
        hub.do(lambda hall, window=window: hall.verb(window, "next", {}))
    hub.do(lambda hall: hall.verb(3, "finish", {}))
    hub.do(lambda hall: hall.verb(4, "recall", {}))
    expect(page.locator("#hero.lit")).to_be_visible()
    assert_good(page, 44)
    page.clock.run_for(6000)
    expect(page.locator("#hero.lit")).to_have_count(0)
    assert_good(page, 44)
    hub.go_away()
    pass_time(page, 15, page.locator("body.stale").is_visible)
    assert_good(page, 44)


CALLER_SIZES = [(1366, 768), (1280, 720), (1920, 1080), (1024, 768), (1024, 600), (768, 1024), (390, 844)]


def held_and_missed(hall: FakeHall) -> None:
    hall.verb(2, "next", {})
    hall.verb(2, "hold", {})
    hall.verb(2, "next", {})
    hall.verb(2, "miss", {})
    hall.add_ticket("medical", "elderly")


def to(*verbs: str) -> Callable[[FakeHall], Any]:
    return lambda hall: [hall.verb(2, verb, {"reason": "用餐"}) for verb in verbs]


@pytest.mark.parametrize("size", CALLER_SIZES)
def test_caller(open_page: OpenPage, hub: FakeHub, size: tuple[int, int]) -> None:
    page = open_page("/caller", size, pair="clerk")
    expect(page.locator(".choice-one").first).to_be_visible()
    assert_good(page, 44)
    hub.do(held_and_missed)
    page.goto(hub.url + "/caller?window=2")
    expect(page.locator(".row").first).to_be_visible()
    for verbs in ((), ("next",), ("assist", "start"), ("finish",), ("pause",), ("sign-off",)):
        seen = page.locator("#page").get_attribute("data-state")
        hub.do(to(*verbs))
        if verbs:
            expect(page.locator("#page")).not_to_have_attribute("data-state", seen or "")
        assert_good(page, 44, ".tickets")


@pytest.mark.parametrize("size", CALLER_SIZES)
def test_caller_in_trouble(open_page: OpenPage, hub: FakeHub, size: tuple[int, int]) -> None:
    page = open_page("/caller?window=2", size, pair="clerk")
    hub.hall.stored = False
    page.locator("[data-verb=next]").first.click()
    expect(page.locator("#banner-unstored")).to_be_visible()
    page.locator("[data-verb=transfer]").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert_good(page, 44, ".dialog")
    page.keyboard.press("Escape")
    hub.go_away()
    expect(page.locator("#banner-lost")).to_be_visible()
    assert_good(page, 44, ".tickets")


@pytest.mark.parametrize("size", [(1080, 1920), (1280, 720), (390, 844)])
def test_pairing(open_page: OpenPage, size: tuple[int, int]) -> None:
    page = open_page("/wall", size, pair="wrong")
    expect(page.locator("#pair-error")).not_to_be_empty()
    assert_good(page, 44)
