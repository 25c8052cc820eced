"""Likelihoods in closed form or by quadrature, on arrays.

All are natural logs and leave out what cancels between two hypotheses about the same data (binomial coefficients,
1/k!).
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

DECADE: Final = float(np.log(10.0))
_HALF_LOG_2PI: Final = 0.9189385332046727
_NEWTON: Final = 3
_NODES: Final = np.array([-np.sqrt(1.5), 0.0, np.sqrt(1.5)])  # Gauss-Hermite, three points
_NODE_WEIGHTS: Final = np.sqrt(np.pi) * np.array([1 / 6, 2 / 3, 1 / 6]) * np.exp(np.square(_NODES))


def lgamma(x: Array) -> Array:
    """Log Γ of positive numbers: Stirling's series after a shift by 6, better than 1e-9."""
    shift = x * (x + 1.0) * (x + 2.0)
    shift = shift * ((x + 3.0) * (x + 4.0) * (x + 5.0))
    y = x + 6.0
    inverse = 1.0 / y
    square = inverse * inverse
    series = inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square / 1680)))
    result: Array = (y - 0.5) * np.log(y) - y + _HALF_LOG_2PI + series - np.log(shift)
    return result


def log_logit_normal(k: Array, n: Array, mean: Array, spread: Array) -> Array:
    """Log P(k of n) for a share whose log odds are normal with this mean and spread.

    Three-point Gauss-Hermite quadrature about the mode, which Newton's method finds: the integrand is log-concave.
    """
    precision = 1.0 / (spread * spread)
    weight = (k + 0.5) * (n - k + 0.5) / (n + 1.0)
    mode = (precision * mean + weight * np.log((k + 0.5) / (n - k + 0.5))) / (precision + weight)
    for _ in range(_NEWTON):
        p = 1.0 / (1.0 + np.exp(-mode))
        curve = n * p * (1.0 - p) + precision
        mode = mode + np.clip((k - n * p - (mode - mean) * precision) / curve, -1.5, 1.5)
    p = 1.0 / (1.0 + np.exp(-mode))
    width = np.sqrt(2.0 / (n * p * (1.0 - p) + precision))
    values = []
    for node in _NODES:
        at = mode + width * node
        values.append(
            k * at - n * (np.maximum(at, 0.0) + np.log1p(np.exp(-np.abs(at)))) - 0.5 * precision * np.square(at - mean)
        )
    most = values[len(values) // 2]  # at the mode
    total = sum(np.exp(value - most) * share for value, share in zip(values, _NODE_WEIGHTS, strict=True))
    result: Array = most + np.log(total * width / spread) - _HALF_LOG_2PI
    return result


def log_gamma_poisson(k: Array, exposure: Array, rate: Array, shape: float) -> Array:
    """Log P(k) for a count whose rate per exposure is Gamma with this mean and shape."""
    expected = rate * exposure
    at_shape = lgamma(np.array([shape]))
    result: Array = (
        lgamma(shape + k) - at_shape + k * np.log(expected / shape) - (shape + k) * np.log1p(expected / shape)
    )
    return result


def log_mean(values: Array, weights: Array) -> Array:
    """Log Σ w·exp(v) over the last axis."""
    most = values.max(axis=-1, keepdims=True)
    result: Array = np.log((np.exp(values - most) * weights).sum(axis=-1)) + most[..., 0]
    return result


def log_average(values: Array) -> Array:
    """Log of the plain mean of exp(v) over the last axis."""
    return log_mean(values, np.full(values.shape[-1], 1 / values.shape[-1]))


def logit(p: Array | float) -> Array:
    """Log odds."""
    q = np.clip(p, 1e-9, 1 - 1e-9)
    result: Array = np.log(q / (1 - q))
    return result


def expit(x: Array | float) -> Array:
    """Share of log odds."""
    result: Array = 1.0 / (1.0 + np.exp(-np.asarray(x, float)))
    return result
