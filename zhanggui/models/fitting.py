"""Weights of a blend, fitted on what shoppers did next.

Coordinate ascent on nDCG (Metzler and Croft, Information Retrieval 2007): few weights, no gradient, the very metric.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from zhanggui.core.interactions import Floats, Histories, Split
from zhanggui.evaluation.ndcg import ndcg_of_hits
from zhanggui.evaluation.ranking import hits_of
from zhanggui.evaluation.seen import SeenPolicy
from zhanggui.evaluation.topk import topk
from zhanggui.models.blend import Blend, normalised

TRACE = 1e-3
"""The least weight of popularity: it orders what nothing else speaks of."""

_FACTORS = (0.0, 0.5, 0.7, 0.85, 1.18, 1.4, 2.0)
_CELLS = 12_000_000
_MOST_USERS, _MOST_CELLS = 4000, 60_000_000
"""How many users, and scores of one member, the weights are fitted on: enough for six weights, and done in seconds."""


@dataclass(frozen=True, slots=True)
class Pool:
    """What M members say about C candidates of each user: `values` (B, C, M), `right` (B, C), `wanted` (B,)."""

    values: Floats
    right: "np.ndarray[tuple[int, int], np.dtype[np.bool_]]"
    wanted: "np.ndarray[tuple[int], np.dtype[np.int64]]"

    def ndcg(self, weights: Sequence[float], *, k: int) -> float:
        """Return the mean nDCG@k that these weights reach within the pool."""
        scores = self.values @ np.asarray(weights, np.float32)
        hits = np.take_along_axis(self.right, topk(scores, k=min(k, scores.shape[1])), axis=1)
        return float(ndcg_of_hits(hits, self.wanted, k=k).mean()) if len(hits) else 0.0


def fitted_weights(
    blend: Blend, split: Split, *, seen: SeenPolicy, k: int = 20, users: int | None = None, seed: int = 0
) -> dict[str, float]:
    """Return the weights of the members that rank the split's targets best; the members are fitted on its train.

    At most `users` users are asked, drawn by `seed`; by default as many as a few seconds allow.
    """
    most = min(_MOST_USERS, max(200, _MOST_CELLS // max(len(blend.items_), 1))) if users is None else users
    names = [member.name for member in blend.members]
    if not len(split.users):
        return dict.fromkeys(names, 1.0)
    chosen = np.sort(np.random.default_rng(seed).permutation(len(split.users))[:most])
    made = pool(blend, split.histories.take(chosen), split.targets.take(chosen), seen=seen)
    weights = ascended(made, k=k)
    floor = max(weights) * TRACE
    return {
        name: max(weight, floor) if name == "popularity" else weight
        for name, weight in zip(names, weights, strict=True)
    }


def pool(blend: Blend, histories: Histories, targets: Histories, *, seen: SeenPolicy, top: int = 100) -> Pool:
    """Collect the `top` best of every member, and what all members say about them."""
    step = max(1, _CELLS // max(len(blend.items_), 1))
    made = []
    for first in range(0, len(histories), step):
        last = min(first + step, len(histories))
        made.append(_part(blend, histories.slice(first, last), targets.slice(first, last), seen, top))
    width = max(part.right.shape[1] for part in made)
    return Pool(
        np.concatenate([np.pad(part.values, ((0, 0), (0, width - part.values.shape[1]), (0, 0))) for part in made]),
        np.concatenate([np.pad(part.right, ((0, 0), (0, width - part.right.shape[1]))) for part in made]),
        np.concatenate([part.wanted for part in made]),
    )


def ascended(made: Pool, *, k: int, rounds: int = 3) -> list[float]:
    """Return weights by coordinate ascent, from the best member alone and from all alike."""
    size = made.values.shape[2]
    alone = [[float(at == one) for at in range(size)] for one in range(size)]
    starts = [max(alone, key=lambda weights: made.ndcg(weights, k=k)), [1.0] * size]
    ends = [_climbed(made, start, k=k, rounds=rounds) for start in starts]
    return max(ends, key=lambda weights: made.ndcg(weights, k=k))


def _climbed(made: Pool, start: list[float], *, k: int, rounds: int) -> list[float]:
    weights, best = list(start), made.ndcg(start, k=k)
    for _ in range(rounds):
        before = best
        for at in range(len(weights)):
            for value in _steps(weights[at], max(weights)):
                tried = [*weights[:at], value, *weights[at + 1 :]]
                if any(tried) and (reached := made.ndcg(tried, k=k)) > best + 1e-7:
                    weights, best = tried, reached
        if best - before < 1e-5:
            break
    return [weight / max(weights) for weight in weights]


def _steps(weight: float, largest: float) -> list[float]:
    if weight == 0:
        return [largest * share for share in (0.02, 0.05, 0.1, 0.2, 0.5, 1.0)]
    return [weight * factor for factor in _FACTORS]


def _part(blend: Blend, histories: Histories, targets: Histories, seen: SeenPolicy, top: int) -> Pool:
    parts = blend.parts(histories)
    banned = seen.banned(histories)
    best = []
    for scores in parts.values():
        scores[banned] = -np.inf
        best.append(topk(scores, k=top))
    candidates = np.sort(np.concatenate(best, axis=1), axis=1)
    candidates[:, 1:][candidates[:, 1:] == candidates[:, :-1]] = -1
    width = int((candidates >= 0).sum(axis=1).max(initial=1))
    candidates = -np.sort(-candidates, axis=1)[:, :width]
    right, wanted = hits_of(candidates, targets)
    columns = np.maximum(candidates, 0)
    values = [np.take_along_axis(normalised(scores), columns, axis=1) for scores in parts.values()]
    stacked = np.stack(values, axis=2) * (candidates >= 0)[:, :, None]
    return Pool(stacked.astype(np.float32), right, wanted.astype(np.int64))
