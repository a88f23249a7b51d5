"""What comes after what: neighbours with a direction."""

from collections.abc import Iterator
from pathlib import Path
from typing import Self

import numpy as np
from scipy.sparse import coo_array, csr_array, diags_array

from zhanggui.core.errors import NotFittedError
from zhanggui.core.interactions import Floats, Histories, Interactions
from zhanggui.models.files import read, write
from zhanggui.models.neighbours import Row, blocks, gathered, packed, rows_of, shares, spread, unpacked
from zhanggui.models.profile import fading, latest, profile, row_of_event, sparse, steps_back
from zhanggui.models.weights import unit, weight

_LATEST = 200
"""How many events of a history are compared with each other."""


class SequenceKnn:
    """Score an item by how often it followed those of the history, and by its cosine to them.

    An item that came s moments after another counts `decay` ** (s - 1) for it, within `window` events; at one moment
    (a basket) both count for each other. Counts are divided by the root of the earlier item's shoppers plus
    `shrinkage`, and `undirected` times the cosine is added. In a history, an item that lies s moments back counts
    `decay` ** s. Close to the session-based neighbours of Garg et al. (SIGIR 2019), over items instead of sessions.
    """

    name = "sequence_knn"

    def __init__(
        self, *, top: int = 200, decay: float = 0.65, window: int = 20, undirected: float = 0.7, shrinkage: float = 5.0
    ) -> None:
        self.top = top
        self.decay = decay
        self.window = window
        self.undirected = undirected
        self.shrinkage = shrinkage

    def fit(self, log: Interactions) -> Self:
        """Count what followed what; a second call forgets the first."""
        self.unit_ = unit(log.type)
        self.items_ = log.items
        self.neighbours_, _ = gathered(self._rows(log.histories()), top=self.top)
        return self

    def score(self, histories: Histories) -> Floats:
        """Return (B, N), -inf for items that are no neighbour of any in the history."""
        return spread(self._interest(histories), self.neighbours_)

    def because(self, history: Histories, item: int) -> list[tuple[int, float]]:
        """Return which items of a single history speak for an item, with their shares, strongest first."""
        return shares(self._interest(history), self.neighbours_, item)

    def save(self, path: Path) -> None:
        """Write one `.npz`."""
        if not hasattr(self, "neighbours_"):
            raise NotFittedError(self)
        settings = {
            "top": self.top,
            "decay": self.decay,
            "window": self.window,
            "undirected": self.undirected,
            "shrinkage": self.shrinkage,
        }
        write(path, self.name, self.items_, settings, {"unit": np.array(self.unit_), **packed(self.neighbours_)})

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote."""
        items, settings, arrays = read(path, cls.name)
        model = cls(**settings)  # type: ignore[arg-type]
        model.items_, model.neighbours_ = items, unpacked(arrays, len(items))
        model.unit_ = float(arrays["unit"])
        return model

    def _interest(self, histories: Histories) -> csr_array:
        if not hasattr(self, "neighbours_"):
            raise NotFittedError(self)
        return profile(histories, len(self.items_), unit=self.unit_, fade=fading(histories, self.decay))

    def _rows(self, histories: Histories) -> Iterator[Row]:
        histories = latest(histories, most=_LATEST)
        shoppers = profile(histories, len(self.items_), unit=self.unit_)
        norms = np.sqrt(np.asarray(shoppers.power(2).sum(axis=0), np.float32)).clip(1e-6)
        directed = diags_array(1 / np.sqrt(norms**2 + np.float32(self.shrinkage))) @ self._followers(histories)
        for first, shared in blocks(shoppers):
            likeness = diags_array(1 / norms[first : first + shared.shape[0]]) @ shared @ diags_array(1 / norms)
            both = directed[first : first + shared.shape[0]] + np.float32(self.undirected) * likeness
            for columns, values in rows_of(both.tocsr(), first):
                yield columns, values, values

    def _followers(self, histories: Histories) -> csr_array:
        """Return (N, N): for every item how often, faded, others came after it (or with it)."""
        strength = weight(histories.type) / np.float32(self.unit_)
        kept = np.flatnonzero((strength > 0) & (histories.item >= 0))
        columns = (row_of_event(histories), steps_back(histories), histories.item)
        user, back, goods = (column[kept] for column in columns)
        strength = strength[kept]
        faded = np.power(np.float32(self.decay), np.arange(-1, self.window + 1)).clip(max=1)
        items = len(self.items_)
        total = sparse(np.zeros(0, np.int64), np.zeros(0, np.float32), (items, items))
        for distance in range(1, self.window + 1):
            place = np.flatnonzero((user[:-distance] == user[distance:]) & (goods[:-distance] != goods[distance:]))
            other = place + distance
            lag = back[place] - back[other]
            counts = strength[other] * strength[place] * faded[lag]
            with_it = lag == 0
            pairs = (
                np.concatenate((goods[place], goods[other[with_it]])),
                np.concatenate((goods[other], goods[place[with_it]])),
            )
            values = np.concatenate((counts, counts[with_it]))
            total = total + coo_array((values.astype(np.float32), pairs), shape=(items, items)).tocsr()
        return total
