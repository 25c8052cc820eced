"""A text on a panel: still where it fits, else scrolled or page by page."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.led import SignText
from drivers.led.layout import Panel, area
from drivers.led.protocols.onbon import ALIGN_CENTRE, ALIGN_MIDDLE, MAX_AREA, Effect, RunMode, update_areas

SMALL = Panel(64, 16)
TALL = Panel(64, 32)


def gb(text: str) -> bytes:
    return text.encode("gb2312")


@pytest.mark.parametrize("text", ["A012", "社保综合", "12345678", "社保 12"])
def test_text_that_fits_stands_still_in_the_middle(text: str) -> None:
    shown = area(SignText(text), SMALL)
    assert shown.text == b"\\C1" + gb(text)
    assert shown.effect is Effect.STATIC
    assert shown.align == ALIGN_CENTRE | ALIGN_MIDDLE
    assert not shown.multi_line


@pytest.mark.parametrize("text", ["社保综合窗", "123456789", "A001请到3号窗口"])
def test_text_that_is_too_wide_scrolls_to_the_left(text: str) -> None:
    shown = area(SignText(text), SMALL)
    assert shown.text == b"\\C1" + gb(text)
    assert shown.effect is Effect.LEFT
    assert not shown.multi_line
    assert shown.align == ALIGN_MIDDLE


def test_text_that_is_too_wide_is_paged_where_the_hall_wants_that() -> None:
    shown = area(SignText("A001 请到3号窗口"), replace(SMALL, overflow="page"))
    assert shown.text == b"\\C1" + gb("A001\\n请到3号\\n窗口")
    assert shown.effect is Effect.STATIC
    assert shown.multi_line
    assert shown.stay == 4


def test_tall_sign_wraps_at_a_space() -> None:
    shown = area(SignText("A012 到3号窗"), TALL)
    assert shown.text == b"\\C1" + gb("A012\\n到3号窗")
    assert shown.multi_line
    assert shown.effect is Effect.STATIC


def test_wrap_keeps_what_follows_the_last_space_together() -> None:
    assert area(SignText("请 A012号"), TALL).text == b"\\C1" + gb("请\\nA012号")
    assert area(SignText("A012到 3号窗"), TALL).text == b"\\C1" + gb("A012到\\n3号窗")
    assert area(SignText("请A 012号码"), TALL).text == b"\\C1" + gb("请A\\n012号码")


def test_wrap_drops_the_space_at_the_cut() -> None:
    assert area(SignText("社保综合 3号"), TALL).text == b"\\C1" + gb("社保综合\\n3号")


def test_over_long_text_is_cut_between_characters() -> None:
    shown = area(SignText("A" + "社" * 400), SMALL)
    assert shown.text == b"\\C1A" + gb("社") * 240


def test_line_feed_is_a_line_where_there_is_room() -> None:
    assert area(SignText("A012\n办理中"), TALL).text == b"\\C1" + gb("A012\\n办理中")
    assert area(SignText("A012\n办理中"), SMALL).text == b"\\C1" + gb("A012 办理中")
    assert area(SignText("A012\n办理中"), SMALL).effect is Effect.LEFT


@pytest.mark.parametrize(("colour", "code"), [("red", b"\\C1"), ("green", b"\\C2"), ("yellow", b"\\C3")])
def test_colour_leads_the_text(colour: str, code: bytes) -> None:
    assert area(SignText("A", colour=colour), SMALL).text == code + b"A"  # type: ignore[arg-type]


def test_hall_s_colour_goes_before_the_content_s() -> None:
    assert area(SignText("A", colour="red"), replace(SMALL, colour="green")).text == b"\\C2A"
    assert area(SignText("A", colour="red"), replace(SMALL, colour="none")).text == b"A"


def test_larger_font_is_named_and_counted() -> None:
    panel = Panel(96, 32, font=32)
    assert area(SignText("A01234"), panel).text == b"\\FO002\\FE002\\C1A01234"
    assert area(SignText("A01234"), panel).effect is Effect.STATIC
    assert area(SignText("A012345"), panel).effect is Effect.LEFT


def test_area_blanks_itself_after_the_timeout() -> None:
    shown = area(SignText("A", timeout_s=30), SMALL)
    assert (shown.run_mode, shown.timeout_s) == (RunMode.LOOP_THEN_BLANK, 30)
    assert area(SignText("A", timeout_s=30), replace(SMALL, timeout_s=90)).timeout_s == 90


def test_no_text_is_a_blank_area() -> None:
    assert area(SignText(""), SMALL).text == b"\\C1"  # as a card-side relay's firmware blanks its screen
    assert area(SignText(""), replace(SMALL, colour="none")).text == b" "


def test_area_is_the_whole_panel() -> None:
    shown = area(SignText("A"), Panel(60, 24, in_pixels=True, area=3))
    assert (shown.x, shown.y, shown.width, shown.height, shown.in_pixels, shown.id) == (0, 0, 60, 24, True, 3)


@given(
    st.text(max_size=2000),
    st.builds(
        Panel,
        width=st.integers(16, 512),
        height=st.integers(16, 96),
        overflow=st.sampled_from(["scroll", "page"]),
    ),
)
def test_any_text_fits_a_card_s_memory(text: str, panel: Panel) -> None:
    shown = area(SignText(text), panel)
    assert len(update_areas([shown])) - 9 <= MAX_AREA
    shown.text.decode("gb2312")  # never cut within a character
