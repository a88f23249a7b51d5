"""Sparse lists of related items, and how the interest in some items spreads to others."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from zhanggui.core.interactions import Floats, Longs

Row = tuple[Longs, Floats, Floats]
"""The related items of one item: columns, similarities, and the evidence behind each, such as a count."""


BLOCK = 1024
"""Rows of item-by-item matrices that are in memory at a time."""

NOTHING: tuple[Longs, Floats] = (np.zeros(0, np.int64), np.zeros(0, np.float32))
"""No related items."""


def gathered(rows: Iterable[Row], *, top: int) -> tuple[csr_array, Floats]:
    """Return the `top` neighbours of every item, (N, N), and the evidence behind each, (nnz,).

    `rows` come in the order of items; similarities that are not above zero are dropped.
    """
    kept = [_strongest(row, top) for row in rows]
    starts = np.concatenate(([0], np.cumsum([len(columns) for columns, _, _ in kept], dtype=np.int64)))
    columns = np.concatenate([row[0] for row in kept] or [NOTHING[0]])
    values, evidence = (np.concatenate([row[part] for row in kept] or [NOTHING[1]]) for part in (1, 2))
    shape = (len(kept), len(kept))
    matrix = csr_array((values.astype(np.float32), columns.astype(np.int32), starts), shape=shape)
    return matrix, evidence.astype(np.float32)


def together(shoppers: csr_array) -> Iterator[tuple[Longs, Floats]]:
    """Yield for every item the items that share shoppers with it, and how many: columns of X'X without the diagonal.

    `shoppers` (U, N) holds strengths; where all are 1 the sums are counts.
    """
    for first, shared in blocks(shoppers):
        yield from rows_of(shared, first)


def blocks(shoppers: csr_array) -> Iterator[tuple[int, csr_array]]:
    """Yield X'X in blocks of rows, each with the number of its first row: all of it would not fit into memory."""
    owners = shoppers.T.tocsr()
    for first in range(0, owners.shape[0], BLOCK):
        yield first, (owners[first : first + BLOCK] @ shoppers).tocsr()


def rows_of(block: csr_array, first: int) -> Iterator[tuple[Longs, Floats]]:
    """Yield the columns, in any order, and the values of every row of a block, without the diagonal of the whole."""
    starts, columns, values = block.indptr.tolist(), block.indices, block.data
    for row, (start, end) in enumerate(pairwise(starts)):
        found = columns[start:end]
        other = found != first + row
        yield found[other].astype(np.int64), values[start:end][other].astype(np.float32)


def _strongest(row: Row, top: int) -> Row:
    """Return the `top` highest above zero, by rising column; of equals those with the smaller column."""
    columns, values, evidence = row
    if not len(values):
        return row
    if len(values) > top:
        bound = np.partition(values, len(values) - top)[len(values) - top]
        kept = np.flatnonzero(values > bound)
        ties = np.flatnonzero(values == bound)
        ties = ties[np.argsort(columns[ties])][: top - len(kept)]
        kept = np.concatenate((kept, ties))
        columns, values, evidence = columns[kept], values[kept], evidence[kept]
    order = np.argsort(columns)
    order = order[values[order] > 0]
    return columns[order], values[order], evidence[order]


def spread(interest: csr_array, neighbours: csr_array) -> Floats:
    """Return (B, N) `interest` (B, N) carried over to related items; -inf where nothing arrives."""
    return dense((interest @ neighbours).tocsr())


def dense(scores: csr_array) -> Floats:
    """Return sparse scores as (B, N) with -inf where nothing is stored."""
    out = np.full(scores.shape, -np.inf, np.float32)
    out[np.repeat(np.arange(scores.shape[0]), np.diff(scores.indptr)), scores.indices] = scores.data
    return out


def shares(interest: csr_array, neighbours: csr_array, item: int) -> list[tuple[int, float]]:
    """Return which items of one row of interest (1, N) speak for an item, each with its share."""
    sources = interest.indices.tolist()
    places = [entry(neighbours, source, item) for source in sources]
    found = [
        (source, float(strength * neighbours.data[place]))
        for source, strength, place in zip(sources, interest.data, places, strict=True)
        if place >= 0
    ]
    total = sum(value for _, value in found)
    return sorted(((source, value / total) for source, value in found), key=lambda pair: (-pair[1], pair[0]))


def packed(neighbours: csr_array) -> dict[str, NDArray[np.generic]]:
    """Return the arrays that keep a neighbour matrix in a file."""
    return {"data": neighbours.data, "columns": neighbours.indices, "starts": neighbours.indptr}


def unpacked(arrays: Mapping[str, NDArray[np.generic]], items: int) -> csr_array:
    """Return the neighbour matrix (N, N) that `packed` took apart."""
    return csr_array((arrays["data"], arrays["columns"], arrays["starts"]), shape=(items, items))


def entry(matrix: csr_array, row: int, column: int) -> int:
    """Return where a sparse matrix with sorted columns keeps an element, -1 when it does not."""
    start, end = matrix.indptr[row], matrix.indptr[row + 1]
    at = int(start + np.searchsorted(matrix.indices[start:end], column))
    return at if at < end and matrix.indices[at] == column else -1
