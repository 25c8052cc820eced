import math

import numpy as np
import pytest

from hub.selfpress.likelihood import expit, lgamma, log_average, log_gamma_poisson, log_logit_normal, log_mean, logit


def test_lgamma_agrees_with_the_standard_library() -> None:
    x = np.array([1e-3, 0.1, 0.5, 1.0, 2.5, 10.0, 1234.5, 1e6])
    assert lgamma(x) == pytest.approx([math.lgamma(value) for value in x], rel=1e-9, abs=1e-8)


def summed(k: float, n: float, mean: float, spread: float) -> float:
    """The same integral by brute force."""
    x = np.linspace(mean - 14 * spread, mean + 14 * spread, 400_001)
    values = k * x - n * np.logaddexp(0, x) - 0.5 * np.square((x - mean) / spread)
    return float(values.max() + np.log(np.exp(values - values.max()).sum() * (x[1] - x[0]) / spread) - 0.918938533)


@pytest.mark.parametrize(
    ("k", "n", "mean", "spread"),
    [(13, 13, -1.4, 0.5), (300, 310, 2.0, 0.3), (0, 5, 0.0, 2.0), (2000, 2100, 0.0, 0.5), (1, 1000, -3.0, 1.5)],
)
def test_share_with_normal_log_odds(k: float, n: float, mean: float, spread: float) -> None:
    value = log_logit_normal(*(np.array([one], float) for one in (k, n, mean, spread)))
    assert value[0] == pytest.approx(summed(k, n, mean, spread), abs=0.02)


def test_count_with_gamma_rate() -> None:
    k, exposure, rate, shape = 4.0, 10.0, 0.3, 2.0
    beta = shape / (rate * exposure)
    whole = math.lgamma(shape + k) - math.lgamma(shape) + shape * math.log(beta / (beta + 1)) - k * math.log(beta + 1)
    assert log_gamma_poisson(np.array([k]), np.array([exposure]), np.array([rate]), shape)[0] == pytest.approx(whole)


def test_means_of_likelihoods_do_not_overflow() -> None:
    values = np.array([[-1000.0, -1000.0 + math.log(3)], [900.0, 900.0]])
    assert log_average(values) == pytest.approx([-1000 + math.log(2), 900.0])
    assert log_mean(values, np.array([1.0, 0.0])) == pytest.approx([-1000.0, 900.0])


def test_log_odds_and_back() -> None:
    shares = np.array([0.001, 0.5, 0.98])
    assert expit(logit(shares)) == pytest.approx(shares)
