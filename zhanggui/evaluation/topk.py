"""The first k of every row of scores, in an order that never depends on chance."""

import numpy as np

from zhanggui.core.interactions import Floats, Ints


def topk(scores: Floats, *, k: int) -> Ints:
    """Return (B, k) columns of `scores` (B, N) by falling score, ties by column, -1 where nothing (finite) is left.

    >>> topk(np.array([[1.0, 2.0, 2.0, -np.inf]], np.float32), k=4)
    array([[ 1,  2,  0, -1]], dtype=int32)
    """
    width = min(k, scores.shape[1])
    found = np.full((len(scores), k), -1, np.int32)
    if not width or not len(scores):
        return found
    bound = np.partition(scores, scores.shape[1] - width, axis=1)[:, -width, None]
    rows, columns = np.nonzero((scores >= bound) & (scores > -np.inf))
    order = np.lexsort((columns, -scores[rows, columns], rows))
    rows, columns = rows[order], columns[order]
    place = np.arange(len(rows)) - np.searchsorted(rows, np.arange(len(scores)))[rows]
    kept = place < width
    found[rows[kept], place[kept]] = columns[kept]
    return found
