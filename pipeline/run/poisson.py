"""Exact bounds of a Poisson mean, as statistics of deaths give them for counts below 100."""

from __future__ import annotations

import math
from functools import cache

import pyarrow as pa

_STEPS = 80


def poisson_bounds(counts: pa.ChunkedArray) -> pa.Array:
    """Lower and upper 95 percent bound of the mean behind each count; NULL where it is NULL.

    They are half the chi-squared quantiles of 0.025 with 2 x count and of 0.975 with 2 x count + 2 degrees of freedom.
    """
    return pa.array([None if each is None else _bounds(each) for each in counts.to_pylist()], pa.list_(pa.float64()))


@cache
def _bounds(count: int) -> list[float]:
    lower = _mean_with(count - 1, 0.975) if count else 0.0
    return [lower, _mean_with(count, 0.025)]


def _mean_with(count: int, probability: float) -> float:
    """The mean for which a Poisson variable is at most ``count`` with this probability, by bisection."""
    low, high = 0.0, 2.0 * count + 20
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if _at_most(count, middle) > probability else (low, middle)
    return (low + high) / 2


def _at_most(count: int, mean: float) -> float:
    if not mean:
        return 1.0
    return math.fsum(math.exp(each * math.log(mean) - mean - math.lgamma(each + 1)) for each in range(count + 1))
