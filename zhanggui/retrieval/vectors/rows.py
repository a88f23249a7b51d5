"""The seam of the vectors: rows have one, a query is asked of one state of them, and states are never changed."""

from collections.abc import Sequence
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from zhanggui.core.interactions import Floats, Ints, Longs

Flags = NDArray[np.bool_]
NO_FLOOR = -np.inf


class Asked(Protocol):
    """One query vector, asked of one state. Everything in one thread: requests do not fight for the cores."""

    def nearest(self, allowed: Flags, *, k: int, floor: float = NO_FLOOR) -> tuple[Longs, Floats]:
        """Return the k allowed rows of the highest cosines, none below `floor`, best first, and their cosines."""
        ...

    def cosines(self, rows: Longs) -> Floats:
        """Return the exact cosines of some rows: (len(rows),), NaN where a row has no vector."""
        ...

    def floor(self, *, deviations: float) -> float:
        """Return the cosine that lies so many standard deviations above the mean of all rows' cosines.

        A fixed cosine would not do: what is near differs by encoder, by language and by query. Where there are few
        rows none can lie far out, so less is asked: at most 0.35 · √n deviations, nothing at all of a single row.
        """
        ...


class VectorRows(Protocol):
    """Vectors of rows, as they are at one moment. Readers keep the state that they have; updates return another.

    Row r has the vector in place `slot[r]`, none where that is -1. Rows of the same vector share its place.
    """

    @property
    def dim(self) -> int: ...

    @property
    def slot(self) -> Ints: ...

    def put(self, rows: Sequence[int] | Longs, vectors: Floats) -> Self:
        """Return these and the vectors of other rows: (len(rows), dim)."""
        ...

    def drop(self, rows: Sequence[int] | Longs) -> Self:
        """Return these without the vectors of some rows."""
        ...

    def get(self, rows: Sequence[int] | Longs) -> Floats:
        """Return the vectors of rows that have one: (len(rows), dim)."""
        ...

    def ask(self, query: Floats) -> Asked:
        """Ask a unit vector (dim,)."""
        ...

    def since(self, earlier: "VectorRows") -> Longs:
        """Return the rows whose place is another than in an earlier state of the same kind (all, if in doubt)."""
        ...


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


def floor_of(cosines: Floats, *, rows: int, deviations: float) -> float:
    """Return the floor from the cosines of all rows, or of a fair sample of so many rows. See `Asked.floor`.

    >>> round(floor_of(np.array([0.8, 0.8, 0.8, 0.9], np.float32), rows=4, deviations=3), 3)
    0.855
    """
    if len(cosines) < 2:
        return NO_FLOOR
    asked = min(deviations, 0.35 * float(np.sqrt(rows)))
    return float(cosines.mean(dtype=np.float64) + asked * cosines.std(dtype=np.float64))


def resized(slot: Ints, n: int) -> Ints:
    """Return a copy of at least n places; new ones are -1."""
    grown = np.full(max(len(slot), n), -1, np.int32)
    grown[: len(slot)] = slot
    return grown
