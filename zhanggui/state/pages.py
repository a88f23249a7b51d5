"""Rows of two numbers for many owners, in one large array: what each has grows a row at a time, and nothing moves.

Lists of their own would be allocated anew with each growth, thousands of them: the holes that they leave and the
places that they pin cost a busy server more than the rows themselves (benchmarks/memory.py).
"""

from array import array
from dataclasses import dataclass, field

import numpy as np

from zhanggui.core.interactions import Longs

_ROWS = 8
_FIRST = 4096


@dataclass(slots=True)
class Held:
    """The rows of one owner: `count` of them, `skipped` rows after the beginning of the first page."""

    pages: "array[int]" = field(default_factory=lambda: array("i"))
    skipped: int = 0
    count: int = 0

    def __len__(self) -> int:
        return self.count


class Pages:
    """Pages of eight rows, 128 bytes, given to owners and taken back. Not thread-safe.

    >>> pages, ours = Pages(), Held()
    >>> for n in range(3):
    ...     pages.append(ours, n, 10 * n)
    >>> pages.drop_first(ours)
    >>> pages.rows(ours).tolist()
    [[1, 10], [2, 20]]
    """

    def __init__(self) -> None:
        self._pages = np.empty((_FIRST, _ROWS, 2), np.int64)
        self._used = 0
        self._free = array("i")

    def rows(self, held: Held) -> Longs:
        """Return a copy of the rows of one owner, in order: (count, 2)."""
        rows = self._pages[np.array(held.pages, np.int32)].reshape(-1, 2)
        return rows[held.skipped : held.skipped + held.count]

    def append(self, held: Held, first: int, second: int) -> None:
        """Add a row behind the others."""
        page, row = divmod(held.skipped + held.count, _ROWS)
        if page == len(held.pages):
            held.pages.append(self._page())
        self._pages[held.pages[page], row] = first, second
        held.count += 1

    def drop_first(self, held: Held) -> None:
        """Let go of the first row."""
        held.skipped, held.count = held.skipped + 1, held.count - 1
        if held.skipped == _ROWS:
            self._free.append(held.pages.pop(0))
            held.skipped = 0

    def hold(self, rows: Longs) -> Held:
        """Return a new owner of these rows, (n, 2)."""
        held = Held(array("i", [self._page() for _ in range(-(-len(rows) // _ROWS))]), count=len(rows))
        padded = np.zeros((len(held.pages) * _ROWS, 2), np.int64)
        padded[: len(rows)] = rows
        self._pages[np.array(held.pages, np.int32)] = padded.reshape(-1, _ROWS, 2)
        return held

    def release(self, held: Held) -> None:
        """Take back the pages of an owner, who holds nothing from then on."""
        self._free.extend(held.pages)
        held.pages, held.skipped, held.count = array("i"), 0, 0

    def __len__(self) -> int:
        """Return how many pages have an owner."""
        return self._used - len(self._free)

    def _page(self) -> int:
        if self._free:
            return self._free.pop()
        if self._used == len(self._pages):
            larger = np.empty((2 * self._used, _ROWS, 2), np.int64)  # what is not written yet takes no memory
            larger[: self._used] = self._pages
            self._pages = larger
        self._used += 1
        return self._used - 1
