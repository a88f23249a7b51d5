"""The best candidates of many shoppers, small enough to try thousands of weights on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhanggui.core.interactions import Floats, Histories
from zhanggui.evaluation.ndcg import ndcg_of_hits
from zhanggui.evaluation.ranking import hits_of
from zhanggui.evaluation.seen import SeenPolicy
from zhanggui.evaluation.topk import topk
from zhanggui.models.blend import Blend

_CELLS = 12_000_000


@dataclass(frozen=True, slots=True)
class Pool:
    """What M members say about C candidates of each of B users, on the scale on which a blend adds them up.

    `values` (B, C, M), `right` (B, C) whether the candidate was taken, `wanted` (B,) how much was taken in all. Rows
    are filled up with candidates about which nobody says anything.
    """

    values: Floats
    right: NDArray[np.bool_]
    wanted: NDArray[np.int64]

    def half(self, which: int) -> "Pool":
        """Return every other user, from the first (0) or the second (1) on."""
        return Pool(self.values[which::2], self.right[which::2], self.wanted[which::2])

    def ndcg(self, weights: Sequence[float], *, k: int) -> float:
        """Return the mean nDCG@k that these weights reach within the pool."""
        if not self.right.size:
            return 0.0
        scores = self.values @ np.asarray(weights, np.float32)
        best = np.argpartition(-scores, min(k, scores.shape[1]) - 1, axis=1)[:, :k]
        order = np.argsort(-np.take_along_axis(scores, best, axis=1), axis=1, kind="stable")
        hits = np.take_along_axis(self.right, np.take_along_axis(best, order, axis=1), axis=1)
        return float(ndcg_of_hits(hits, self.wanted, k=k).mean())


def pool(blend: Blend, histories: Histories, targets: Histories, *, seen: SeenPolicy, top: int = 100) -> Pool:
    """Collect the `top` best of every member that may be shown, and what all members say about them."""
    step = max(1, _CELLS // max(len(blend.items_), 1))
    made = []
    for first in range(0, len(histories), step):
        last = min(first + step, len(histories))
        made.append(_part(blend, histories.slice(first, last), targets.slice(first, last), seen, top))
    width = max((part.right.shape[1] for part in made), default=0)
    empty = _filled(
        Pool(np.zeros((0, 0, len(blend.members)), np.float32), np.zeros((0, 0), bool), np.zeros(0, int)), width
    )
    parts = [empty, *(_filled(part, width) for part in made)]
    return Pool(
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.right for part in parts]),
        np.concatenate([part.wanted for part in parts]),
    )


def _filled(part: Pool, width: int) -> Pool:
    missing = width - part.right.shape[1]
    values = np.pad(part.values, ((0, 0), (0, missing), (0, 0)))
    return Pool(values, np.pad(part.right, ((0, 0), (0, missing))), part.wanted)


def _part(blend: Blend, histories: Histories, targets: Histories, seen: SeenPolicy, top: int) -> Pool:
    scaled = blend.scaled(histories)
    banned = seen.banned(histories)
    for values in scaled.values():
        values[banned] = 0
    best = [topk(np.where(values > 0, values, -np.inf), k=top) for values in scaled.values()]
    candidates = -np.sort(-np.concatenate(best, axis=1), axis=1)
    candidates[:, 1:][candidates[:, 1:] == candidates[:, :-1]] = -1
    candidates = -np.sort(-candidates, axis=1)
    candidates = candidates[:, : int((candidates >= 0).sum(axis=1).max(initial=1))]
    right, wanted = hits_of(candidates, targets)
    said = [np.take_along_axis(values, np.maximum(candidates, 0), axis=1) for values in scaled.values()]
    return Pool(np.stack(said, axis=2) * (candidates >= 0)[:, :, None], right, wanted)
