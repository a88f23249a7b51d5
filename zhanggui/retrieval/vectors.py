"""Exact nearest neighbours over rows, one stored vector for each distinct one (many products share their text).

Measured by `benchmarks/vector_scan.py`: below 100,000 vectors a plain scan is fast enough, and exact.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import faiss
import numpy as np
from numpy.typing import NDArray

from zhanggui.core.interactions import Floats, Ints, Longs

Flags = NDArray[np.bool_]
_FIRST = 1024


@dataclass(slots=True)
class _Shared:
    """What all versions share: a matrix that is only ever written behind their ends, and where vectors lie in it."""

    matrix: Floats
    slots: dict[bytes, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RowVectors:
    """Vectors of rows: row r has `matrix[slot[r]]`, none where its slot is -1. Never changed: updates make new ones."""

    dim: int
    slot: Ints
    _shared: _Shared

    @classmethod
    def empty(cls, dim: int) -> "RowVectors":
        """Return no vectors of that many dimensions."""
        return cls(dim, np.zeros(0, np.int32), _Shared(np.zeros((_FIRST, dim), np.float32)))

    def put(self, rows: Sequence[int], vectors: Floats) -> "RowVectors":
        """Return these and the vectors of other rows: (len(rows), dim)."""
        vectors = np.ascontiguousarray(vectors, np.float32)
        used, live = len(self._shared.slots), np.count_nonzero(np.bincount(self.slot + 1)[1:])
        base = self._compact() if used > 2 * live + _FIRST else self
        slots = [base._place(vector) for vector in vectors]
        grown = np.full(max(len(self.slot), max(rows, default=-1) + 1), -1, np.int32)
        grown[: len(base.slot)] = base.slot
        grown[np.asarray(rows, np.int64)] = slots
        return replace(base, slot=grown)

    def drop(self, rows: Sequence[int]) -> "RowVectors":
        """Return these without the vectors of some rows."""
        known = [row for row in rows if row < len(self.slot)]
        if not known:
            return self
        slot = self.slot.copy()
        slot[known] = -1
        return replace(self, slot=slot)

    def get(self, row: int) -> Floats | None:
        """Return the vector of a row, or None."""
        slot = self.slot[row] if row < len(self.slot) else -1
        return self._shared.matrix[slot].copy() if slot >= 0 else None

    def cosines(self, query: Floats, n: int) -> Floats:
        """Return the dot product of a vector (dim,) with each of the first n rows: (n,), NaN where a row has none."""
        scores = np.full(n, np.nan, np.float32)
        slot = self.slot[:n]
        used = int(slot.max(initial=-1)) + 1
        products = np.append(_products(self._shared.matrix[:used], query), np.float32(np.nan))
        scores[: len(slot)] = products[slot]  # slot -1 reads the last: NaN
        return scores

    def _place(self, vector: Floats) -> int:
        key = hashlib.blake2b(vector.tobytes(), digest_size=16).digest()
        slot = self._shared.slots.get(key)
        if slot is None:
            slot = len(self._shared.slots)
            if slot == len(self._shared.matrix):
                self._shared.matrix = np.concatenate((self._shared.matrix, np.zeros_like(self._shared.matrix)))
            self._shared.matrix[slot] = vector
            self._shared.slots[key] = slot
        return slot

    def _compact(self) -> "RowVectors":
        """Return the same vectors in a matrix of their own, without those that nobody has any more."""
        fresh = RowVectors.empty(self.dim)
        rows = np.flatnonzero(self.slot >= 0)
        if not len(rows):
            return replace(fresh, slot=self.slot)
        slots = [fresh._place(vector) for vector in self._shared.matrix[self.slot[rows]]]
        slot = np.full(len(self.slot), -1, np.int32)
        slot[rows] = slots
        return replace(fresh, slot=slot)


def standing_out(cosines: Floats, *, deviations: float) -> Flags:
    """Return which rows lie so many standard deviations above the mean of all: (n,); NaN never does.

    A fixed cosine would not do: what is near differs by encoder, by language and by query. Where there are few rows
    none can lie far out, so less is asked of them: at most 0.35 · √n.

    >>> standing_out(np.array([0.8, 0.8, 0.8, 0.9, np.nan], np.float32), deviations=3).tolist()
    [False, False, False, True, False]
    """
    known = cosines[~np.isnan(cosines)]
    if len(known) < 2:
        return ~np.isnan(cosines)
    asked = min(deviations, 0.35 * float(np.sqrt(len(known))))
    return np.asarray(cosines >= known.mean(dtype=np.float64) + asked * known.std(dtype=np.float64))


def _products(matrix: Floats, query: Floats) -> Floats:
    """Return matrix @ query by the scan of faiss: one thread, so that requests do not fight for the cores."""
    products = np.empty(len(matrix), np.float32)
    query = np.ascontiguousarray(query, np.float32)
    if len(matrix):
        faiss.fvec_inner_products_ny(  # type: ignore[attr-defined]
            faiss.swig_ptr(products), faiss.swig_ptr(query), faiss.swig_ptr(matrix), matrix.shape[1], len(matrix)
        )
    return products


def best(scores: Floats, allowed: Flags, *, k: int) -> Longs:
    """Return the k allowed rows of the highest scores, best first, ties by row; NaN is never among them.

    >>> best(np.array([0.5, 0.9, np.nan, 0.9], np.float32), np.ones(4, bool), k=2).tolist()
    [1, 3]
    """
    rows = np.flatnonzero(allowed & ~np.isnan(scores))
    values = scores[rows]
    if len(rows) > k > 0:
        kept = values >= np.partition(values, len(values) - k)[len(values) - k]
        rows, values = rows[kept], values[kept]
    return rows[np.argsort(-values, kind="stable")][:k]
