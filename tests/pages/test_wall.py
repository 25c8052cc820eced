"""The wall: the latest call large, seen and then read; nothing stale passes for true."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.pages.conftest import OpenPage, pass_time
from tests.pages.fake_hall import FakeHall
from tests.pages.fake_hub import FakeHub

pytestmark = pytest.mark.browser

NOTE_FLASHES = """() => {
  window.flashes = [];
  const hero = document.getElementById('hero');
  let lit = hero.classList.contains('lit');
  new MutationObserver(() => {
    const now = hero.classList.contains('lit');
    if (now && !lit) window.flashes.push(performance.now());
    lit = now;
  }).observe(hero, {attributes: true, attributeFilter: ['class']});
}"""


def opened(open_page: OpenPage, size: tuple[int, int] = (1920, 1080), path: str = "/wall", **options: object) -> Page:
    page = open_page(path, size, pair="device", **options)
    expect(page.locator(".service").first).to_be_visible()
    return page


def call(window: int, verb: str = "next") -> object:
    return lambda hall: hall.verb(window, verb, {})


@pytest.mark.parametrize("size", [(1920, 1080), (1280, 720), (3840, 2160), (1080, 1920)])
@pytest.mark.parametrize(("number", "window"), [("A012", 3), ("A1000", 40)])
def test_latest_call_is_large_and_whole(
    open_page: OpenPage, hub: FakeHub, size: tuple[int, int], number: str, window: int
) -> None:
    page = opened(open_page, size)

    def announce(hall: FakeHall) -> None:
        hall.calls = [{"number": number, "window": window, "at": hall.now(), "recalls": 0}]

    hub.do(announce)
    expect(page.locator("#hero-number")).to_have_text(number)
    expect(page.locator("#hero-window")).to_have_text(str(window))
    box, hero = page.locator("#hero-number").bounding_box(), page.locator("#hero").bounding_box()
    where = page.locator(".hero-where").bounding_box()
    assert box is not None
    assert hero is not None
    assert where is not None
    assert (
        float(page.locator("#hero-number").evaluate("e => parseFloat(getComputedStyle(e).fontSize)")) >= 0.15 * size[1]
    )
    for inner in (box, where):
        assert hero["x"] <= inner["x"]
        assert inner["x"] + inner["width"] <= hero["x"] + hero["width"] + 1
        assert inner["y"] + inner["height"] <= hero["y"] + hero["height"] + 1


def test_call_flashes_five_times_and_stands_still(open_page: OpenPage, hub: FakeHub) -> None:
    page = opened(open_page, clock=True)
    page.evaluate(NOTE_FLASHES)
    hub.do(call(1))
    expect(page.locator("#hero-number")).to_have_text("A001")
    page.clock.run_for(4900)
    assert page.evaluate("window.flashes.length") == 5
    page.clock.run_for(20_000)
    assert page.evaluate("window.flashes.length") == 5
    expect(page.locator("#hero.lit")).to_have_count(0)


def test_burst_of_calls_flashes_no_faster(open_page: OpenPage, hub: FakeHub) -> None:
    page = opened(open_page, clock=True)
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 1)  # from here only as told: exact times
    page.evaluate(NOTE_FLASHES)
    for window, number in ((1, "A001"), (3, "B001"), (4, "C001")):
        hub.do(call(window))
        expect(page.locator("#hero-number")).to_have_text(number)
        page.clock.run_for(300)
    page.clock.run_for(8000)
    flashes = page.evaluate("window.flashes")
    assert len(flashes) > 5
    spans_ms = [sixth - first for first, sixth in zip(flashes, flashes[5:], strict=False)]
    assert min(spans_ms) >= 5000, spans_ms
    expect(page.locator(".call")).to_have_count(2)


def test_calls_from_before_do_not_flash(open_page: OpenPage, hub: FakeHub) -> None:
    hub.do(call(1))
    page = opened(open_page, clock=True)
    expect(page.locator("#hero-number")).to_have_text("A001")
    expect(page.locator("#hero.lit")).to_have_count(0)


def test_nothing_flashes_for_those_who_ask_for_less_motion(open_page: OpenPage, hub: FakeHub) -> None:
    page = opened(open_page, reduced_motion="reduce")
    page.evaluate(NOTE_FLASHES)
    hub.do(call(1))
    expect(page.locator("#hero-number")).to_have_text("A001")
    assert page.evaluate("window.flashes") == []


def test_recall_is_said(open_page: OpenPage, hub: FakeHub) -> None:
    page = opened(open_page)
    hub.do(call(1))
    hub.do(call(1, "recall"))
    expect(page.locator("#hero")).to_contain_text("再次呼叫")


def test_waits_windows_and_notices_are_shown_and_no_names(open_page: OpenPage, hub: FakeHub) -> None:
    page = opened(open_page, clock=True)
    expect(page.locator(".service").nth(0)).to_contain_text("社会保险6 人约 13 分钟")
    expect(page.locator(".service").nth(3)).to_contain_text("无需等候")
    expect(page.locator(".service").nth(6)).to_contain_text("暂停取号")
    expect(page.locator(".cell").nth(4)).to_contain_text("暂停")
    expect(page.locator(".cell").nth(6)).to_contain_text("未开放")
    expect(page.locator("#notice")).to_contain_text("过号请到原窗口")
    page.clock.run_for(11_000)
    expect(page.locator("#notice")).to_contain_text("午休时间")
    assert "张三" not in page.locator("body").inner_text()


def test_away_hub_makes_numbers_stale_and_they_repaint_by_themselves(open_page: OpenPage, hub: FakeHub) -> None:
    page = opened(open_page, clock=True)
    hub.do(call(1))
    expect(page.locator("#hero-number")).to_have_text("A001")
    hub.go_away()
    pass_time(page, 3, page.locator("#link").is_visible)
    expect(page.locator("body.stale")).to_have_count(0)
    pass_time(page, 20, page.locator("body.stale").is_visible)  # 10 s of the page, and patience for a busy machine
    expect(page.locator("#hero")).to_contain_text("以窗口屏和语音为准")
    expect(page.locator(".service").nth(0)).to_contain_text("社会保险——")
    hub.do(call(3))
    hub.come_back()
    pass_time(page, 40, page.locator("body.stale").is_hidden)
    expect(page.locator("#hero-number")).to_have_text("B001")
    expect(page.locator("#link")).to_be_hidden()


def test_restarted_hub_is_found_by_itself(open_page: OpenPage, hub: FakeHub) -> None:
    page = opened(open_page)
    hub.go_away()
    expect(page.locator("#link")).to_be_visible()
    hub.come_back()
    expect(page.locator("#link")).to_be_hidden(timeout=15000)


def test_pulled_cable_is_noticed(open_page: OpenPage, hub: FakeHub) -> None:
    page = opened(open_page, clock=True)
    hub.pull_cable()
    pass_time(page, 20, page.locator("body.stale").is_visible)  # quiet for 7 s: ask; no answer for 3 s: lost
    hub.plug_cable()
    pass_time(page, 40, page.locator("body.stale").is_hidden)


def test_quiet_line_is_renewed_without_a_blink(open_page: OpenPage, hub: FakeHub) -> None:
    page = opened(open_page, clock=True)
    page.evaluate(
        "() => { new MutationObserver(() => { window.blinked = true; })"
        ".observe(document.getElementById('link'), {attributes: true}); }"
    )
    assert hub.knobs.lines == 1
    for _ in range(30):
        page.clock.run_for(1000)
        page.wait_for_timeout(20)
    assert hub.knobs.lines == 2
    hub.do(call(1))
    expect(page.locator("#hero-number")).to_have_text("A001")
    assert page.evaluate("window.blinked") is None


def test_wall_of_a_part_shows_its_windows_only(open_page: OpenPage, hub: FakeHub) -> None:
    page = opened(open_page, path="/wall?windows=3-4")
    hub.do(call(1))
    hub.do(call(3))
    expect(page.locator("#hero-number")).to_have_text("B001")
    expect(page.locator(".call")).to_have_count(0)
    expect(page.locator(".cell")).to_have_count(2)
    expect(page.locator(".service")).to_have_count(2)


def test_clock_is_the_simulated_halls_and_follows_its_jumps(open_page: OpenPage, hub: FakeHub) -> None:
    hub.knobs.hall_time = "1791424800000 1"  # 2026-10-08 10:00 in Shanghai
    page = opened(open_page, clock=True)
    expect(page.locator("#clock")).to_have_text("10:00")
    expect(page.locator("#date")).to_contain_text("10月8日")
    hub.knobs.hall_time = "1791437400000 1"  # 13:30, after a noon that was skipped
    page.clock.run_for(7000)
    expect(page.locator("#clock")).to_have_text("13:30")
