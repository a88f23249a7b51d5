"""Items that the same shoppers wanted: neighbours by cosine."""

from collections.abc import Iterator
from pathlib import Path
from typing import Self

import numpy as np
from scipy.sparse import csr_array

from zhanggui.core.errors import NotFittedError
from zhanggui.core.interactions import Floats, Histories, Interactions
from zhanggui.models.files import read, write
from zhanggui.models.neighbours import Row, entry, gathered, packed, shares, spread, together, unpacked
from zhanggui.models.profile import fading, latest, profile
from zhanggui.models.weights import unit

_LATEST = 500
"""How many events of a history are compared with each other."""


class ItemKnn:
    """Score an item by its likeness to those of the history: shared shoppers / (sqrt(n_i · n_j) + shrinkage).

    Sarwar et al. (WWW 2001), with the shrinkage of Bell and Koren (ICDM 2007): likeness seen in few shoppers counts
    less. `top` neighbours are kept of every item. In a history, an item that lies s moments back counts `decay` ** s.
    """

    name = "knn"

    def __init__(self, *, top: int = 200, shrinkage: float = 20.0, decay: float = 1.0) -> None:
        self.top = top
        self.shrinkage = shrinkage
        self.decay = decay

    def fit(self, log: Interactions) -> Self:
        """Compare all items by their shoppers; a second call forgets the first."""
        self.unit_ = unit(log.type)
        shoppers = profile(latest(log.histories(), most=_LATEST), len(log.items), unit=self.unit_)
        self.items_ = log.items
        self.neighbours_, self.together_ = gathered(self._rows(shoppers), top=self.top)
        return self

    def score(self, histories: Histories) -> Floats:
        """Return (B, N), -inf for items that are no neighbour of any in the history."""
        return spread(self._interest(histories), self.neighbours_)

    def because(self, history: Histories, item: int) -> list[tuple[int, float]]:
        """Return which items of a single history speak for an item, with their shares, strongest first."""
        return shares(self._interest(history), self.neighbours_, item)

    def shoppers(self, one: int, other: int) -> int:
        """Return how many shoppers wanted both, rounded where interest was partial; 0 when they are no neighbours."""
        at = entry(self.neighbours_, one, other)
        return round(float(self.together_[at])) if at >= 0 else 0

    def save(self, path: Path) -> None:
        """Write one `.npz`."""
        if not hasattr(self, "neighbours_"):
            raise NotFittedError(self)
        settings = {"top": self.top, "shrinkage": self.shrinkage, "decay": self.decay}
        write(
            path,
            self.name,
            self.items_,
            settings,
            {"unit": np.array(self.unit_), **packed(self.neighbours_), "together": self.together_},
        )

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote."""
        items, settings, arrays = read(path, cls.name)
        model = cls(**settings)  # type: ignore[arg-type]
        model.items_, model.together_ = items, arrays["together"].astype(np.float32)
        model.neighbours_ = unpacked(arrays, len(items))
        model.unit_ = float(arrays["unit"])
        return model

    def _rows(self, shoppers: csr_array) -> Iterator[Row]:
        norms = np.sqrt(np.asarray(shoppers.power(2).sum(axis=0), np.float32))
        for item, (columns, counts) in enumerate(together(shoppers)):
            yield columns, counts / (norms[item] * norms[columns] + np.float32(self.shrinkage)), counts

    def _interest(self, histories: Histories) -> csr_array:
        if not hasattr(self, "neighbours_"):
            raise NotFittedError(self)
        return profile(histories, len(self.items_), unit=self.unit_, fade=fading(histories, self.decay))
