"""Normalised discounted cumulative gain."""

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]


def ndcg(gains: Doubles, ideal: Doubles, *, k: int) -> Doubles:
    """Score each row: `gains` (B, n) in ranked order, `ideal` (B, m) of all that could be gained, in any order → (B,).

    Järvelin and Kekäläinen (TOIS 2002), log2 discount. A row with nothing to gain scores zero. For graded judgments
    pass `gain(grades)` on both sides; for purchases a gain is 1 where the item was bought (see `ndcg_of_hits`).

    >>> ndcg(np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([[1.0], [1.0]]), k=2).round(3)
    array([0.631, 1.   ])
    """
    actual = _dcg(gains[:, :k])
    best = _dcg(-np.sort(-ideal, axis=1)[:, :k])
    return np.divide(actual, best, out=np.zeros_like(actual), where=best > 0)


def ndcg_of_hits(hits: NDArray[np.bool_], relevant: NDArray[np.int64], *, k: int) -> Doubles:
    """Score binary rankings: `hits` (B, n) in ranked order, `relevant` (B,) how many items are right → (B,).

    >>> ndcg_of_hits(np.array([[True, False, True]]), np.array([2]), k=3).round(3)
    array([0.92])
    """
    actual = _dcg(hits[:, :k].astype(np.float64))
    best = np.concatenate(([0.0], np.cumsum(1 / np.log2(np.arange(k) + 2))))[np.minimum(relevant, k)]
    return np.divide(actual, best, out=np.zeros_like(actual), where=best > 0)


def gain(grades: Doubles) -> Doubles:
    """Turn grades into gains, 2^grade - 1 (Burges et al., ICML 2005); any shape.

    >>> gain(np.array([0.0, 1.0, 3.0]))
    array([0., 1., 7.])
    """
    return np.asarray(np.exp2(grades) - 1)


def _dcg(gains: Doubles) -> Doubles:
    return np.asarray(gains @ (1 / np.log2(np.arange(gains.shape[1]) + 2)))
