"""Several codes for each row (the values of its attributes), in a pool that only grows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhanggui.core.interactions import Ints, Longs
from zhanggui.retrieval.index.growing import appended, replaced

_SPARE = 4096
_MANY = 8
"""From one row in so many on, all codes are looked at, else only those of the rows asked for."""


@dataclass(frozen=True, slots=True)
class Ragged:
    """Row r of n has `codes[starts[r] : starts[r] + lengths[r]]`, each once; `owners` are the rows of all codes.

    `dead` are the places of codes that their row has no more; when they become many, the pool is made anew.
    """

    starts: Longs
    lengths: Ints
    codes: Ints
    owners: Ints
    dead: Longs

    @classmethod
    def flat(cls, lengths: Ints, codes: Ints) -> "Ragged":
        """Return rows that have so many codes each, one after the other."""
        starts = np.cumsum(lengths, dtype=np.int64) - lengths
        owners = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
        return cls(starts, lengths, codes, owners, np.zeros(0, np.int64))

    def __len__(self) -> int:
        return len(self.starts)

    def of(self, rows: Longs) -> Ints:
        """Return the codes of these rows, one after the other."""
        return np.asarray(self.codes[_spread(self.starts[rows], self.lengths[rows])])

    def holding(self, codes: Sequence[int]) -> NDArray[np.bool_]:
        """Return which rows have one of these codes: (n,)."""
        at = np.flatnonzero(np.isin(self.codes, np.array(codes, np.int32)))
        rows = self.owners[at]
        alive = (at >= self.starts[rows]) & (at < self.starts[rows] + self.lengths[rows])
        mask = np.zeros(len(self), np.bool_)
        mask[rows[alive]] = True
        return mask

    def counts(self, rows: Longs, size: int) -> tuple[Longs, Longs]:
        """Return the codes below `size` that these rows have and how many of them have each."""
        if len(rows) * _MANY < len(self):
            return tallied(self.of(rows), size)
        asked = np.zeros(len(self), np.bool_)
        asked[rows] = True
        all_of_them = len(rows) == len(self)
        totals = np.bincount(self.codes if all_of_them else self.codes[asked[self.owners]], minlength=size)
        gone = self.dead[asked[self.owners[self.dead]]]
        totals = totals - np.bincount(self.codes[gone], minlength=size)
        found = np.flatnonzero(totals)
        return found, totals[found]

    def put(self, n: int, rows: Longs, values: Sequence[list[int]]) -> "Ragged":
        """Return n rows, these with other codes."""
        changed = [at for at, row in enumerate(rows.tolist()) if row >= len(self) or self._codes(row) != values[at]]
        rows, values = rows[changed], [values[at] for at in changed]
        lengths = np.array([len(codes) for codes in values], np.int32)
        starts = len(self.codes) + np.cumsum(lengths, dtype=np.int64) - lengths
        old = rows[rows < len(self)]
        grown = Ragged(
            replaced(self.starts, n, rows, starts, 0),
            replaced(self.lengths, n, rows, lengths, 0),
            appended(self.codes, np.array([code for codes in values for code in codes], np.int32)),
            appended(self.owners, np.repeat(rows.astype(np.int32), lengths)),
            appended(self.dead, _spread(self.starts[old], self.lengths[old])),
        )
        return grown.compact() if len(grown.dead) > _SPARE + len(grown.codes) // 2 else grown

    def compact(self) -> "Ragged":
        """Return the same without codes that no row has."""
        return Ragged.flat(self.lengths, self.of(np.arange(len(self))))

    def _codes(self, row: int) -> list[int]:
        start = int(self.starts[row])
        found: list[int] = self.codes[start : start + int(self.lengths[row])].tolist()
        return found


def tallied(codes: Ints, size: int) -> tuple[Longs, Longs]:
    """Return the codes from 0 on and below `size` that occur and how often: by sorting few, by counting many.

    >>> tallied(np.array([3, 1, 3, -1], np.int32), 9)
    (array([1, 3]), array([1, 2]))
    """
    if len(codes) * _MANY < size:
        few, counts = np.unique(codes[codes >= 0], return_counts=True)
        return few.astype(np.int64), counts.astype(np.int64)
    totals = np.bincount(codes + 1, minlength=size + 1)[1:]
    found = np.flatnonzero(totals)
    return found, totals[found]


def _spread(starts: Longs, lengths: Ints) -> Longs:
    """Return start, start + 1, … of each length, one after the other."""
    ends = np.cumsum(lengths, dtype=np.int64)
    return np.arange(ends[-1] if len(ends) else 0) + np.repeat(starts - ends + lengths, lengths)
