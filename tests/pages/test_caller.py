"""The clerk's page: shows what the hub said, sends one thing at a time, and says so when it can't."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.pages.conftest import OpenPage
from tests.pages.fake_hall import ALLOWED, FakeHall, Refused
from tests.pages.fake_hub import FakeHub

pytestmark = pytest.mark.browser
DESK = (1366, 768)


def opened(open_page: OpenPage, window: int = 2, **options: object) -> Page:
    page = open_page(f"/caller?window={window}", DESK, pair="clerk", **options)
    expect(page.locator(".row").first).to_be_visible()
    return page


def step(page: Page, verb: str) -> Any:
    return page.locator(f".step[data-verb={verb}]")


def press(page: Page, key: str, verb: str) -> None:
    """Press as soon as the page would take it."""
    expect(step(page, verb)).to_be_enabled()
    page.keyboard.press(key)


def sent(hub: FakeHub) -> list[tuple[str, Any]]:
    return [(path.removeprefix("/api/v1/"), body) for _, path, _, body in hub.knobs.requests]


def test_window_is_chosen_where_the_address_names_none(open_page: OpenPage) -> None:
    page = open_page("/caller", DESK, pair="clerk")
    page.get_by_role("link", name="医保业务").click()
    expect(page.locator("#where")).to_contain_text("3号窗口 医保业务")


def test_visit_from_call_to_rating_by_keyboard(open_page: OpenPage, hub: FakeHub) -> None:
    page = opened(open_page)
    press(page, "n", "next")
    expect(page.locator("#number")).to_have_text("A001")
    expect(page.locator(".what")).to_have_text("社会保险")
    expect(page.locator("#state")).to_have_text("已叫号，等人到窗口")
    press(page, "r", "recall")
    expect(step(page, "recall")).to_contain_text("1/5")
    press(page, "s", "start")
    expect(page.locator("#state")).to_have_text("办理中")
    press(page, "f", "finish")
    expect(page.locator("#state")).to_have_text("请群众评价")
    expect(page.locator("#invite")).to_contain_text("评价还开放")
    assert [path for path, _ in sent(hub)] == [f"windows/2/{verb}" for verb in ("next", "recall", "start", "finish")]


@pytest.mark.parametrize("state", ["idle", "called", "serving", "rating", "paused"])
def test_only_what_the_state_allows_can_be_pressed(open_page: OpenPage, hub: FakeHub, state: str) -> None:
    def put(hall: FakeHall) -> None:
        window = hall.windows[2]
        window.held = [hall.add_ticket("medical", None)]
        window.held[0].state = "held"
        window.state = state
        window.ticket = hall.tickets["t1"] if state in {"called", "serving", "rating"} else None

    hub.do(put)
    page = opened(open_page)
    shown = page.locator(".step").evaluate_all(
        "steps => steps.filter(s => s.getAttribute('aria-disabled') !== 'true').map(s => s.dataset.verb)"
    )
    on_lists = {"call", "sign-on", "sign-off"}  # not among the steps
    assert set(shown) == {verb for verb, states in ALLOWED.items() if state in states} - on_lists


def test_assistance_is_declared_by_keyboard_before_the_press_and_shown(open_page: OpenPage, hub: FakeHub) -> None:
    page = opened(open_page)
    press(page, "n", "next")
    press(page, "s", "start")
    press(page, "a", "assist")
    expect(page.locator("#said")).to_have_text("已记下：本次将协助群众按键")
    expect(page.locator("#assisted")).to_have_text("已声明协助 09:30")
    expect(step(page, "assist")).to_have_attribute("aria-disabled", "true")
    page.keyboard.press("a")
    press(page, "f", "finish")
    expect(page.locator("#state")).to_have_text("请群众评价")
    expect(page.locator("#assisted")).to_be_visible()
    press(page, "n", "next")
    expect(page.locator("#state")).to_have_text("已叫号，等人到窗口")
    expect(page.locator("#assisted")).to_have_count(0)
    verbs = ["next", "start", "assist", "finish", "next"]
    assert [path for path, _ in sent(hub)] == [f"windows/2/{verb}" for verb in verbs]


def test_fifth_recall_is_the_last(open_page: OpenPage, hub: FakeHub) -> None:
    def called(hall: FakeHall) -> None:
        hall.verb(2, "next", {})
        for _ in range(4):
            hall.verb(2, "recall", {})

    hub.do(called)
    page = opened(open_page)
    step(page, "recall").click()
    expect(step(page, "recall")).to_contain_text("5/5")
    expect(step(page, "recall")).to_have_attribute("aria-disabled", "true")


def test_refusal_is_shown_as_the_hub_words_it(open_page: OpenPage, hub: FakeHub) -> None:
    hub.knobs.problem = Refused(409, "2 号窗口刚被叫号器叫了 A001。")
    page = opened(open_page)
    step(page, "next").click()
    expect(page.locator("#said")).to_have_text("2 号窗口刚被叫号器叫了 A001。")
    expect(page.locator("#number")).to_have_text("9 人等候")


def test_nothing_is_shown_or_sent_twice_before_the_answer(open_page: OpenPage, hub: FakeHub) -> None:
    hub.knobs.verb_delay_s = 0.4
    page = opened(open_page)
    step(page, "next").click()
    expect(step(page, "next")).to_have_attribute("aria-busy", "true")
    expect(page.locator("#number")).to_have_text("9 人等候")
    page.keyboard.press("n")
    page.keyboard.press("p")
    expect(page.locator("#number")).to_have_text("A001")
    assert sent(hub) == [("windows/2/next", {})]


def test_nobody_waiting_is_said(open_page: OpenPage, hub: FakeHub) -> None:
    hub.do(lambda hall: [setattr(t, "state", "finished") for t in hall.tickets.values()])
    page = open_page("/caller?window=6", DESK, pair="clerk")
    step(page, "next").click()
    expect(page.locator("#said")).to_have_text("现在没有人等候。")


def test_lost_link_is_shown_within_three_seconds_and_buttons_rest(open_page: OpenPage, hub: FakeHub) -> None:
    page = opened(open_page)
    hub.pull_cable()
    expect(page.locator("#banner-lost")).to_contain_text("与大厅系统断开", timeout=15000)
    expect(step(page, "next")).to_have_attribute("aria-disabled", "true")
    page.keyboard.press("n")
    hub.plug_cable()
    expect(page.locator("#banner-lost")).to_have_count(0)
    expect(step(page, "next")).not_to_have_attribute("aria-disabled", "true")
    assert sent(hub) == []


def test_answer_lost_on_the_way_leaves_no_doubt_unsaid(open_page: OpenPage, hub: FakeHub) -> None:
    hub.knobs.verb_delay_s = 1.0
    page = opened(open_page)
    step(page, "next").click()
    page.wait_for_timeout(200)
    hub.go_away()
    expect(page.locator("#said")).to_contain_text("不知道是否办成")
    hub.come_back()
    expect(page.locator("#number")).to_have_text("A001", timeout=15_000)


def test_what_is_not_on_disk_is_told_until_it_is_again(open_page: OpenPage, hub: FakeHub) -> None:
    hub.hall.stored = False
    page = opened(open_page)
    step(page, "next").click()
    expect(page.locator("#banner-unstored")).to_contain_text("还没有存盘")
    hub.hall.stored = True
    step(page, "start").click()
    expect(page.locator("#banner-unstored")).to_have_count(0)


def test_chosen_ticket_held_and_taken_back(open_page: OpenPage, hub: FakeHub) -> None:
    page = opened(open_page)
    page.get_by_role("button", name="叫此号 A004").click()
    expect(page.locator("#number")).to_have_text("A004")
    step(page, "hold").click()
    page.get_by_role("button", name="取回 A004").click()
    expect(page.locator("#state")).to_have_text("办理中")
    assert sent(hub)[0] == ("windows/2/call", {"ticket": "t4"})
    assert sent(hub)[2] == ("windows/2/take-back", {"ticket": "t4"})


def test_missed_ticket_comes_back(open_page: OpenPage, hub: FakeHub) -> None:
    page = opened(open_page)
    step(page, "next").click()
    step(page, "miss").click()
    page.get_by_role("button", name="复到 A001").click()
    expect(page.locator("#said")).to_have_text("A001 已复到，重新排队")
    assert hub.hall.tickets["t1"].state == "waiting"


@pytest.mark.parametrize(("choice", "body"), [("不动产登记", {"service": "estate"}), ("6 号窗口", {"window": 6})])
def test_transfer_asks_where_to(open_page: OpenPage, hub: FakeHub, choice: str, body: dict[str, object]) -> None:
    page = opened(open_page)
    step(page, "next").click()
    step(page, "transfer").click()
    page.get_by_role("dialog").get_by_role("button", name=choice).click()
    expect(page.locator("#said")).to_contain_text("已转出")
    assert sent(hub)[1] == ("windows/2/transfer", body)


def test_pause_asks_why_and_can_be_called_off(open_page: OpenPage, hub: FakeHub) -> None:
    page = opened(open_page)
    step(page, "pause").click()
    page.keyboard.press("Escape")
    step(page, "pause").click()
    page.get_by_label("其他事由").fill("送材料到三楼")
    page.get_by_role("dialog").get_by_role("button", name="暂停", exact=True).click()
    expect(page.locator(".what")).to_have_text("事由：送材料到三楼")
    step(page, "resume").click()
    expect(page.locator("#state")).to_have_text("空闲")
    assert sent(hub)[0] == ("windows/2/pause", {"reason": "送材料到三楼"})


def test_sign_off_and_on_with_a_pin(open_page: OpenPage, hub: FakeHub) -> None:
    page = opened(open_page)
    page.locator("#sign").click()
    page.get_by_role("dialog").get_by_role("button", name="签退").click()
    sign_on(page, "1111")
    expect(page.locator("#said")).to_have_text("签到密码不对。")
    sign_on(page, "2468")
    expect(page.locator("#clerk")).to_have_text("李四")
    assert sent(hub)[-1] == ("windows/2/sign-on", {"clerk": "1002", "pin": "2468"})


def sign_on(page: Page, pin: str) -> None:
    page.locator("#sign-on").click()
    page.get_by_label("工号").select_option("1002")
    page.get_by_label("密码").fill(pin)
    page.get_by_role("dialog").get_by_role("button", name="签到").click()


def test_shortcuts_can_be_turned_off_for_good(open_page: OpenPage, hub: FakeHub) -> None:
    page = opened(open_page)
    page.locator("#keys").click()
    page.keyboard.press("n")
    page.reload()
    expect(page.locator("#keys")).to_have_text("快捷键：关")
    page.keyboard.press("n")
    step(page, "next").click()
    expect(page.locator("#number")).to_have_text("A001")
    assert sent(hub) == [("windows/2/next", {})]


@pytest.mark.parametrize(
    ("device", "words"),
    [({"state": "absent"}, "line-1 未连接"), ({"state": "ok", "maintenance": True}, "line-1 维护中，按键不计")],
)
def test_device_that_needs_heed_is_named(
    open_page: OpenPage, hub: FakeHub, device: dict[str, object], words: str
) -> None:
    told: Callable[[], list[dict[str, Any]]] = hub.hall.windows_state

    def with_fault() -> list[dict[str, Any]]:
        return [{**one, "devices": [{"id": "line-1", **device}]} for one in told()]

    hub.do(lambda hall: setattr(hall, "windows_state", with_fault))
    page = opened(open_page)
    expect(page.locator("#devices")).to_have_text(words)
