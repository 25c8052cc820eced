import numpy as np
import pytest

from hub.selfpress.baseline import Level, Prior, drift, hall_level, offsets_by_block, own_level, quality_of
from hub.selfpress.likelihood import expit

PRIOR = Prior(0.03, 60, 0.5)


def test_few_clerks_far_above_do_not_move_the_level() -> None:
    n = np.full(12, 500.0)
    k = np.full(12, 15.0)
    honest = hall_level(k, n, PRIOR)
    k[:2] = 300
    assert float(hall_level(k, n, PRIOR).share) == pytest.approx(float(honest.share), rel=0.35)
    assert float(honest.share) == pytest.approx(0.03, abs=0.003)


def test_one_busy_clerk_is_not_the_hall() -> None:
    n = np.array([100.0] * 9 + [5000.0])
    k = np.array([3.0] * 9 + [1500.0])
    assert float(hall_level(k, n, PRIOR).share) < 0.05


def test_nothing_seen_is_the_prior() -> None:
    level = hall_level(np.zeros(4), np.zeros(4), PRIOR)
    assert (float(level.share), float(level.spread)) == (pytest.approx(0.03), 0.5)


def test_hall_of_unlike_clerks_widens_the_spread() -> None:
    rng = np.random.default_rng(1)
    n = np.full(40, 800.0)
    share = expit(rng.normal(0.0, 1.2, 40))
    level = hall_level(rng.binomial(800, share).astype(float), n, Prior(0.5, 20, 0.4))
    assert 0.9 < float(level.spread) < 1.7


@pytest.mark.parametrize(("clerks", "least", "most"), [(5, 0.6, 0.6), (20, 0.4, 0.5), (200, 0.15, 0.3)])
def test_hall_of_like_clerks_narrows_the_spread_where_the_prior_lets_it(clerks: int, least: float, most: float) -> None:
    rng = np.random.default_rng(3)
    n = np.full(clerks, 2000.0)
    k = rng.binomial(2000, expit(rng.normal(1.0, 0.15, clerks))).astype(float)
    assert float(hall_level(k, n, Prior(0.7, 20, 0.6)).spread) == 0.6
    assert least <= float(hall_level(k, n, Prior(0.7, 20, 0.6, narrows=1 / 20)).spread) <= most


def test_levels_side_by_side_are_those_one_by_one() -> None:
    rng = np.random.default_rng(2)
    n = rng.integers(50, 500, (3, 11)).astype(float)
    k = rng.binomial(n.astype(int), 0.1).astype(float)
    both = hall_level(k, n, Prior(np.array([0.1, 0.05, 0.2]), 30, 0.4))
    for at, share in enumerate((0.1, 0.05, 0.2)):
        one = hall_level(k[at], n[at], Prior(share, 30, 0.4))
        assert (both.share[at], both.spread[at]) == (pytest.approx(one.share), pytest.approx(one.spread))


def test_own_level_moves_from_the_hall_to_ones_own() -> None:
    hall = Level(np.array(0.8), np.array(0.5))
    few, much = (own_level(np.array([[0.5 * n]]), np.array([[float(n)]]), hall, 0.0) for n in (4, 4000))
    assert 0.65 < expit(few[0])[0, 0] < 0.8
    assert expit(much[0])[0, 0] == pytest.approx(0.5, abs=0.02)
    assert much[1][0, 0] < few[1][0, 0] < 0.5


def test_past_that_drifts_tells_less() -> None:
    hall = Level(np.array(0.8), np.array(0.5))
    k, n = np.array([[2000.0]]), np.array([[4000.0]])
    still, moving = own_level(k, n, hall, 0.0), own_level(k, n, hall, 0.5)
    assert moving[0][0, 0] > still[0][0, 0]
    assert moving[1][0, 0] > still[1][0, 0]


def test_what_moves_all_clerks_is_the_halls() -> None:
    n = np.full((9, 4), 100.0)
    k = np.full((9, 4), 60.0)
    k[:, 3] = 90
    offsets = offsets_by_block(k, n, Level(np.array(0.7), np.array(0.3)))
    assert offsets[3] > 1
    assert drift(k, n, Level(np.array(0.7), np.array(0.3)), 0.1)[0] == pytest.approx(0.1)


def test_drift_is_measured_beyond_chance() -> None:
    rng = np.random.default_rng(3)
    level = Level(np.array(0.7), np.array(0.3))
    n = np.full((30, 12), 200.0)
    steady = rng.binomial(200, 0.7, n.shape).astype(float)
    wild = rng.binomial(200, expit(0.85 + rng.normal(0, 0.6, n.shape))).astype(float)
    assert drift(steady, n, level, 0.05)[0] < 0.12
    assert 0.4 < drift(wild, n, level, 0.05)[0] < 0.9


def test_quality_of_a_clerk_without_presses_is_the_halls() -> None:
    assert quality_of(np.array(0.0), np.array(0.0), Level(np.array(0.77), np.array(0.3))) == pytest.approx(0.77)
