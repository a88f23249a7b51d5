"""In which order matches come before anything has ranked them."""

import numpy as np

from zhanggui.core.interactions import Longs
from zhanggui.core.protocols import DEPTH
from zhanggui.core.request import Sort
from zhanggui.retrieval.index.columns import NEVER, Columns
from zhanggui.retrieval.index.matching import ENOUGH

NEAR = 64
"""So many of the nearest in meaning join where words find enough: they stand on the first pages or nowhere."""


def near_wanted(found: int, *, most: int) -> int:
    """Return how many of the nearest in meaning are asked for: all that may join, where words find too little."""
    return most if found < ENOUGH else min(most, NEAR)


def joined(lexical: Longs, dense: Longs, *, limit: int) -> Longs:
    """Return the first `limit` rows: the best by words, the nearest that are not among them, then the others by words.

    Both come best first, and a row may be in both. The nearest stand within the first DEPTH rows, and take at most half
    of them: of ten thousand products with the words asked for, the nearest are ranked, wherever words put them.

    >>> joined(np.arange(4), np.array([8, 3, 0]), limit=5).tolist()
    [0, 1, 2, 8, 3]
    """
    head = min(limit, DEPTH)
    share = min(len(dense), max(head - len(lexical), head // 2))
    rows = np.concatenate((lexical[: head - share], dense[:share], lexical[head - share :], dense[share:]))
    return rows[np.sort(np.unique(rows, return_index=True)[1])][:limit]


def arranged(columns: Columns, rows: Longs, sort: Sort, *, limit: int) -> Longs:
    """Return the first `limit` rows by price or age, unknown ones last, ties by row; `rows` rise."""
    if sort is Sort.NEWEST:
        created = columns.created[rows]
        keys = np.where(created == NEVER, np.inf, -created.astype(np.float64))
    else:
        price = columns.price[rows]
        keys = np.where(np.isnan(price), np.inf, price if sort is Sort.PRICE_UP else -price)
    if len(rows) > limit > 0:
        first = keys <= np.partition(keys, limit - 1)[limit - 1]
        rows, keys = rows[first], keys[first]
    return rows[np.argsort(keys, kind="stable")][:limit]
