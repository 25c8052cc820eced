from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.printer.protocols.hexfont import HexFont
from drivers.printer.protocols.raster import Bitmap

LINE = tomllib.loads(Path("tests/vectors/escpos.toml").read_text(encoding="utf-8"))["glyph"]["line"]


def test_published_glyph_is_read() -> None:
    glyph = HexFont(LINE.encode()).glyph("号")
    assert glyph is not None
    assert glyph.width == 16
    assert glyph.rows[:3] == (0x0000, 0x1FF0, 0x1010)
    assert glyph.rows[-1] == 0x0040


@given(st.sets(st.integers(0x20, 0x1FFFF), max_size=60), st.booleans())
def test_every_glyph_of_a_font_is_found_and_no_other(numbers: set[int], ends_with_newline: bool) -> None:
    text = "\n".join(f"{number:04X}:{number:032X}" for number in sorted(numbers))
    font = HexFont((text + "\n" * ends_with_newline).encode())
    for number in numbers:
        dots = number.to_bytes(16, "big")
        assert font.glyph(chr(number)) == Bitmap(8, tuple(dots))
    for number in {0x20, 0x4E00, 0x1FFFF} - numbers:
        assert font.glyph(chr(number)) is None


@pytest.mark.parametrize("broken", ["4E00:12", "4E00:" + "G" * 32, "4E00", "no font at all", "", "4E00:", "\n\n\n"])
def test_broken_file_has_no_glyphs(broken: str) -> None:
    assert HexFont(broken.encode()).glyph("一") is None


@given(st.binary(max_size=300))
def test_no_bytes_whatever_raise(data: bytes) -> None:
    HexFont(data).glyph("一")
