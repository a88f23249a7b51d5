"""Bought together: items that shared a basket, with the number of shoppers who put them there."""

from collections.abc import Iterator
from pathlib import Path
from typing import Self

import numpy as np
from scipy.sparse import csr_array

from zhanggui.core.errors import NotFittedError
from zhanggui.core.event import EventType
from zhanggui.core.ids import DAY
from zhanggui.core.interactions import Floats, Histories, Interactions, Longs
from zhanggui.models.files import read, write
from zhanggui.models.neighbours import BLOCK, Row, entry, gathered, packed, rows_of, shares, spread, unpacked
from zhanggui.models.profile import fading, profile, sparse


class BasketKnn:
    """Score an item by the shoppers who bought it together with those of the history, as a cosine with shrinkage.

    Only purchases count. Those without an order id are taken as one basket a day and shopper. A pair counts once for
    each shopper, however often they repeat it. Baskets of more than `largest` items say little and are left out;
    `left_out_` counts them. Linden et al., item-to-item (IEEE Internet Computing, 2003).
    """

    name = "bought_together"

    def __init__(self, *, top: int = 100, shrinkage: float = 10.0, largest: int = 300, decay: float = 0.9) -> None:
        self.top = top
        self.shrinkage = shrinkage
        self.largest = largest
        self.decay = decay

    def fit(self, log: Interactions) -> Self:
        """Count pairs in baskets; a second call forgets the first."""
        bought = log.where(log.type == EventType.PURCHASE.code)
        self.items_ = log.items
        self.neighbours_, self.together_ = gathered(self._rows(bought), top=self.top)
        return self

    def score(self, histories: Histories) -> Floats:
        """Return (B, N), -inf for what never shared a basket with any item of the history."""
        return spread(self._interest(histories), self.neighbours_)

    def because(self, history: Histories, item: int) -> list[tuple[int, float]]:
        """Return which items of a single history speak for an item, with their shares, strongest first."""
        return shares(self._interest(history), self.neighbours_, item)

    def shoppers(self, one: int, other: int) -> int:
        """Return how many shoppers bought both in one basket; 0 when they are no neighbours."""
        at = entry(self.neighbours_, one, other)
        return round(float(self.together_[at])) if at >= 0 else 0

    def save(self, path: Path) -> None:
        """Write one `.npz`."""
        if not hasattr(self, "neighbours_"):
            raise NotFittedError(self)
        settings = {"top": self.top, "shrinkage": self.shrinkage, "largest": self.largest, "decay": self.decay}
        arrays = {**packed(self.neighbours_), "together": self.together_, "left_out": np.array(self.left_out_)}
        write(path, self.name, self.items_, settings, arrays)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote."""
        items, settings, arrays = read(path, cls.name)
        model = cls(**settings)  # type: ignore[arg-type]
        model.items_, model.neighbours_ = items, unpacked(arrays, len(items))
        model.together_, model.left_out_ = arrays["together"].astype(np.float32), int(arrays["left_out"])
        return model

    def _interest(self, histories: Histories) -> csr_array:
        if not hasattr(self, "neighbours_"):
            raise NotFittedError(self)
        return profile(histories, len(self.items_), fade=fading(histories, self.decay))

    def _rows(self, bought: Interactions) -> Iterator[Row]:
        items = len(bought.items)
        norms = np.sqrt(np.asarray(profile(bought.histories(), items).sum(axis=0), np.float32))
        for item, (columns, counts) in enumerate(self._pairs(bought)):
            yield columns, counts / (norms[item] * norms[columns] + np.float32(self.shrinkage)), counts

    def _pairs(self, bought: Interactions) -> Iterator[tuple[Longs, Floats]]:
        """Yield for every item what shared a basket with it, and the number of shoppers who put both in one."""
        items = len(bought.items)
        number, owner = _baskets(bought)
        lines = np.unique(number * items + bought.item)
        content = sparse(lines, np.ones(len(lines), np.float32), (len(owner), items))
        size = np.diff(content.indptr)
        self.left_out_ = int((size > self.largest).sum())
        content.data[np.repeat(size > self.largest, size)] = 0
        content.eliminate_zeros()
        holders = content.T.tocsr()
        for first in range(0, items, BLOCK):
            yield from rows_of(_once_a_shopper(holders[first : first + BLOCK], content, owner), first)


def _baskets(log: Interactions) -> tuple[Longs, Longs]:
    """Return the basket of every event (n,) and the shopper of every basket; numbers rise with the shopper.

    A basket is what one shopper bought by one order, or on one day (UTC) where there is no order.
    """
    day = np.where(log.basket >= 0, -1, log.time // DAY)
    order = np.lexsort((day, log.basket, log.user))
    turns = np.zeros(len(log), np.int64)
    for column in (log.user, log.basket, day):
        turns[1:] |= np.diff(column[order]) != 0
    number = np.empty(len(log), np.int64)
    number[order] = np.cumsum(turns)
    return number, log.user[order][np.flatnonzero(np.diff(np.cumsum(turns), prepend=-1))].astype(np.int64)


def _once_a_shopper(holders: csr_array, content: csr_array, owner: Longs) -> csr_array:
    """Return (n, N): for n items, how many shoppers put each other item into a basket with it.

    `holders` (n, baskets) and `content` (baskets, N) say what lies where, `owner` (baskets,) whose it is. The baskets
    of a shopper follow each other, so that the baskets of one item and one shopper are a run in a row of `holders`.
    """
    rows = np.repeat(np.arange(holders.shape[0]), np.diff(holders.indptr))
    owners = owner[holders.indices]
    runs = np.flatnonzero((np.diff(rows, prepend=-1) != 0) | (np.diff(owners, prepend=-1) != 0))
    starts = np.append(runs, holders.nnz)
    shared = csr_array((holders.data, holders.indices, starts), shape=(len(runs), content.shape[0])) @ content
    shared.data[:] = 1
    ends = np.searchsorted(runs, holders.indptr)
    runs_of_item = csr_array(
        (np.ones(len(runs), np.float32), np.arange(len(runs)), ends), shape=(holders.shape[0], len(runs))
    )
    counts: csr_array = (runs_of_item @ shared).tocsr()
    return counts
