"""Divide texts of different lengths into batches that waste little on padding."""

from collections.abc import Iterator, Sequence

import numpy as np

from zhanggui.core.interactions import Longs


def batches(lengths: Sequence[int], *, tokens: int) -> Iterator[Longs]:
    """Yield row numbers, longest texts first, so that rows x longest of a batch stays within `tokens`.

    A text longer than that is a batch by itself. Ties keep the order of the texts.

    >>> [rows.tolist() for rows in batches([2, 9, 3, 2], tokens=8)]
    [[1], [2, 0], [3]]
    """
    order = np.argsort(-np.asarray(lengths, np.int64), kind="stable")
    start = 0
    while start < len(order):
        rows = max(1, tokens // max(1, lengths[order[start]]))
        yield order[start : start + rows]
        start += rows


def padded(ids: Sequence[Sequence[int]], *, pad: int) -> tuple[Longs, Longs]:
    """Return ids and mask, both (n, longest).

    >>> padded([[5, 6], [7]], pad=1)[0].tolist(), padded([[5, 6], [7]], pad=1)[1].tolist()
    ([[5, 6], [7, 1]], [[1, 1], [1, 0]])
    """
    lengths = np.array([len(row) for row in ids], np.int64)
    mask = np.arange(lengths.max(initial=0)) < lengths[:, None]
    table = np.full(mask.shape, pad, np.int64)
    table[mask] = np.concatenate([np.asarray(row, np.int64) for row in ids])
    return table, mask.astype(np.int64)
