"""What most shoppers want: the baseline that everything else has to beat, and the end of every fallback chain."""

from pathlib import Path
from typing import Self

import numpy as np

from zhanggui.core.errors import NotFittedError
from zhanggui.core.ids import DAY
from zhanggui.core.interactions import Floats, Histories, Interactions
from zhanggui.models.files import read, write
from zhanggui.models.weights import weight


class Popularity:
    """Count what happened to every item, by the weights of the event types; the same list for everyone.

    With `half_life_days` an event counts half as much for every so many days before the end of the log.

    >>> from zhanggui.models.checks import small_log
    >>> Popularity().fit(small_log()).score(Histories.of([])).shape
    (1, 6)
    """

    name = "popularity"

    def __init__(self, *, half_life_days: float | None = None) -> None:
        self.half_life_days = half_life_days

    def fit(self, log: Interactions) -> Self:
        """Count the events; a second call forgets the first."""
        weights = weight(log.type).astype(np.float64)
        if self.half_life_days and len(log):
            weights *= np.exp2((log.time - log.time.max()) / (self.half_life_days * DAY))
        counts = np.bincount(log.item, weights, len(log.items))
        self.items_ = log.items
        self.counts_ = np.where(counts > 0, counts, -np.inf).astype(np.float32)
        return self

    def score(self, histories: Histories) -> Floats:
        """Return the counts, (B, N), the same in every row; -inf for what never happened."""
        if not hasattr(self, "counts_"):
            raise NotFittedError(self)
        return np.tile(self.counts_, (len(histories), 1))

    def because(self, history: Histories, item: int) -> list[tuple[int, float]]:
        """Return nothing: no item of the history speaks for what is popular."""
        return []

    def save(self, path: Path) -> None:
        """Write one `.npz`."""
        if not hasattr(self, "counts_"):
            raise NotFittedError(self)
        write(path, self.name, self.items_, {"half_life_days": self.half_life_days}, {"counts": self.counts_})

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote."""
        items, settings, arrays = read(path, cls.name)
        model = cls(**settings)  # type: ignore[arg-type]
        model.items_, model.counts_ = items, arrays["counts"].astype(np.float32)
        return model
