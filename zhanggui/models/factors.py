"""What few hidden tastes explain: items and shoppers as short vectors."""

from pathlib import Path
from typing import Self

import numpy as np
from scipy.sparse import csr_array, diags_array

from zhanggui.core.errors import NotFittedError
from zhanggui.core.interactions import Floats, Histories, Interactions
from zhanggui.models.files import read, write
from zhanggui.models.profile import profile
from zhanggui.models.weights import unit

_OVERSAMPLING, _ROUNDS = 10, 4


class Factors:
    """PureSVD (Cremonesi et al., RecSys 2010) of shoppers by items, each item's column divided by n ** `damping`.

    A history is folded in by the items' vectors, so that new shoppers need no training. The factors come from the
    randomised method of Halko, Martinsson and Tropp (SIAM Review 2011), drawn by `seed`.
    """

    name = "factors"

    def __init__(self, *, rank: int = 64, damping: float = 0.25, seed: int = 0) -> None:
        self.rank = rank
        self.damping = damping
        self.seed = seed

    def fit(self, log: Interactions) -> Self:
        """Factorise; a second call forgets the first."""
        self.unit_ = unit(log.type)
        shoppers = profile(log.histories(), len(log.items), unit=self.unit_)
        counts = np.asarray(shoppers.sum(axis=0), np.float32)
        self.items_ = log.items
        self.scale_ = np.where(counts > 0, np.maximum(counts, 1e-6) ** -self.damping, 0).astype(np.float32)
        self.vectors_ = _right_vectors((shoppers @ diags_array(self.scale_)).tocsr(), self.rank, self.seed)
        return self

    def score(self, histories: Histories) -> Floats:
        """Return (B, N), -inf for what never happened and for shoppers of whom nothing is known."""
        interest = self._interest(histories)
        folded = np.asarray(interest @ self.vectors_)
        scores = (folded @ self.vectors_.T).astype(np.float32)
        scores /= np.where(self.scale_ > 0, self.scale_, 1)
        scores[:, self.scale_ == 0] = -np.inf
        scores[np.diff(interest.indptr) == 0] = -np.inf
        return scores

    def because(self, history: Histories, item: int) -> list[tuple[int, float]]:
        """Return which items of a single history lie near an item, with their shares, strongest first."""
        interest = self._interest(history)
        near = interest.data * (self.vectors_[interest.indices] @ self.vectors_[item])
        total = float(near[near > 0].sum())
        found = [(int(s), float(v) / total) for s, v in zip(interest.indices, near, strict=True) if v > 0 and s != item]
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))

    def save(self, path: Path) -> None:
        """Write one `.npz`."""
        if not hasattr(self, "vectors_"):
            raise NotFittedError(self)
        settings = {"rank": self.rank, "damping": self.damping, "seed": self.seed}
        arrays = {"vectors": self.vectors_, "scale": self.scale_, "unit": np.array(self.unit_)}
        write(path, self.name, self.items_, settings, arrays)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote."""
        items, settings, arrays = read(path, cls.name)
        model = cls(**settings)  # type: ignore[arg-type]
        model.items_, model.unit_ = items, float(arrays["unit"])
        model.vectors_, model.scale_ = arrays["vectors"].astype(np.float32), arrays["scale"].astype(np.float32)
        return model

    def _interest(self, histories: Histories) -> csr_array:
        if not hasattr(self, "vectors_"):
            raise NotFittedError(self)
        scaled = profile(histories, len(self.items_), unit=self.unit_)
        scaled.data *= self.scale_[scaled.indices]
        kept = scaled.data > 0
        starts = np.concatenate(([0], np.cumsum(kept)))[scaled.indptr]
        return csr_array((scaled.data[kept], scaled.indices[kept], starts), shape=scaled.shape)


def _right_vectors(matrix: csr_array, rank: int, seed: int) -> Floats:
    """Return the right singular vectors (N, r) of the largest r <= rank singular values of a matrix (U, N)."""
    rank = min(rank, *matrix.shape)
    if not rank or not matrix.nnz:
        return np.zeros((matrix.shape[1], 1), np.float32)
    width = min(rank + _OVERSAMPLING, *matrix.shape)
    basis = np.random.default_rng(seed).standard_normal((matrix.shape[1], width), np.float32)
    back = matrix.T.tocsr()
    for _ in range(_ROUNDS):
        basis, _ = np.linalg.qr(back @ (matrix @ basis))
    _, _, turned = np.linalg.svd(matrix @ basis, full_matrices=False)
    return np.asarray(basis @ turned[:rank].T, np.float32)
