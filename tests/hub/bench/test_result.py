"""How a figure is judged."""

import pytest

from hub.bench.result import at_most, figure, percentile, ratio_at_least, ratio_at_most, spread


def test_limit_is_met_up_to_itself() -> None:
    assert [at_most("x", value, "ms", 75).ok for value in (74, 75, 75.1)] == [True, True, False]
    assert at_most("x", 50, "ms", 75).bar == "≤ 75 ms"
    assert at_most("x", 50, "ms", 75).ratio is None
    assert at_most("x", 50, "ms", 75, floor=25).ratio == 2
    assert at_most("x", 50, "ms", 75, floor=0).ratio is None


def test_rate_must_reach_its_share_of_the_floor() -> None:
    assert [ratio_at_least("x", value, "1/s", 100, 0.5).ok for value in (49, 50, 200)] == [False, True, True]
    assert ratio_at_least("x", 50, "1/s", 100, 0.5).bar == "≥ 0.5 × floor"


def test_time_must_stay_below_its_multiple_of_the_floor() -> None:
    assert [ratio_at_most("x", value, "ms", 10, 1.3).ok for value in (12, 13, 14)] == [True, True, False]


def test_figure_without_a_bar_is_neither_met_nor_missed() -> None:
    assert figure("x", 1, "s").ok is None
    assert figure("x", 1, "s", floor=2).ratio == 0.5


def test_json_has_the_contracts_names() -> None:
    assert {"name", "value", "unit", "floor", "ratio", "bar", "ok"} <= figure("x", 1, "s").as_json().keys()


@pytest.mark.parametrize(("share", "value"), [(0, 1), (0.5, 51), (0.99, 100), (1, 100)])
def test_percentile_is_a_value_that_was_measured(share: float, value: int) -> None:
    assert percentile(range(100, 0, -1), share) == value
    assert percentile([7], share) == 7


def test_spread_shows_median_and_range() -> None:
    assert spread([3.0, 1.0, 2.0]) == "2 [1–3]"
