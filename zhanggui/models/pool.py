"""The best candidates of many shoppers, small enough to try thousands of weights on."""

from collections.abc import Mapping, Sequence
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


@dataclass(frozen=True, slots=True)
class Question:
    """What one kind of page is asked: the blend with that page, what was taken, and what may be shown again."""

    blend: Blend
    targets: Histories
    seen: SeenPolicy


def pools(histories: Histories, questions: Sequence[Question], *, top: int = 60) -> list[Pool]:
    """Collect, for each question, the `top` best of every member that may be shown, and what all say about them.

    All questions are about the same members and histories, which are scored once.
    """
    blend = questions[0].blend
    step = max(1, _CELLS // max(len(blend.items_), 1))
    made: list[list[Pool]] = [[_nothing(len(blend.members))] for _ in questions]
    for first in range(0, len(histories), step):
        last = min(first + step, len(histories))
        batch = histories.slice(first, last)
        parts = blend.parts(batch)
        for question, found in zip(questions, made, strict=True):
            found.append(_part(question, parts, batch, question.targets.slice(first, last), top))
    return [_joined(found) for found in made]


def _joined(parts: Sequence[Pool]) -> Pool:
    width = max(part.right.shape[1] for part in parts)
    filled = [_filled(part, width) for part in parts]
    return Pool(
        np.concatenate([part.values for part in filled]),
        np.concatenate([part.right for part in filled]),
        np.concatenate([part.wanted for part in filled]),
    )


def _nothing(members: int) -> Pool:
    return Pool(np.zeros((0, 0, members), np.float32), np.zeros((0, 0), np.bool_), np.zeros(0, np.int64))


def _filled(part: Pool, width: int) -> Pool:
    missing = width - part.right.shape[1]
    values = np.pad(part.values, ((0, 0), (0, missing), (0, 0)))
    return Pool(values, np.pad(part.right, ((0, 0), (0, missing))), part.wanted)


def _part(question: Question, parts: Mapping[str, Floats], histories: Histories, targets: Histories, top: int) -> Pool:
    scaled = question.blend.scaled(parts, histories)
    banned = question.seen.banned(histories)
    for values in scaled:
        values[banned] = 0
    best = [topk(np.where(values > 0, values, -np.inf), k=top) for values in scaled]
    candidates = -np.sort(-np.concatenate(best, axis=1), axis=1)
    candidates[:, 1:][candidates[:, 1:] == candidates[:, :-1]] = -1
    candidates = -np.sort(-candidates, axis=1)
    candidates = candidates[:, : int((candidates >= 0).sum(axis=1).max(initial=1))]
    right, wanted = hits_of(candidates, targets)
    said = [np.take_along_axis(values, np.maximum(candidates, 0), axis=1) for values in scaled]
    return Pool(np.stack(said, axis=2) * (candidates >= 0)[:, :, None], right, wanted)
