"""In which order matches come before anything has ranked them."""

import numpy as np

from zhanggui.core.interactions import Longs
from zhanggui.core.request import Sort
from zhanggui.retrieval.index.columns import NEVER, Columns

HEAD = 1000
"""So many first items are ranked afterwards; matches by meaning alone have their places among them."""


def joined(lexical: Longs, dense: Longs, *, limit: int) -> Longs:
    """Return the first `limit` rows: the best lexical matches, those by meaning alone, then the other lexical ones.

    Both come best first. The dense ones stand within the first HEAD rows, and take at most half of them.

    >>> joined(np.arange(4), np.array([8, 9]), limit=4).tolist()
    [0, 1, 8, 9]
    """
    head = min(limit, HEAD)
    share = min(len(dense), max(head - len(lexical), head // 2))
    first = lexical[: head - share]
    return np.concatenate((first, dense[:share], lexical[len(first) :], dense[share:]))[:limit]


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
