"""The best linear item-to-item model in closed form: each item explained by all others at once."""

from collections.abc import Iterator
from pathlib import Path
from typing import Self

import numpy as np
from scipy.linalg import blas, lapack
from scipy.sparse import csr_array

from zhanggui.core.errors import NotFittedError
from zhanggui.core.interactions import Floats, Histories, Interactions, Ints
from zhanggui.models.files import read, write
from zhanggui.models.neighbours import BLOCK, Row, gathered, packed, shares, spread, unpacked
from zhanggui.models.profile import fading, profile
from zhanggui.models.weights import unit


class Ease:
    """Embarrassingly shallow autoencoder: B = I - P / diag(P), P = (X'X + penalty·I)^-1 (Steck, WWW 2019).

    Only the `cap` most wanted items take part: fitting holds two square matrices of float32 over the smaller of items
    and shoppers (2 · 10,000² · 4 bytes = 0.8 GB) and needs their Cholesky factor; `note` tells what was cut. Of every
    row of B the `top` largest positive weights are kept, which measured as good as all (nDCG@10 .0574 against .0573
    on Beauty) and is 50 times smaller. In a history, an item that lies s moments back counts `decay` ** s.
    """

    name = "ease"

    def __init__(self, *, penalty: float = 200.0, cap: int = 10_000, top: int = 200, decay: float = 1.0) -> None:
        self.penalty = penalty
        self.cap = cap
        self.top = top
        self.decay = decay

    def fit(self, log: Interactions) -> Self:
        """Solve for the weights; a second call forgets the first."""
        self.unit_ = unit(log.type)
        shoppers = profile(log.histories(), len(log.items), unit=self.unit_)
        counts = np.asarray(shoppers.sum(axis=0))
        wanted = np.argsort(-counts, kind="stable")[: self.cap]
        self.covered_: Ints = np.sort(wanted[counts[wanted] > 0]).astype(np.int32)
        self.share_ = float(counts[self.covered_].sum() / counts.sum()) if len(self.covered_) else 1.0
        self.items_ = log.items
        small = self._weights(shoppers[:, self.covered_].tocsr())
        self.neighbours_ = _widened(small, self.covered_, len(log.items))
        return self

    @property
    def note(self) -> str:
        """Say how many items take part, and how much of the behaviour they carry."""
        return f"{len(self.covered_)} of {len(self.items_)} items, {self.share_:.1%} of what happened"

    def score(self, histories: Histories) -> Floats:
        """Return (B, N), -inf for items beyond the cap or without a positive weight from the history."""
        return spread(self._interest(histories), self.neighbours_)

    def because(self, history: Histories, item: int) -> list[tuple[int, float]]:
        """Return which items of a single history speak for an item, with their shares, strongest first."""
        return shares(self._interest(history), self.neighbours_, item)

    def save(self, path: Path) -> None:
        """Write one `.npz`."""
        if not hasattr(self, "neighbours_"):
            raise NotFittedError(self)
        settings = {"penalty": self.penalty, "cap": self.cap, "top": self.top, "decay": self.decay}
        arrays = {
            "covered": self.covered_,
            "share": np.array(self.share_),
            "unit": np.array(self.unit_),
            **packed(self.neighbours_),
        }
        write(path, self.name, self.items_, settings, arrays)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote."""
        items, settings, arrays = read(path, cls.name)
        model = cls(**settings)  # type: ignore[arg-type]
        model.items_, model.covered_ = items, arrays["covered"].astype(np.int32)
        model.share_ = float(arrays["share"])
        model.neighbours_ = unpacked(arrays, len(items))
        model.unit_ = float(arrays["unit"])
        return model

    def _weights(self, shoppers: csr_array) -> csr_array:
        users, items = shoppers.shape
        if not items:
            return csr_array(np.zeros((0, 0), np.float32))
        inverse = _by_users(shoppers, self.penalty) if users < items else _by_items(shoppers, self.penalty)
        return gathered(_rows(inverse), top=self.top)[0]

    def _interest(self, histories: Histories) -> csr_array:
        if not hasattr(self, "neighbours_"):
            raise NotFittedError(self)
        return profile(histories, len(self.items_), unit=self.unit_, fade=fading(histories, self.decay))


def _by_items(shoppers: csr_array, penalty: float) -> Floats:
    """Return P (n, n) by inverting the items' Gram matrix."""
    gram = (shoppers.T @ shoppers).toarray(order="F").astype(np.float32)
    gram[np.diag_indices_from(gram)] += penalty
    factor, _ = lapack.spotrf(gram, lower=1, overwrite_a=1)
    inverse, _ = lapack.spotri(factor, lower=1, overwrite_c=1)
    return _mirrored(inverse)


def _by_users(shoppers: csr_array, penalty: float) -> Floats:
    """Return P by inverting the shoppers' Gram matrix, which is smaller: Woodbury, P = (I - X'(XX' + λI)^-1 X) / λ."""
    gram = (shoppers @ shoppers.T).toarray(order="F").astype(np.float32)
    gram[np.diag_indices_from(gram)] += penalty
    factor, _ = lapack.spotrf(gram, lower=1, overwrite_a=1)
    half, _ = lapack.strtrs(factor, shoppers.toarray(order="F").astype(np.float32), lower=1)
    inverse = blas.ssyrk(-1 / penalty, half, trans=1, lower=1)
    inverse[np.diag_indices_from(inverse)] += 1 / penalty
    return _mirrored(inverse)


def _mirrored(lower: Floats) -> Floats:
    """Fill the upper triangle of a square matrix from the lower one, in place."""
    for first in range(0, len(lower), BLOCK):
        last = min(first + BLOCK, len(lower))
        corner = lower[first:last, first:last]
        corner[:] = np.tril(corner) + np.tril(corner, -1).T
        lower[first:last, last:] = lower[last:, first:last].T
    return lower


def _rows(inverse: Floats) -> Iterator[Row]:
    """Yield the rows of B, without the diagonal, from P (n, n)."""
    scale = -1 / np.diag(inverse)
    everything = np.arange(len(inverse))
    for item, line in enumerate(inverse):
        weights = np.asarray(line * scale, np.float32)
        weights[item] = 0
        yield everything, weights, weights


def _widened(small: csr_array, covered: Ints, items: int) -> csr_array:
    """Put a matrix over the covered items into one over all (N, N)."""
    counts = np.zeros(items + 1, np.int64)
    counts[covered + 1] = np.diff(small.indptr)
    return csr_array((small.data, covered[small.indices], np.cumsum(counts)), shape=(items, items))
