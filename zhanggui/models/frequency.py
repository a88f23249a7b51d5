"""What this shopper always buys: nothing learnt from others."""

from pathlib import Path
from typing import Self

import numpy as np

from zhanggui.core.errors import NotFittedError
from zhanggui.core.ids import DAY
from zhanggui.core.interactions import Floats, Histories, Interactions
from zhanggui.models.files import read, write
from zhanggui.models.neighbours import dense
from zhanggui.models.profile import age, row_of_event, sparse
from zhanggui.models.weights import weight


class PersonalFrequency:
    """Count how often a shopper had each item; an event fades by half every `half_life_days` before their last one.

    >>> from zhanggui.models.checks import small_log
    >>> PersonalFrequency().fit(small_log()).score(Histories.of([2, 1, 2], types=[8, 8, 8]))[0].round(2).tolist()
    [-inf, 1.0, 2.0, -inf, -inf, -inf]
    """

    name = "frequency"

    def __init__(self, *, half_life_days: float = 90.0) -> None:
        self.half_life_days = half_life_days

    def fit(self, log: Interactions) -> Self:
        """Remember the vocabulary; all else is in the history."""
        self.items_ = log.items
        return self

    def score(self, histories: Histories) -> Floats:
        """Return faded counts (B, N), -inf for what is not in the history or was undone."""
        if not hasattr(self, "items_"):
            raise NotFittedError(self)
        items = len(self.items_)
        known = histories.item >= 0
        keys, pair = np.unique(row_of_event(histories)[known] * items + histories.item[known], return_inverse=True)
        faded = weight(histories.type) * np.exp2(-age(histories) / (self.half_life_days * DAY))
        counts = np.bincount(pair, faded[known], len(keys)).astype(np.float32)
        kept = counts > 0
        return dense(sparse(keys[kept], counts[kept], (len(histories), items)))

    def because(self, history: Histories, item: int) -> list[tuple[int, float]]:
        """Return the item itself when it was had before."""
        return [(item, 1.0)] if item in history.item else []

    def times(self, history: Histories, item: int) -> int:
        """Return how often a single history holds an item in a way that speaks for it."""
        return int(((history.item == item) & (weight(history.type) > 0)).sum())

    def save(self, path: Path) -> None:
        """Write one `.npz`."""
        if not hasattr(self, "items_"):
            raise NotFittedError(self)
        write(path, self.name, self.items_, {"half_life_days": self.half_life_days}, {})

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote."""
        items, settings, _ = read(path, cls.name)
        model = cls(**settings)  # type: ignore[arg-type]
        model.items_ = items
        return model
