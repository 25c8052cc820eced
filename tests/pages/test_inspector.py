"""The inspectors' page, over a real hall: what is suspected, what people find, and what they decide."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.hub.flagging import statement, watch
from tests.hub.web.conftest import House
from tests.hub.web.threaded import ThreadedHouse, threaded_house
from tests.pages.conftest import OpenPage
from tests.pages.looking import assert_good

pytestmark = pytest.mark.browser
SIZES = [(1366, 768), (1920, 1080), (820, 1180), (390, 844)]


async def suspicions(house: House) -> None:
    """Two flags, of which one is only a watch."""
    judging = house.services.judging
    judging.raise_flag(statement("1002", tier="B", pattern="rate", log10_lr=3.1), "2026Q4")
    judging.raise_flag(statement(), "2026Q4")


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[ThreadedHouse]:
    with threaded_house(tmp_path, suspicions) as hub:
        yield hub


def opened(open_page: OpenPage, hub: ThreadedHouse, size: tuple[int, int] = (1366, 768)) -> Page:
    page = open_page("/inspector", size, pair=hub.house.tokens.create_code("督查甲", "inspector"))
    expect(page.locator(".detail h2")).to_contain_text("办结前按键")
    return page


def test_the_newest_flag_is_shown_with_its_evidence(open_page: OpenPage, hub: ThreadedHouse) -> None:
    page = opened(open_page, hub)
    expect(page.locator(".card")).to_have_count(2)
    expect(page.locator(".evidence")).to_contain_text("310 次评价中有 99 次在办结之前按下")
    expect(page.locator(".evidence")).to_contain_text("这不是违规的概率")
    expect(page.locator(".evidence")).to_contain_text("先排除")
    expect(page.locator(".strong-words strong")).to_have_text("约 18,000 倍")
    picture = page.locator(".picture img")
    assert picture.evaluate("image => image.complete && image.naturalWidth") == 760


def test_a_watch_can_not_be_confirmed(open_page: OpenPage, hub: ThreadedHouse) -> None:
    page = opened(open_page, hub)
    page.locator(".card").nth(1).click()
    expect(page.locator(".only-watch")).to_be_visible()
    expect(page.get_by_role("button", name="确认")).to_have_count(0)
    expect(page.get_by_role("button", name="排除")).to_be_visible()


def test_call_backs_are_counted(open_page: OpenPage, hub: ThreadedHouse) -> None:
    page = opened(open_page, hub)
    page.locator("tbody tr").first.get_by_role("button", name="否认").click()
    expect(page.locator(".calls")).to_contain_text("已有 1 个（否认 1）")
    expect(page.locator("tbody tr").first.get_by_role("button", name="否认")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".history")).to_contain_text("回访 p1：否认")


def test_two_people_confirm(open_page: OpenPage, hub: ThreadedHouse) -> None:
    page = opened(open_page, hub)
    page.get_by_role("button", name="确认（须另一人复核）").click()
    page.get_by_label("理由").fill("回访五人均否认")
    page.get_by_role("button", name="确认，请另一人复核").click()
    expect(page.locator(".state")).to_contain_text("待另一人复核")
    page.get_by_role("button", name="复核确认").click()
    page.get_by_role("button", name="我已独立核对，确认").click()
    expect(page.locator(".said")).to_contain_text("另一人")  # the same person can't
    (case,) = (case for case in hub.house.hall.state.cases.values() if case.clerk == "1001")
    hub.do(hub.house.services.judging.second(case.flag, by="督查乙"))
    expect(page.locator(".state")).to_contain_text("申诉期内")
    expect(page.get_by_role("button", name="登记申诉")).to_be_visible()


@pytest.mark.parametrize("size", [(1366, 768), (390, 844)])
def test_the_clerk_concerned_learns_of_a_finding_and_appeals(
    open_page: OpenPage, hub: ThreadedHouse, size: tuple[int, int]
) -> None:
    judging = hub.house.services.judging
    (flag,) = (case.flag for case in hub.house.hall.state.cases.values() if case.clerk == "1001")

    async def confirm() -> None:
        await judging.call_back(flag, "p1", "denied", "张女士", by="督查甲")
        await judging.decide(flag, "confirmed", "回访五人均否认", by="督查甲")
        await judging.second(flag, by="督查乙")

    caller = open_page("/caller?window=3", (1366, 768), pair=hub.house.tokens.create_code("1001", "clerk"))
    expect(caller.locator("#where")).to_contain_text("3号窗口")
    expect(caller.locator("#banner-found")).to_have_count(0)
    hub.do(confirm())
    caller.reload()
    expect(caller.locator("#banner-found")).to_contain_text("有关于您的核查结论")
    caller.set_viewport_size({"width": size[0], "height": size[1]})
    caller.goto(caller.url.split("/caller")[0] + "/inspector")
    expect(caller.locator("#title")).to_contain_text("关于我的核查结论")
    expect(caller.locator(".card")).to_have_count(1)
    expect(caller.locator(".detail")).to_contain_text("确认，待另一人复核：回访五人均否认")
    assert "张女士" not in caller.content()
    for name in ("分派", "排除", "监控记录"):
        expect(caller.get_by_role("button", name=name)).to_have_count(0)
    assert_good(caller, 44, ".list, .detail, .table, pre, .dialog")
    caller.get_by_role("button", name="我要申诉").click()
    caller.get_by_label("申诉理由").fill("那天我休息")
    caller.get_by_role("button", name="提交").click()
    expect(caller.locator(".state")).to_contain_text("申诉中")


@pytest.mark.parametrize("size", [(1366, 768), (390, 844)])
def test_who_confirms_is_told_what_speaks_against_it_and_who_disagrees_sends_it_back(
    open_page: OpenPage, hub: ThreadedHouse, size: tuple[int, int]
) -> None:
    page = opened(open_page, hub, size)
    page.get_by_role("button", name="确认（须另一人复核）").click()
    expect(page.locator(".dialog-doubts")).to_contain_text("还没有一位群众答复回访，也没有监控记录")
    assert_good(page, 44)
    page.get_by_label("理由").fill("看着像")
    page.get_by_role("button", name="确认，请另一人复核").click()
    page.get_by_role("button", name="不同意，退回再查").click()
    page.get_by_label("理由").fill("没有回访")
    page.get_by_role("button", name="退回", exact=True).click()
    expect(page.locator(".state")).to_contain_text("待分派")
    expect(page.locator(".history")).to_contain_text("退回再查：没有回访")
    expect(page.get_by_role("button", name="排除")).to_be_visible()


def test_a_dismissal_leaves_the_list(open_page: OpenPage, hub: ThreadedHouse) -> None:
    page = opened(open_page, hub)
    page.get_by_role("button", name="排除").click()
    page.get_by_label("理由").fill("习惯先评后结")
    page.get_by_label("由此得知的习惯").select_option("late_finisher")
    page.get_by_role("dialog").get_by_role("button", name="排除").click()
    expect(page.locator(".state")).to_contain_text("已排除")
    expect(page.locator(".evidence")).to_contain_text("已知习惯：习惯先评价后办结")
    expect(page.locator(".card")).to_have_count(1)
    page.get_by_role("button", name="全部 2").click()
    expect(page.locator(".card")).to_have_count(2)


def test_a_new_flag_appears_by_itself(open_page: OpenPage, hub: ThreadedHouse) -> None:
    page = opened(open_page, hub)

    async def more() -> None:
        hub.house.services.judging.raise_flag(statement("1001"), "2027Q1")

    hub.do(more())
    expect(page.locator(".card")).to_have_count(3)


def test_what_was_left_undone_is_shown_as_visits(open_page: OpenPage, hub: ThreadedHouse) -> None:
    page = opened(open_page, hub)

    async def more() -> None:
        hub.house.services.judging.raise_flag(watch("1001"), "2026Q4")

    hub.do(more())
    expect(page.locator(".card")).to_have_count(3)
    page.locator(".card").first.click()
    expect(page.locator(".detail h2")).to_contain_text("少邀请评价 乙类 · 应做未做")
    expect(page.locator(".evidence")).to_contain_text("240 件办结业务中有 60 件办结后没有邀请评价")
    expect(page.locator(".evidence")).to_contain_text("数据分不开故障与有意")
    expect(page.locator(".evidence")).to_contain_text("下一步：查这些业务是在叫号器")
    expect(page.locator(".calls")).to_contain_text("办完后，窗口有没有请您评价？")
    expect(page.get_by_role("button", name="确认")).to_have_count(0)
    page.locator("tbody tr").first.get_by_role("button", name="没请评价").click()
    expect(page.locator(".calls")).to_contain_text("已有 1 个（没请评价 1）")
    expect(page.locator(".history")).to_contain_text("回访 20261005-A005：没请评价")


def test_overdue_cases_stand_first_and_say_so(open_page: OpenPage, hub: ThreadedHouse) -> None:
    page = opened(open_page, hub)

    async def later() -> None:
        hub.house.clock.advance(20 * 86_400)
        hub.house.services.judging.raise_flag(watch("1001"), "2026Q4")
        hub.house.hall.settle()

    hub.do(later())
    expect(page.locator(".card")).to_have_count(3)
    expect(page.locator(".card").last).to_contain_text("少邀请评价")
    expect(page.locator(".card").last).not_to_contain_text("逾期")
    expect(page.locator(".card").first).to_contain_text("已逾期 4 个工作日")
    expect(page.locator(".late-count")).to_have_text("其中 2 条已逾期，排在最前。")
    page.locator(".card").first.click()
    expect(page.locator(".state .overdue")).to_have_text("已逾期 4 个工作日")


@pytest.mark.parametrize("size", SIZES)
def test_looks(open_page: OpenPage, hub: ThreadedHouse, size: tuple[int, int]) -> None:
    page = opened(open_page, hub, size)
    assert_good(page, 44, ".list, .detail, .table, pre")
    page.get_by_role("button", name="排除").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert_good(page, 44, ".list, .detail, .table, pre, .dialog")
