"""A sign's text can only be shown, never obeyed."""

from __future__ import annotations

import re
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.led.glyphs import glyphs

# What a card obeys within a text: maker's protocol v1.4, 11.1.
OBEYED = re.compile(rb"\\|\[[ngh].\]|[\x00-\x1f\x7f]", re.IGNORECASE | re.DOTALL)
CHARSETS: tuple[Literal["gb2312", "gbk"], ...] = ("gb2312", "gbk")


def shown(text: str, charset: Literal["gb2312", "gbk"] = "gb2312") -> str:
    return b"".join(glyphs(text, charset)).decode(charset)


def test_ordinary_text_is_as_written() -> None:
    text = "A012 请到3号窗口，谢谢！[3] (100%)?"
    assert shown(text) == text


@pytest.mark.parametrize("code", ["\\C1", "\\FO001", "\\n", "\\T000star|", "\\DS", "\\WC01", "\\"])
def test_card_s_codes_in_a_name_show_as_written(code: str) -> None:
    assert shown(f"社保{code}综合") == f"社保＼{code[1:]}综合"


@pytest.mark.parametrize("text", ["[n\n[]", "[\x00n1]", "[[n1]", "[n1][g0]"])
def test_voice_codes_that_come_about_by_what_is_dropped_show_as_written(text: str) -> None:
    assert shown(text).translate(str.maketrans("［", "[")) == "".join(char for char in text if char.isprintable())


def test_gbk_character_whose_end_would_begin_a_voice_code_is_marked() -> None:
    assert "乕".encode("gbk")[1:] == b"["
    assert shown("甲乕n1]乕", "gbk") == "甲〓n1]乕"


@pytest.mark.parametrize("code", ["[n1]", "[g0]", "[h2]", "[N1]"])
def test_voice_codes_show_as_written(code: str) -> None:
    assert shown(f"甲{code}乙") == f"甲［{code[1:]}乙"


def test_control_and_invisible_characters_are_dropped() -> None:
    assert shown("社\x00保\x1b\x5c\r\x7f综\u202e\u200b合\x85") == "社保＼综合"


def test_spaces_stay_spaces() -> None:
    assert shown("社保\t综\u00a0合\u3000窗") == "社保 综 合　窗"


def test_dots_and_dashes_of_names_are_kept() -> None:
    assert b"".join(glyphs("买买提·艾力—", "gb2312")).hex() == "c2f2c2f2cce1a1a4b0acc1a6a1aa"


def test_character_outside_the_charset_is_marked() -> None:
    assert shown("朱镕基😀") == "朱〓基〓"
    assert shown("朱镕基😀", "gbk") == "朱镕基〓"


def test_gbk_character_that_ends_in_a_backslash_byte_is_marked() -> None:
    assert b"\\" in "乗".encode("gbk")
    assert shown("甲乗乙", "gbk") == "甲〓乙"


@given(st.text(), st.sampled_from(CHARSETS))
def test_no_text_at_all_is_obeyed(text: str, charset: Literal["gb2312", "gbk"]) -> None:
    parts = glyphs(text, charset)
    assert not OBEYED.search(b"".join(parts))
    assert all(len(part) in {1, 2} for part in parts)


@given(st.lists(st.sampled_from(["\\", "[", "n", "C", "1", "]", "社", "\n", "\x1b"])), st.sampled_from(CHARSETS))
def test_no_pieces_of_codes_join_to_one(pieces: list[str], charset: Literal["gb2312", "gbk"]) -> None:
    assert not OBEYED.search(b"".join(glyphs("".join(pieces), charset)))
