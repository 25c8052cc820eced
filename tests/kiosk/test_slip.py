from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.slip import Code, Line, SlipView, cells, duration, slip, window_names, wrap

VIEW = SlipView(
    number="A012",
    service_name="社会保险",
    issued_at=datetime(2026, 10, 12, 9, 41, tzinfo=ZoneInfo("Asia/Shanghai")),
    ahead=5,
    estimate_s=700,
    windows=(3, 4),
    qr_url="http://hall.example/r/Zk3v9QwLr2Xy",
    hall_name="示范县政务服务中心",
)


def lines(view: SlipView, columns: int = 48) -> list[Line]:
    return [element for element in slip(view, columns) if isinstance(element, Line)]


def texts(view: SlipView, columns: int = 48) -> str:
    return "\n".join(line.text for line in lines(view, columns))


@pytest.mark.parametrize("columns", [32, 48])
def test_slip_says_all_that_a_citizen_needs(columns: int) -> None:
    said = texts(VIEW, columns)
    for expected in (
        "示范县政务服务中心",
        "A012",
        "社会保险",
        "请到3、4号窗口",
        "前面还有5人",
        "约等12分钟",
        "请留意叫号屏",
        "过号请到咨询台",
        "2026-10-12 09:41",
    ):
        assert expected in said


@pytest.mark.parametrize("columns", [32, 48])
@pytest.mark.parametrize("number", ["A001", "A1000", "K1-900", "LONGPREFIX1000"])
def test_number_is_the_largest_thing_on_the_paper_and_fits(columns: int, number: str) -> None:
    printed = lines(replace(VIEW, number=number), columns)
    [largest] = [line for line in printed if line.text == number]
    assert largest.size >= max(line.size for line in printed)
    assert cells(number) * largest.size <= columns


def test_where_to_go_and_how_many_are_before_is_large() -> None:
    for line in lines(VIEW, 32):
        if line.text.startswith(("请到", "前面", "约等", "社会")):
            assert line.size >= 2


def test_code_leads_to_the_ticket() -> None:
    [code] = [element for element in slip(VIEW, 32) if isinstance(element, Code)]
    assert code.data == VIEW.qr_url


def test_without_an_address_there_is_no_code_and_no_word_of_it() -> None:
    bare = replace(VIEW, qr_url="")
    assert not [element for element in slip(bare, 32) if isinstance(element, Code)]
    assert "扫码" not in texts(bare)


@pytest.mark.parametrize("columns", [32, 48])
def test_rating_code_stands_large_and_only_where_there_is_one(columns: int) -> None:
    [line] = [line for line in lines(replace(VIEW, slip_code="0417"), columns) if "0417" in line.text]
    assert (line.text, line.size >= 2) == ("评价码 0417", True)
    assert "评价码" not in texts(VIEW, columns)


def test_nobody_before_is_said_so_without_an_estimate() -> None:
    said = texts(replace(VIEW, ahead=0))
    assert "前面无人等候" in said
    assert "约等" not in said


def test_unknown_wait_is_not_guessed() -> None:
    assert "约等" not in texts(replace(VIEW, estimate_s=None))


def test_unknown_windows_send_to_the_screen() -> None:
    assert "窗口请看叫号屏" in texts(replace(VIEW, windows=()))


def test_marks_are_on_the_slip_only_where_they_hold() -> None:
    marked = texts(replace(VIEW, reprint=True, priority_label="老年人"))
    assert "【补打】" in marked
    assert "【老年人优先】" in marked
    assert "【" not in texts(VIEW)


@pytest.mark.parametrize(
    ("numbers", "names"),
    [
        ((3,), "3"),
        ((4, 3), "3、4"),
        ((3, 4, 5), "3至5"),
        ((9, 3, 4, 5, 6, 11, 12), "3至6、9、11、12"),
        ((2, 2, 2), "2"),
    ],
)
def test_windows_are_named_as_people_say_them(numbers: tuple[int, ...], names: str) -> None:
    assert window_names(numbers) == names


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "1分钟"),
        (60, "1分钟"),
        (61, "2分钟"),
        (3540.1, "1小时"),
        (3600, "1小时"),
        (8100, "2小时15分钟"),
    ],
)
def test_waits_are_whole_minutes_rounded_up(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_what_the_chinese_font_prints_counts_two() -> None:
    assert [cells(text) for text in ("A1", "号", "·", "…", "—", "e\u0301", "\x1b")] == [2, 2, 2, 2, 2, 1, 0]


def test_long_name_breaks_where_the_sense_does() -> None:
    assert wrap("不动产登记（转移、抵押、注销）及交易税费缴纳综合受理", 32) == [
        "不动产登记（转移、抵押、",
        "注销）及交易税费缴纳综合受理",
    ]


def test_lines_are_about_equally_long() -> None:
    first, second = wrap("一二三四五六七八九", 16)
    assert abs(cells(first) - cells(second)) == 2


def test_words_and_numbers_stay_whole() -> None:
    assert wrap("办理ETC业务请到12号窗口", 10) == ["办理ETC", "业务请到", "12号窗口"]


def test_marks_neither_begin_nor_end_a_line_wrongly() -> None:
    for columns in range(8, 40):
        for line in wrap("公安（出入境）、税务“一窗”，人社：社保、医保。", columns):
            assert line[0] not in "）、”，：。"
            assert line[-1] not in "（“"


@given(st.text("中a \u0301", max_size=30), st.integers(4, 12))
def test_what_takes_no_place_stays_with_what_it_stands_on(text: str, columns: int) -> None:
    assert not any(line.startswith("\u0301") for line in wrap(text.strip("\u0301 "), columns) if " \u0301" not in text)


@settings(deadline=None)
@given(st.text(), st.integers(4, 48))
def test_wrapped_lines_fit_and_lose_nothing_but_spaces(text: str, columns: int) -> None:
    wrapped = wrap(text, columns)
    assert all(cells(line) <= columns for line in wrapped)
    assert "".join("".join(wrapped).split()) == "".join(text.split())


VIEWS = st.builds(
    SlipView,
    number=st.from_regex(r"[A-Z]{1,2}[0-9]{3,4}", fullmatch=True),
    service_name=st.text(max_size=60),
    issued_at=st.datetimes(timezones=st.just(ZoneInfo("Asia/Shanghai"))),
    ahead=st.integers(0, 9999),
    estimate_s=st.none() | st.floats(0, 1e6),
    windows=st.lists(st.integers(1, 999), max_size=30).map(tuple),
    qr_url=st.text(max_size=60),
    hall_name=st.text(max_size=60),
    priority_label=st.none() | st.text(max_size=12),
    reprint=st.booleans(),
)


@given(VIEWS, st.sampled_from([32, 48]))
def test_every_line_of_every_slip_fits_the_paper(view: SlipView, columns: int) -> None:
    for line in lines(view, columns):
        assert cells(line.text) * line.size <= columns
