"""A page comes into the hall by a link, by a typed code, or not at all."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.pages.conftest import OpenPage
from tests.pages.fake_hub import FakeHub

pytestmark = pytest.mark.browser
PAGES = [("/kiosk", "device"), ("/wall", "device"), ("/caller", "clerk")]


@pytest.mark.parametrize(("path", "code"), PAGES)
def test_unpaired_page_says_so_and_takes_a_typed_code(open_page: OpenPage, path: str, code: str) -> None:
    page = open_page(path, (1280, 720))
    expect(page.get_by_role("heading", name="此屏尚未配对")).to_be_visible()
    page.get_by_label("配对码").fill("wrong")
    page.get_by_role("button", name="配对").click()
    expect(page.locator("#pair-error")).to_have_text("配对码不对、已用过或已过期。")
    page.get_by_label("配对码").fill(code)
    page.get_by_role("button", name="配对").click()
    expect(page.locator("#pair")).to_be_hidden()
    expect(page.locator("#page")).to_be_visible()


@pytest.mark.parametrize(("path", "code"), PAGES)
def test_pairing_link_pairs_and_leaves_no_code_behind(open_page: OpenPage, path: str, code: str) -> None:
    page = open_page(path, (1280, 720), pair=f"{code}&window=3")
    expect(page.locator("#page")).to_be_visible()
    assert page.url.endswith(f"{path}?window=3")
    page.reload()
    expect(page.locator("#page")).to_be_visible()


def test_rest_of_the_link_says_which_screen_this_is(open_page: OpenPage) -> None:
    caller = open_page("/caller", (1280, 720), pair="clerk&window=3")
    expect(caller.locator("#where")).to_contain_text("3号窗口")
    wall = open_page("/wall", (1280, 720), pair="device&windows=3-4")
    expect(wall.locator(".cell")).to_have_count(2)
    kiosk = open_page("/kiosk", pair="device&kiosk=K9")
    expect(kiosk.locator("#banner")).to_contain_text("本机编号未登记")


def test_used_code_is_no_harm_where_the_cookie_is_there(open_page: OpenPage, hub: FakeHub) -> None:
    hub.knobs.codes_work_once = True
    page = open_page("/wall", (1280, 720), pair="device")
    expect(page.locator("#page")).to_be_visible()
    page.goto(hub.url + "/kiosk#pair=device")
    expect(page.locator("#page")).to_be_visible()


def test_used_code_alone_is_explained(open_page: OpenPage, hub: FakeHub) -> None:
    hub.knobs.codes = {}
    page = open_page("/wall", (1280, 720), pair="device")
    expect(page.locator("#pair-error")).to_have_text("配对码不对、已用过或已过期。")


def test_screen_paired_as_a_device_may_not_call(open_page: OpenPage) -> None:
    page = open_page("/caller?window=1", (1280, 720), pair="device")
    expect(page.locator("#pair-error")).to_have_text("这个配对不能用于窗口。")
    page.get_by_label("配对码").fill("clerk")
    page.get_by_role("button", name="配对").click()
    expect(page.locator("[data-verb=next]")).to_be_visible()
