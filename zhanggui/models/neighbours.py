"""Sparse lists of related items, and how the interest in some items spreads to others."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from zhanggui.core.interactions import Floats, Ints, Longs

_WORK = 20_000_000
"""Multiplications a block of a product may cost: bounds memory at about a quarter of a gigabyte."""


def related(
    left: csr_array, right: csr_array, *, top: int, value: Callable[[csr_array, int], Floats]
) -> tuple[csr_array, Floats]:
    """Return the `top` neighbours of every row of `left @ right`, (N, N), and the products behind them, (nnz,).

    `value(block, first)` turns the products of a block of rows, whose first is `first` and which has no diagonal, into
    similarities (block.nnz,); what is not above zero is dropped.
    """
    parts = [_part(left, right, first, last, top, value) for first, last in _blocks(left, right)]
    data, products, columns, counts = (np.concatenate(column) for column in zip(*parts, strict=True))
    starts = np.concatenate(([0], np.cumsum(counts)))
    return csr_array((data, columns, starts), shape=(left.shape[0], right.shape[1])), products


def strongest(values: Floats, starts: Longs | Ints, *, top: int) -> NDArray[np.bool_]:
    """Mark the `top` largest positive values of every slice `starts[r]:starts[r+1]`; ties go to the first."""
    kept = np.asarray(values > 0)
    crowded = np.flatnonzero(np.diff(starts) > top)
    for start, end in zip(starts[crowded].tolist(), starts[crowded + 1].tolist(), strict=True):
        kept[start:end] &= _largest(values[start:end], top)
    return kept


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


def _part(
    left: csr_array, right: csr_array, first: int, last: int, top: int, value: Callable[[csr_array, int], Floats]
) -> tuple[Floats, Floats, NDArray[np.int32], Longs]:
    block = _without_diagonal((left[first:last] @ right).tocsr(), first)
    scored = value(block, first)
    kept = strongest(scored, block.indptr, top=top)
    counts = np.diff(np.concatenate(([0], np.cumsum(kept)))[block.indptr])
    return (
        scored[kept].astype(np.float32),
        block.data[kept].astype(np.float32),
        block.indices[kept].astype(np.int32),
        counts,
    )


def _without_diagonal(block: csr_array, first: int) -> csr_array:
    block.sort_indices()
    kept = block.indices != np.repeat(np.arange(first, first + block.shape[0]), np.diff(block.indptr))
    starts = np.concatenate(([0], np.cumsum(kept)))[block.indptr]
    return csr_array((block.data[kept], block.indices[kept], starts), shape=block.shape)


def _blocks(left: csr_array, right: csr_array) -> Iterator[tuple[int, int]]:
    """Yield ranges of rows whose products cost about the same; at least one, also when there is nothing."""
    ones = csr_array((np.ones(left.nnz), left.indices, left.indptr), shape=left.shape)
    work = np.cumsum(ones @ np.diff(right.indptr).astype(np.float64))
    total = float(work[-1]) if len(work) else 0.0
    cuts = np.searchsorted(work, np.arange(_WORK, total, _WORK)) + 1
    edges = [0, *np.unique(cuts[cuts < left.shape[0]]).tolist(), left.shape[0]]
    yield from zip(edges[:-1], edges[1:], strict=True)


def _largest(values: Floats, top: int) -> NDArray[np.bool_]:
    bound = np.partition(values, len(values) - top)[len(values) - top]
    kept = np.asarray(values > bound)
    kept[np.flatnonzero(values == bound)[: top - int(kept.sum())]] = True
    return kept
