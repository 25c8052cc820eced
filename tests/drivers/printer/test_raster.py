from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.printer.protocols.hexfont import HexFont
from drivers.printer.protocols.raster import Bitmap, raster, text_bitmap
from tests.drivers.printer.paper import Paper

# One upright stroke, four dots from the left.
FONT = HexFont(b"4E00:" + b"0800" * 16 + b"\n")


def dots(bitmap: Bitmap) -> list[str]:
    return [f"{row:0{bitmap.width}b}" for row in bitmap.rows]


@given(st.integers(1, 80), st.lists(st.integers(0), max_size=70))
def test_image_arrives_dot_by_dot_but_for_what_would_be_a_command(width: int, numbers: list[int]) -> None:
    bitmap = Bitmap(width, tuple(number % (1 << width) for number in numbers))
    sent = b"".join(raster(bitmap))
    arrived = Paper().read(sent).dots
    assert len(arrived) == len(bitmap.rows)
    for drawn, row in zip(dots(bitmap), arrived, strict=True):
        assert all(dot == "1" or wanted == "0" for wanted, dot in zip(drawn, row, strict=False))
        assert sum(map(int, row)) - sum(map(int, drawn)) <= len(row) // 16 + 1


@pytest.mark.parametrize("command", [0x1004, 0x1005, 0x1014])
def test_real_time_command_in_an_image_gets_one_more_dot(command: int) -> None:
    [sent] = raster(Bitmap(16, (command, 0xAA55)))
    assert command.to_bytes(2, "big") not in sent
    [spoilt, other] = Paper().read(sent).dots
    assert (int(spoilt, 2) ^ command).bit_count() == 1
    assert int(other, 2) == 0xAA55


@pytest.mark.parametrize("size", [1, 2, 3, 4, 8])
def test_strokes_are_evenly_thick_at_every_size_and_thicker_in_bold(size: int) -> None:
    plain = dots(text_bitmap("一一", FONT, size=size, bold=False))
    bold = dots(text_bitmap("一一", FONT, size=size, bold=True))
    for row in plain[: 24 * size]:
        assert len(row) == 48 * size
        strokes = [len(stroke) for stroke in row.split("0") if stroke]
        assert len(strokes) == 2
        assert len(set(strokes)) == 1
        assert 1.5 * size <= strokes[0] <= 1.5 * size + 1
    assert bold[0].count("1") == plain[0].count("1") + 2 * size


def test_combining_mark_is_drawn_over_its_character() -> None:
    font = HexFont(b"0308:" + b"00" * 15 + b"FF" + b"\n4E00:" + b"0800" * 16 + b"\n")
    marked = dots(text_bitmap("一\u0308", font, size=1, bold=False))
    assert len(marked[0]) == 24
    assert "1" * 12 in marked[23]
