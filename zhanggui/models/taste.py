"""What is wanted within the categories that a shopper turns to: knows an item from its first purchase on."""

from collections.abc import Mapping
from pathlib import Path
from typing import Self

import numpy as np
from scipy.sparse import csr_array

from zhanggui.core.errors import NotFittedError
from zhanggui.core.ids import ItemId
from zhanggui.core.interactions import Floats, Histories, Interactions, Ints
from zhanggui.models.files import read, write
from zhanggui.models.profile import profile
from zhanggui.models.weights import unit


class Taste:
    """Score an item by its count times the shopper's interest in its category, over all interest in that category.

    Naive Bayes over categories: how much more than others this shopper turns to a category, times what is wanted in
    it; `prior` shoppers' worth of interest is added to each category. Items without a category get nothing.
    """

    name = "taste"

    def __init__(self, *, categories: Mapping[ItemId, tuple[str, ...]] | None = None, prior: float = 20.0) -> None:
        self.categories = categories or {}
        self.prior = prior

    def fit(self, log: Interactions) -> Self:
        """Count items and categories; a second call forgets the first."""
        paths = [self.categories.get(ItemId(name), ()) for name in log.items.ids]
        number = {path: at for at, path in enumerate(sorted({path for path in paths if path}))}
        group = np.array([number.get(path, -1) for path in paths], np.int32)
        self.unit_ = unit(log.type)
        counts = np.asarray(profile(log.histories(), len(log.items), unit=self.unit_).sum(axis=0), np.float32)
        known = (group >= 0) & (counts > 0)
        self.items_, self.group_ = log.items, np.where(known, group, -1).astype(np.int32)
        total = np.bincount(group[known], counts[known], len(number)) + self.prior
        self.appeal_ = np.zeros(len(group), np.float32)
        self.appeal_[known] = counts[known] / total[group[known]]
        self._belongs = _belonging(self.group_)
        return self

    def score(self, histories: Histories) -> Floats:
        """Return (B, N), -inf for items of categories that the shopper never turned to."""
        known = np.flatnonzero(self._groups() >= 0)
        interest = (self._interest(histories) @ self._belongs).toarray()
        scores = np.full((len(histories), len(self.items_)), -np.inf, np.float32)
        found = interest[:, self.group_[known]] * self.appeal_[known]
        scores[:, known] = np.where(found > 0, found, -np.inf)
        return scores

    def because(self, history: Histories, item: int) -> list[tuple[int, float]]:
        """Return the items of a single history that are of the same category, with their shares, strongest first."""
        groups, interest = self._groups(), self._interest(history)
        same = (groups[interest.indices] == groups[item]) & (groups[item] >= 0) & (interest.indices != item)
        total = float(interest.data[same].sum())
        found = [(int(s), float(v) / total) for s, v in zip(interest.indices[same], interest.data[same], strict=True)]
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))

    def save(self, path: Path) -> None:
        """Write one `.npz`; the categories stay as the numbers that they were given."""
        arrays = {"group": self._groups(), "appeal": self.appeal_, "unit": np.array(self.unit_)}
        write(path, self.name, self.items_, {"prior": self.prior}, arrays)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote."""
        items, settings, arrays = read(path, cls.name)
        model = cls(**settings)  # type: ignore[arg-type]
        model.items_, model.unit_ = items, float(arrays["unit"])
        model.group_, model.appeal_ = arrays["group"].astype(np.int32), arrays["appeal"].astype(np.float32)
        model._belongs = _belonging(model.group_)
        return model

    def _groups(self) -> Ints:
        if not hasattr(self, "group_"):
            raise NotFittedError(self)
        return self.group_

    def _interest(self, histories: Histories) -> csr_array:
        return profile(histories, len(self.items_), unit=self.unit_)


def _belonging(group: Ints) -> csr_array:
    """Return (N, categories): 1 where an item belongs."""
    known = np.flatnonzero(group >= 0)
    shape = (len(group), int(group.max(initial=0)) + 1)
    return csr_array((np.ones(len(known), np.float32), (known, group[known])), shape=shape)
