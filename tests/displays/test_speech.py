"""What the loudspeaker says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from displays.speech import ONE_METRE_LINE, announcement, count_aloud, ticket_aloud


def test_call_reads_the_ticket_digit_by_digit_and_the_window_as_a_number() -> None:
    assert announcement("A012", 3) == "请A零一二号到三号窗口办理业务"
    assert announcement("B1000", 12) == "请B一零零零号到十二号窗口办理业务"


def test_recall_says_that_it_is_one() -> None:
    assert announcement("A012", 3, recall=True) == "再次呼叫，请A零一二号到三号窗口办理业务"


@pytest.mark.parametrize(
    ("number", "aloud"),
    [("A012", "A零一二"), ("YL305", "YL三零五"), ("a7", "A七"), ("A-012", "A零一二"), ("012", "零一二"), ("", "")],
)
def test_ticket_keeps_its_letters(number: str, aloud: str) -> None:
    assert ticket_aloud(number) == aloud


@pytest.mark.parametrize(
    ("number", "aloud"),
    [
        (0, "零"),
        (1, "一"),
        (2, "二"),
        (10, "十"),
        (11, "十一"),
        (19, "十九"),
        (20, "二十"),
        (21, "二十一"),
        (100, "一百"),
        (101, "一百零一"),
        (110, "一百一十"),
        (112, "一百一十二"),
        (200, "二百"),
        (1000, "一千"),
        (1001, "一千零一"),
        (1010, "一千零一十"),
        (9999, "九千九百九十九"),
    ],
)
def test_window_is_read_as_a_number(number: int, aloud: str) -> None:
    assert count_aloud(number) == aloud


@pytest.mark.parametrize("number", [-1, 10_000])
def test_number_nobody_would_read_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match="expected 0 to 9999"):
        count_aloud(number)


def test_one_metre_line_is_one_sentence() -> None:
    assert ONE_METRE_LINE.endswith("。")


@given(st.lists(st.integers(0, 9999), min_size=2, max_size=2, unique=True))
def test_no_two_numbers_sound_alike(numbers: list[int]) -> None:
    assert count_aloud(numbers[0]) != count_aloud(numbers[1])


@given(st.text())
def test_only_letters_and_digits_are_spoken(number: str) -> None:
    assert set(ticket_aloud(number)) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ零一二三四五六七八九")
