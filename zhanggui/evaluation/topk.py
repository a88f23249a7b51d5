"""The first k of every row of scores, in an order that never depends on chance."""

import numpy as np

from zhanggui.core.interactions import Floats, Ints, Longs
from zhanggui.evaluation.seen import Pairs


def topk(scores: Floats, *, k: int) -> Ints:
    """Return (B, k) columns of `scores` (B, N) by falling score, ties by column, -1 where nothing (finite) is left.

    >>> topk(np.array([[1.0, 2.0, 2.0, -np.inf]], np.float32), k=4)
    array([[ 1,  2,  0, -1]], dtype=int32)
    """
    found = np.full((len(scores), k), -1, np.int32)
    for place, row in enumerate(scores):
        best = _best(row, k)
        found[place, : len(best)] = best
    return found


def topk_without(scores: Floats, banned: Pairs, *, k: int) -> Ints:
    """Return `topk` without the `banned` (history, item) pairs; the scores are left as they were.

    >>> topk_without(np.array([[3.0, 2.0, 1.0]], np.float32), (np.array([0]), np.array([0])), k=2)
    array([[1, 2]], dtype=int32)
    """
    kept = scores[banned]
    scores[banned] = -np.inf
    found = topk(scores, k=k)
    scores[banned] = kept
    return found


def _best(row: Floats, k: int) -> Longs:
    """Return the columns of the k highest. Most rows are sparse: picking what is finite first is far faster."""
    columns = np.flatnonzero(row > -np.inf)
    values = row[columns]
    if len(values) > k:
        bound = np.partition(values, len(values) - k)[len(values) - k]
        kept = values >= bound
        columns, values = columns[kept], values[kept]
    return np.asarray(columns[np.argsort(-values, kind="stable")[:k]])
