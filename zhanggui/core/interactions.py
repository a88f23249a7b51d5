"""Behaviour as columns: what models learn from and are asked with."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from zhanggui.core.ids import ItemId, UserId

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]


class Vocabulary:
    """Ids in a fixed order and the way back from an id to its row.

    >>> words = Vocabulary(["tea", "mug"])
    >>> words.row("mug"), words.row("cup"), words.ids[0], len(words)
    (1, -1, 'tea', 2)
    """

    def __init__(self, ids: Iterable[str]) -> None:
        self.ids: tuple[str, ...] = tuple(ids)
        self._rows = {name: row for row, name in enumerate(self.ids)}

    def row(self, name: str) -> int:
        """Return the row of an id, or -1."""
        return self._rows.get(name, -1)

    def rows(self, names: Iterable[str]) -> Ints:
        """Return the rows of many ids, -1 where unknown."""
        return np.fromiter((self._rows.get(name, -1) for name in names), np.int32)

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class Interactions:
    """An event log as columns of equal length n, sorted by (user, time, order of arrival).

    `user` and `item` are rows of `users` and `items`; `type` is `EventType.code`; `time` is in milliseconds (UTC);
    `basket` numbers the order (else the session) that an event belongs to, -1 for none.
    `items` may hold more ids than occur (a catalogue); the order of ids is stable, so that seeds reproduce.
    """

    users: Vocabulary
    items: Vocabulary
    user: Ints
    item: Ints
    time: Longs
    type: Bytes
    basket: Longs

    def __len__(self) -> int:
        return len(self.user)

    def where(self, mask: NDArray[np.bool_]) -> "Interactions":
        """Return the rows of a mask, with the same vocabularies."""
        return Interactions(
            self.users,
            self.items,
            self.user[mask],
            self.item[mask],
            self.time[mask],
            self.type[mask],
            self.basket[mask],
        )

    def histories(self) -> "Histories":
        """Return one history per row of `users`, possibly empty, each in time order."""
        starts = np.searchsorted(self.user, np.arange(len(self.users) + 1)).astype(np.int64)
        return Histories(starts, self.item, self.time, self.type)


@dataclass(frozen=True, slots=True)
class Histories:
    """A ragged batch of B histories: history b is the slice `starts[b]:starts[b+1]` of the columns, oldest first.

    `item` holds rows of the vocabulary that the model was fitted on.
    """

    starts: Longs
    item: Ints
    time: Longs
    type: Bytes

    def __len__(self) -> int:
        return len(self.starts) - 1

    def slice(self, first: int, last: int) -> "Histories":
        """Return histories first..last-1 (the columns are views)."""
        start, end = self.starts[first], self.starts[last]
        return Histories(
            self.starts[first : last + 1] - start, self.item[start:end], self.time[start:end], self.type[start:end]
        )

    def take(self, rows: Longs | Ints) -> "Histories":
        """Return the histories of these rows, in this order."""
        lengths = (self.starts[1:] - self.starts[:-1])[rows]
        starts = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
        index = np.arange(starts[-1]) - np.repeat(starts[:-1] - self.starts[:-1][rows], lengths)
        return Histories(starts, self.item[index], self.time[index], self.type[index])

    @classmethod
    def of(cls, items: Sequence[int], *, times: Sequence[int] = (), types: Sequence[int] = ()) -> "Histories":
        """Return a batch of one history. Without `times` the order alone tells; without `types` all are views."""
        n = len(items)
        return cls(
            np.array([0, n], np.int64),
            np.asarray(items, np.int32),
            np.asarray(times if len(times) else range(n), np.int64),
            np.asarray(types if len(types) else [0] * n, np.uint8),
        )


@dataclass(frozen=True, slots=True)
class Split:
    """A question to recommenders: fit on `train`, see `histories`, guess `targets`.

    Row b of `histories` and of `targets` (both over `train.items`) belong to user `users[b]`. A target that training
    never saw has row -1 and counts as a miss. `targets` hold the order of time within a row.
    """

    name: str
    train: Interactions
    users: tuple[UserId, ...]
    histories: Histories
    targets: Histories
    note: str = ""


@dataclass(frozen=True, slots=True)
class Judgments:
    """Queries and graded answers: `grades[query_id][item_id]`, 0 and up."""

    queries: dict[str, str] = field(default_factory=dict)
    grades: dict[str, dict[ItemId, float]] = field(default_factory=dict)
