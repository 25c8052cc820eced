"""ID numbers in texts; the number is the standard's own example (GB 11643-1999, 4.2)."""

import pytest

from hub.domain.personal import masked

NUMBER = "11010519491231002X"
MASKED = "110105********002X"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (NUMBER, MASKED),
        (NUMBER.lower(), MASKED[:-1] + "x"),
        (f"张三（身份证{NUMBER}）来过", f"张三（身份证{MASKED}）来过"),
        (f"{NUMBER}，{NUMBER}", f"{MASKED}，{MASKED}"),
        ("110105 19491231 002X", "110105 ******** 002X"),
    ],
)
def test_id_number_is_masked_wherever_it_stands(text: str, kept: str) -> None:
    assert masked(text) == kept


@pytest.mark.parametrize(
    "text",
    [
        "440524188001010015",  # the standard's other example has 4 at its end
        "4511232026112500120",  # a longer number of a case
        "A" + NUMBER,
        "13800138000",
        "",
    ],
)
def test_other_numbers_stay(text: str) -> None:
    assert masked(text) == text
