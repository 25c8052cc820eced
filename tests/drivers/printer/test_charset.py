from __future__ import annotations

import tomllib
import unicodedata
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.printer.protocols.charset import cells, clean, code, lines
from drivers.printer.protocols.profile import Charset

ROWS = tomllib.loads(Path("tests/vectors/escpos.toml").read_text(encoding="utf-8"))["charset"]


@pytest.mark.parametrize("charset", get_args(Charset))
@pytest.mark.parametrize("row", ROWS, ids=[row["char"] for row in ROWS])
def test_codes_are_those_of_the_published_tables(row: dict[str, str], charset: Charset) -> None:
    assert code(row["char"], charset) == (bytes.fromhex(row[charset]) or None)


def test_every_gb2312_character_has_its_own_code_in_every_charset() -> None:
    table = [bytes((high, low)) for high in range(0xA1, 0xF8) for low in range(0xA1, 0xFF)]
    known = [raw for raw in table if raw.decode("gb2312", "ignore")]
    assert len(known) == 7445  # GB/T 2312-1980: 6,763 hanzi and 682 others
    for charset in get_args(Charset):
        assert [code(raw.decode("gbk"), charset) for raw in known] == known


@given(st.characters(), st.sampled_from(get_args(Charset)))
def test_no_code_holds_a_control_byte(char: str, charset: Charset) -> None:
    for cleaned in clean(char):
        raw = code(cleaned, charset)
        assert raw is None or all(byte >= 0x20 and byte != 0x7F for byte in raw)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("张\x1b三", "张三"),
        ("张\n三\t四", "张 三 四"),
        ("A\u0301", "Á"),
        ("\u202e反\u2066", "反"),
        ("葛\U000e0100", "葛"),
        ("全\u3000角", "全\u3000角"),
        ("不\u00a0断", "不 断"),
        ("\ud800", ""),
        ("\x9b\x7f", ""),
    ],
)
def test_clean_leaves_what_can_be_seen(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


@given(st.text())
def test_clean_text_is_clean_and_stays_so(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert not any(unicodedata.category(char) in {"Cc", "Cf", "Cs"} for char in once)


def test_what_the_chinese_font_prints_is_two_cells_wide() -> None:
    assert [cells(char) for char in "A·…—号\u0301"] == [1, 2, 2, 2, 2, 0]


@given(st.text(), st.integers(2, 48))
def test_lines_fit_and_lose_nothing(text: str, columns: int) -> None:
    cleaned = clean(text)
    broken = lines(cleaned, columns)
    assert "".join(broken) == cleaned
    assert all(sum(map(cells, line)) <= columns for line in broken)
