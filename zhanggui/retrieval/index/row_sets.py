"""Which rows have a word that many rows have: asked once, kept as bits, brought up to date by the rows that changed.

Tantivy finds 200,000 rows in a millisecond but takes a hundred to hand them over. So what a broad word finds is kept, a
bit a row, with the version of the index that it is true of. Later it is asked again only of the rows written since:
tantivy alone decides what matches, whatever is kept.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhanggui.core.interactions import Longs
from zhanggui.retrieval.index.columns import Flags
from zhanggui.retrieval.index.schema import QueryMaker
from zhanggui.retrieval.index.text_store import Searcher
from zhanggui.retrieval.text.query import Unit

BYTES = 160_000_000
_WORTH = 1000
"""Fewer rows than this are asked for every time."""

_ASKED_AGAIN = 1024
"""After so many rows written, everything kept is brought up to date; more at once, and it is forgotten."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What readers see of the text: a searcher, its version, and the number of rows."""

    searcher: Searcher
    version: int
    rows: int


@dataclass(frozen=True, slots=True)
class _Kept:
    version: int
    bits: NDArray[np.uint8]


class RowSets:
    """The rows of units. Safe to call from many threads; one writes."""

    def __init__(self, make: QueryMaker, *, size: int = BYTES) -> None:
        self._make, self._size = make, size
        self._lock = threading.Lock()
        self._kept: OrderedDict[Unit, _Kept] = OrderedDict()
        self._bytes = 0
        self._log: list[Longs] = []
        self._first = 0

    def room(self, rows: int) -> int:
        """Return how many units can be kept at a time, of so many rows each."""
        return self._size // max(1, -(-rows // 8))

    def __contains__(self, unit: object) -> bool:
        """Whether the rows of a unit are kept."""
        with self._lock:
            return unit in self._kept

    def written(self, rows: Longs) -> int:
        """Note rows whose documents were replaced; return the version of the index that has the new ones."""
        with self._lock:
            self._log.append(rows)
            return self._first + len(self._log)

    def tidy(self, now: Snapshot) -> None:
        """Shorten the log of what was written, by the writer, now and then."""
        with self._lock:
            waiting, units = sum(map(len, self._log)), list(self._kept)
        if waiting < _ASKED_AGAIN:
            return
        if waiting < 4 * _ASKED_AGAIN:
            for unit in units:
                self.mask(now, unit)
        with self._lock:
            self._first, self._log = self._first + len(self._log), []
            for unit in [unit for unit, kept in self._kept.items() if kept.version < self._first]:
                self._drop(unit)

    def mask(self, now: Snapshot, unit: Unit) -> Flags:
        """Return which rows have a unit: (n,)."""
        with self._lock:
            kept = self._kept.get(unit)
            changed = self._between(kept.version, now.version) if kept else None
            if kept:
                self._kept.move_to_end(unit)
        if kept is None or changed is None:
            mask = _mask(now.searcher.rows(self._make.only(unit)), now.rows)
        else:
            mask = np.unpackbits(kept.bits, count=now.rows).view(np.bool_)
            changed = changed[changed < now.rows]
            if len(changed):
                mask[changed] = False
                mask[now.searcher.rows(self._make.only(unit, rows=changed.tolist()))] = True
        if (kept is None or kept.version < now.version) and np.count_nonzero(mask) >= _WORTH:
            self._keep(unit, _Kept(now.version, np.packbits(mask)))
        return mask

    def _between(self, one: int, other: int) -> Longs | None:
        """Return the rows written between two versions, None when that is forgotten."""
        first, last = min(one, other) - self._first, max(one, other) - self._first
        if first < 0:
            return None
        return np.unique(np.concatenate([np.zeros(0, np.int64), *self._log[first:last]]))

    def _keep(self, unit: Unit, kept: _Kept) -> None:
        with self._lock:
            self._drop(unit)
            self._kept[unit] = kept
            self._bytes += len(kept.bits)
            while self._bytes > self._size:
                self._drop(next(iter(self._kept)))

    def _drop(self, unit: Unit) -> None:
        if old := self._kept.pop(unit, None):
            self._bytes -= len(old.bits)


def _mask(rows: Longs, n: int) -> Flags:
    mask = np.zeros(n, np.bool_)
    mask[rows] = True
    return mask
