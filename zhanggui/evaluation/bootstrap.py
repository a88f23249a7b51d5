"""How far chance alone could have moved a mean: percentile bootstrap over users or queries, seeded.

Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapters 13 and 16; for rankings Sakai (SIGIR 2006).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
_CELLS = 4_000_000


@dataclass(frozen=True, slots=True)
class Comparison:
    """Mean difference of two systems over the same users, its interval, and a two-sided `p`."""

    difference: float
    low: float
    high: float
    p: float

    @property
    def significant(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.low > 0 or self.high < 0


def interval(values: Doubles, *, seed: int = 0, samples: int = 1000, level: float = 0.95) -> tuple[float, float]:
    """Return the bounds between which the mean of `values` (n,) lies with that confidence; (0, 0) for none.

    >>> interval(np.ones(9))
    (1.0, 1.0)
    """
    if not len(values):
        return 0.0, 0.0
    low, high = np.quantile(_means(values, seed=seed, samples=samples), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def paired(ours: Doubles, theirs: Doubles, *, seed: int = 0, samples: int = 10_000, level: float = 0.95) -> Comparison:
    """Compare two systems on the same n users or queries: both (n,), in the same order.

    `p` is twice the share of resampled means on the other side of zero, at least 1 / samples.

    >>> paired(np.array([2.0, 3.0, 4.0]), np.array([1.0, 2.0, 3.0]))
    Comparison(difference=1.0, low=1.0, high=1.0, p=0.0001)
    """
    gaps = np.asarray(ours, np.float64) - np.asarray(theirs, np.float64)
    if not len(gaps):
        return Comparison(0.0, 0.0, 0.0, 1.0)
    means = _means(gaps, seed=seed, samples=samples)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    p = min(1.0, max(2 * float(min((means <= 0).mean(), (means >= 0).mean())), 1 / samples))
    return Comparison(float(gaps.mean()), float(low), float(high), p)


def _means(values: Doubles, *, seed: int, samples: int) -> Doubles:
    return np.concatenate(list(_blocks(np.asarray(values, np.float64), seed=seed, samples=samples)))


def _blocks(values: Doubles, *, seed: int, samples: int) -> Iterator[Doubles]:
    """Yield resampled means a block at a time, so that memory stays bounded however many users there are."""
    random = np.random.default_rng(seed)
    rows = max(1, _CELLS // len(values))
    for first in range(0, samples, rows):
        count = min(rows, samples - first)
        yield values[random.integers(0, len(values), (count, len(values)), np.int32)].mean(axis=1)
