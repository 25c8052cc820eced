import random
from datetime import date
from fractions import Fraction
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.domain.callbacks import Outcome, Sampled, draw, fingerprint, interval, quarter_days, tally

RATINGS = [f"r{number}" for number in range(1, 501)]


@pytest.mark.parametrize(
    ("quarter", "first", "last"),
    [
        ("2026Q1", date(2026, 1, 1), date(2026, 3, 31)),
        ("2026Q2", date(2026, 4, 1), date(2026, 6, 30)),
        ("2026Q4", date(2026, 10, 1), date(2026, 12, 31)),
    ],
)
def test_quarter_has_its_days(quarter: str, first: date, last: date) -> None:
    assert quarter_days(quarter) == (first, last)


def test_seed_draws_the_same_whatever_the_order_and_another_seed_another() -> None:
    shuffled = random.Random(1).sample(RATINGS, len(RATINGS))
    assert draw("aa", RATINGS, 20) == draw("aa", [*shuffled, *shuffled[:9]], 20)
    assert draw("aa", RATINGS, 20) != draw("ab", RATINGS, 20)
    assert fingerprint(RATINGS) == fingerprint(shuffled) != fingerprint(RATINGS[1:])


def test_draw_is_what_its_words_say() -> None:
    least = min(RATINGS, key=lambda rating: sha256(b"aa:" + rating.encode()).hexdigest())
    assert draw("aa", RATINGS, 1) == (least,)


def test_few_ratings_are_all_drawn() -> None:
    assert set(draw("aa", RATINGS[:3], 20)) == set(RATINGS[:3])


def test_every_rating_is_as_likely_to_be_drawn() -> None:
    drawn = [rating for seed in range(400) for rating in draw(str(seed), RATINGS[:20], 5)]
    counts = [drawn.count(rating) for rating in RATINGS[:20]]
    assert sum((count - 100) ** 2 / 75 for count in counts) < 50  # chi-square of 19 degrees: 1 in 7000


# Clopper & Pearson's bounds, as tables have them.
@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [
        (0, 10, 0, 0.3085),
        (5, 10, 0.1871, 0.8129),
        (10, 10, 0.6915, 1),
        (8, 20, 0.1912, 0.6395),
        (1, 100, 0.0003, 0.0545),
    ],
)
def test_interval_is_exact(k: int, n: int, low: float, high: float) -> None:
    assert interval(k, n) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


def test_nothing_asked_tells_nothing() -> None:
    assert interval(0, 0) == (0.0, 1.0)


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 2000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_interval_holds_what_was_seen_and_mirrors(pair: tuple[int, int]) -> None:
    k, n = pair
    low, high = interval(k, n)
    assert 0 <= low <= k / n <= high <= 1
    other = interval(n - k, n)
    assert (1 - other[1], 1 - other[0]) == (pytest.approx(low, abs=1e-9), pytest.approx(high, abs=1e-9))


def test_only_answers_count_for_the_rate() -> None:
    said: list[Outcome | None] = ["own", "own", "denied", "other_level", "unsure", "unreached", "no_contact", None]
    counted = tally([Sampled("a", "", outcome) for outcome in said])
    assert (counted.sampled, counted.called, counted.answered, counted.wrong, counted.denied) == (8, 7, 4, 2, 1)
    assert counted.rate == Fraction(1, 2)
    assert tally([Sampled("a", "")]).rate is None
