"""The kiosk: one ticket per tap, whatever the network does, and the next person finds it as the first did."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.pages.conftest import OpenPage, pass_time
from tests.pages.fake_hub import FakeHub
from tests.pages.read_qr import read_qr

pytestmark = pytest.mark.browser
SETTLED_MS = 400  # the kiosk is deaf to the second tap of a double tap


def opened(open_page: OpenPage, path: str = "/kiosk?kiosk=K1", **options: object) -> Page:
    page = open_page(path, pair="device", clock=True, **options)
    expect(page.locator(".tile").first).to_be_visible()
    page.clock.run_for(SETTLED_MS)
    return page


def tap(page: Page, service: str) -> None:
    page.locator(f"[data-service={service}]").click()


def test_tap_gives_a_number_and_says_where_and_how_long(open_page: OpenPage, hub: FakeHub) -> None:
    page = opened(open_page)
    tap(page, "social")
    expect(page.locator("#number")).to_have_text("A007")
    expect(page.locator(".facts")).to_contain_text("6 人")
    expect(page.locator(".facts")).to_contain_text("约 13 分钟")
    expect(page.locator(".facts")).to_contain_text("1、2 号")
    expect(page.get_by_text("请取走号票")).to_be_visible()
    _, _, headers, body = hub.knobs.requests[0]
    assert body == {"service": "social", "kiosk": "K1"}
    assert len(headers["idempotency-key"]) == 32


def test_double_tap_takes_one_ticket(open_page: OpenPage, hub: FakeHub) -> None:
    page = opened(open_page)
    page.locator("[data-service=social]").dblclick()
    expect(page.locator("#number")).to_have_text("A007")
    assert hub.hall.issued == 1


def test_lost_reply_is_asked_again_with_the_same_key(open_page: OpenPage, hub: FakeHub) -> None:
    hub.knobs.lose_replies = 2
    page = opened(open_page)
    tap(page, "social")
    expect(page.locator("#number")).to_have_text("A007")
    keys = [headers["idempotency-key"] for _, _, headers, _ in hub.knobs.requests]
    assert len(keys) == 3
    assert len(set(keys)) == 1
    assert hub.hall.issued == 1


def test_busy_hub_is_asked_again(open_page: OpenPage, hub: FakeHub) -> None:
    hub.knobs.fail_tickets = 2
    page = opened(open_page)
    tap(page, "tax")
    expect(page.locator("#number")).to_have_text("D001")


def test_hub_away_says_what_to_do_and_trying_again_is_safe(open_page: OpenPage, hub: FakeHub) -> None:
    page = opened(open_page)
    hub.go_away()
    tap(page, "social")
    pass_time(page, 30, page.locator("#again").is_visible)
    expect(page.locator("#why")).to_contain_text("咨询台")
    hub.come_back()
    page.clock.run_for(1000)
    page.locator("#again").click()
    expect(page.locator("#number")).to_have_text("A007")
    assert hub.hall.issued == 1


def test_hub_away_shows_a_banner_which_goes_by_itself(open_page: OpenPage, hub: FakeHub) -> None:
    page = opened(open_page)
    hub.go_away()
    pass_time(page, 5, page.locator("#banner").is_visible)
    expect(page.locator("#banner")).to_contain_text("请到咨询台人工取号")
    pass_time(page, 8, page.get_by_text("等候人数暂不清楚").first.is_visible)
    hub.come_back()
    pass_time(page, 40, page.locator("#banner").is_hidden)
    expect(page.locator("[data-service=social]")).to_contain_text("等候 6 人")


def test_closed_service_is_readable_and_cannot_be_tapped(open_page: OpenPage) -> None:
    page = opened(open_page)
    closed = page.locator(".tile.closed")
    expect(closed).to_contain_text("住房公积金")
    expect(closed).to_contain_text("暂停服务")
    expect(closed).to_contain_text("系统升级，预计 14:00 恢复")
    assert closed.evaluate("element => element.tagName") == "DIV"


def test_service_that_has_just_closed_says_why(open_page: OpenPage, hub: FakeHub) -> None:
    page = opened(open_page)
    hub.hall.closed_services["social"] = "今日号已发完"
    tap(page, "social")
    expect(page.locator("#why")).to_have_text("该业务已暂停，请到咨询台。")
    page.clock.run_for(SETTLED_MS)
    page.locator("#back").click()
    expect(page.locator(".tile.closed").first).to_contain_text("今日号已发完")


@pytest.mark.parametrize("path", ["/kiosk", "/kiosk?kiosk=K1"])
def test_without_paper_a_photo_and_a_code_take_its_place(open_page: OpenPage, hub: FakeHub, path: str) -> None:
    hub.hall.printer_ok = False
    page = opened(open_page, path)
    tap(page, "social")
    expect(page.get_by_text("请拍照记下号码")).to_be_visible()
    expect(page.get_by_text("请取走号票")).to_be_hidden()
    expect(page.locator(".qr")).to_be_visible()
    expect(page.locator("#rating-code")).to_have_text("手机评价时填评价码：0417")


def test_code_says_the_link(open_page: OpenPage, hub: FakeHub) -> None:
    page = opened(open_page)
    tap(page, "social")
    drawn = page.locator(".qr path").get_attribute("d") or ""
    quiet, side = 4, int((page.locator(".qr").get_attribute("viewBox") or "").split()[2])
    dark = [[f"M{x} {y}h" in drawn for x in range(quiet, side - quiet)] for y in range(quiet, side - quiet)]
    assert read_qr(dark) == f"{hub.url}/r/Zk3vT9qLw2XbHc71mN5rPd"


def test_priority_is_asked_first_and_sent(open_page: OpenPage, hub: FakeHub) -> None:
    page = opened(open_page)
    page.locator("#priority").click()
    page.clock.run_for(SETTLED_MS)
    page.get_by_role("button", name="老年人").click()
    page.clock.run_for(SETTLED_MS)
    expect(page.locator(".chosen")).to_contain_text("已选：老年人")
    tap(page, "estate")
    expect(page.locator("#number")).to_have_text("C013")
    assert hub.knobs.requests[0][3] == {"service": "estate", "priority": "elderly", "kiosk": "K1"}
    page.clock.run_for(SETTLED_MS)
    page.locator("#done").click()
    expect(page.locator(".chosen")).to_be_hidden()


def test_number_gives_way_after_8_seconds_and_can_be_kept(open_page: OpenPage) -> None:
    page = opened(open_page)
    page.clock.run_for(1000)
    tap(page, "social")
    expect(page.locator("#number")).to_be_visible()
    page.clock.run_for(5000)
    page.locator("#longer").click()
    page.clock.run_for(30_000)
    expect(page.locator("#number")).to_be_visible()
    page.clock.run_for(31_000)
    expect(page.locator("#number")).to_be_hidden()
    page.clock.run_for(1000)
    tap(page, "social")
    expect(page.locator("#number")).to_be_visible()
    page.clock.run_for(9000)
    expect(page.locator("#number")).to_be_hidden()


def test_idle_kiosk_asks_and_then_forgets_the_last_person(open_page: OpenPage) -> None:
    page = opened(open_page)
    page.locator("#large").click()
    page.locator("#contrast").click()
    page.locator("#language").click()
    expect(page.get_by_role("heading", name="Touch the service you need")).to_be_visible()
    page.clock.run_for(61_000)
    expect(page.get_by_role("alertdialog")).to_contain_text("Are you still there?")
    page.locator("#stay").click()
    expect(page.get_by_role("alertdialog")).to_be_hidden()
    page.clock.run_for(72_000)
    expect(page.get_by_role("heading", name="请点选要办理的业务")).to_be_visible()
    assert page.evaluate("document.documentElement.className") == ""


def test_first_drawing_shows_no_more_tiles_than_fit(open_page: OpenPage) -> None:
    page = opened(open_page, size=(800, 600))
    shown = page.locator(".tile").count()
    heading = page.locator(".heading").bounding_box()
    head = page.locator(".head").bounding_box()
    assert heading is not None
    assert head is not None
    assert heading["y"] >= head["y"] + head["height"]
    page.evaluate("dispatchEvent(new Event('resize'))")
    assert page.locator(".tile").count() == shown


def test_waits_change_without_replacing_the_tile(open_page: OpenPage, hub: FakeHub) -> None:
    page = opened(open_page)
    page.locator("[data-service=social]").evaluate("element => { element.marked = true; }")
    hub.do(lambda hall: hall.add_ticket("social", None))
    expect(page.locator("[data-service=social]")).to_contain_text("等候 7 人")
    assert page.locator("[data-service=social]").evaluate("element => element.marked")


def test_tap_counts_though_the_hall_changes_under_the_finger(open_page: OpenPage, hub: FakeHub) -> None:
    page = opened(open_page)
    box = page.locator("[data-service=social]").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 100, box["y"] + 50)
    page.mouse.down()
    hub.hall.closed_services["tax"] = "午休"

    def opened_window(hall: object) -> None:
        hub.hall.windows[5].state = "idle"

    hub.do(opened_window)  # windows changed: the kiosk asks which services are open
    page.wait_for_timeout(300)
    page.mouse.up()
    expect(page.locator("#number")).to_have_text("A007")


def test_works_where_the_page_is_no_secure_context(open_page: OpenPage, hub: FakeHub) -> None:
    page = opened(open_page)
    page.evaluate("delete Crypto.prototype.randomUUID")
    tap(page, "social")
    expect(page.locator("#number")).to_have_text("A007")


def test_unknown_kiosk_is_told(open_page: OpenPage) -> None:
    page = opened(open_page, "/kiosk?kiosk=K9")
    expect(page.locator("#banner")).to_contain_text("本机编号未登记")
