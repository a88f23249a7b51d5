"""Exact nearest neighbours over rows, one stored vector for each distinct one (many products share their text).

Measured by `benchmarks/vector_index.py`: below 100,000 vectors a plain scan is fast enough, and exact.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import faiss
import numpy as np

from zhanggui.core.interactions import Floats, Ints, Longs
from zhanggui.retrieval.vectors.rows import NO_FLOOR, Flags, VectorRows, best, floor_of, resized

_FIRST = 1024


@dataclass(slots=True)
class _Shared:
    """What all versions share: a matrix that is only ever written behind their ends, and where vectors lie in it."""

    matrix: Floats
    slots: dict[bytes, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ExactRows:
    """Implements `VectorRows` by a scan of a matrix in fp32: row r has `matrix[slot[r]]`."""

    dim: int
    slot: Ints
    _shared: _Shared

    @classmethod
    def empty(cls, dim: int) -> "ExactRows":
        """Return no vectors of that many dimensions."""
        return cls(dim, np.zeros(0, np.int32), _Shared(np.zeros((_FIRST, dim), np.float32)))

    def put(self, rows: Sequence[int] | Longs, vectors: Floats) -> "ExactRows":
        """Return these and the vectors of other rows: (len(rows), dim)."""
        rows = np.asarray(rows, np.int64)
        vectors = np.ascontiguousarray(vectors, np.float32)
        used, live = len(self._shared.slots), int(np.count_nonzero(np.bincount(self.slot + 1)[1:]))
        base = self._compact() if used > live + max(_FIRST, live // 4) else self
        slots = [base._place(vector) for vector in vectors]
        grown = resized(base.slot, int(rows.max(initial=-1)) + 1)
        grown[rows] = slots
        return replace(base, slot=grown)

    def drop(self, rows: Sequence[int] | Longs) -> "ExactRows":
        """Return these without the vectors of some rows."""
        rows = np.asarray(rows, np.int64)
        known = rows[rows < len(self.slot)]
        if not len(known):
            return self
        slot = self.slot.copy()
        slot[known] = -1
        return replace(self, slot=slot)

    def get(self, rows: Sequence[int] | Longs) -> Floats:
        """Return the vectors of rows that have one: (len(rows), dim)."""
        return np.asarray(self._shared.matrix[self.slot[np.asarray(rows, np.int64)]])

    def ask(self, query: Floats) -> "ExactAsked":
        """Ask a unit vector (dim,)."""
        used = int(self.slot.max(initial=-1)) + 1
        values = np.append(products(self._shared.matrix[:used], query), np.float32(np.nan))
        return ExactAsked(values[self.slot])  # slot -1 reads the last: NaN

    def since(self, earlier: VectorRows) -> Longs:
        """Return the rows whose place is another now."""
        if not isinstance(earlier, ExactRows) or earlier._shared is not self._shared:
            return np.arange(max(len(self.slot), len(earlier.slot)))
        n = max(len(self.slot), len(earlier.slot))
        return np.flatnonzero(resized(self.slot, n) != resized(earlier.slot, n))

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

    def _compact(self) -> "ExactRows":
        """Return the same vectors in a matrix of their own, without those that nobody has any more."""
        fresh = ExactRows.empty(self.dim)
        rows = np.flatnonzero(self.slot >= 0)
        if not len(rows):
            return replace(fresh, slot=self.slot)
        slots = [fresh._place(vector) for vector in self._shared.matrix[self.slot[rows]]]
        slot = np.full(len(self.slot), -1, np.int32)
        slot[rows] = slots
        return replace(fresh, slot=slot)


@dataclass(frozen=True, slots=True)
class ExactAsked:
    """Implements `Asked` by the cosines of all rows: (n,), NaN where a row has no vector."""

    all: Floats

    def nearest(self, allowed: Flags, *, k: int, floor: float = NO_FLOOR) -> tuple[Longs, Floats]:
        """Return the k best of the allowed rows and their cosines."""
        n = min(len(self.all), len(allowed))
        enough = self.all[:n] >= np.float64(floor)
        rows = best(self.all[:n], allowed[:n] & enough, k=k)
        return rows, self.all[rows]

    def cosines(self, rows: Longs) -> Floats:
        """Return the cosines of some rows."""
        known = np.flatnonzero(rows < len(self.all))
        values = np.full(len(rows), np.nan, np.float32)
        values[known] = self.all[rows[known]]
        return values

    def floor(self, *, deviations: float) -> float:
        """Return the mean and so many standard deviations of all cosines."""
        known = self.all[~np.isnan(self.all)]
        return floor_of(known, rows=len(known), deviations=deviations)


def products(matrix: Floats, query: Floats) -> Floats:
    """Return matrix @ query by the scan of faiss: one thread, so that requests do not fight for the cores."""
    values = np.empty(len(matrix), np.float32)
    query = np.ascontiguousarray(query, np.float32)
    if len(matrix):
        faiss.fvec_inner_products_ny(  # type: ignore[attr-defined]
            faiss.swig_ptr(values), faiss.swig_ptr(query), faiss.swig_ptr(matrix), matrix.shape[1], len(matrix)
        )
    return values
