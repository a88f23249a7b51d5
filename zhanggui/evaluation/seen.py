"""Which items of a shopper's history may be on the page that is judged."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from zhanggui.core.interactions import Histories, Longs

Pairs = tuple[Longs, Longs]
"""Numbers of histories and rows of items, of equal length."""


class SeenPolicy(Protocol):
    """Say what must not be shown again. `note` is told beside every table made under it."""

    @property
    def note(self) -> str: ...

    def banned(self, histories: Histories) -> Pairs:
        """Return the (history, item) pairs that must not be shown."""
        ...


class AllSeen:
    """Nothing returns: pages of new items only."""

    note = "seen items are filtered"

    def banned(self, histories: Histories) -> Pairs:
        """Return every known item of every history."""
        return seen(histories, histories.item >= 0)


class NoneSeen:
    """Everything may return."""

    note = "seen items may return"

    def banned(self, histories: Histories) -> Pairs:
        """Return nothing."""
        return np.zeros(0, np.int64), np.zeros(0, np.int64)


def seen(histories: Histories, mask: NDArray[np.bool_]) -> Pairs:
    """Return history and item of the events of a mask (n,)."""
    rows = np.repeat(np.arange(len(histories)), np.diff(histories.starts))
    return rows[mask], histories.item[mask].astype(np.int64)
