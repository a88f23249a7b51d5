"""What shoppers with a like history wanted: the blend of all models, each speaking for itself."""

from collections.abc import Mapping

import numpy as np

from zhanggui.core.candidate import Candidate, Evidence
from zhanggui.core.ids import ItemId
from zhanggui.core.interactions import Floats, Ints
from zhanggui.core.protocols import Context, Proposal
from zhanggui.core.request import Request
from zhanggui.engine.interests import rows_of
from zhanggui.engine.related import top_rows
from zhanggui.models.blend import Blend

_SILENT = frozenset({"popularity"})
"""Speaks for everything alike, and has a source of its own."""


class CollaborativeSource:
    """Propose the first k of the blend; of items that the history does not hold, `fresh` even if they lie further down.

    (Where nothing is bought twice, all that a busy shopper has may stand before what is new, only to be dropped.)
    Evidence "blend" carries the score that orders them; every member model that has something to say about the item
    adds evidence of its own name. Which item of the history speaks for it is told later, for items shown (facts.py).
    """

    name = "collaborative"

    def __init__(self, blend: Blend, *, k: int = 150, fresh: int = 100) -> None:
        self._blend, self._k, self._fresh = blend, k, fresh
        weights = blend.weights.get(blend.page)
        self._members = [member for member in blend.members if weights is None or weights.get(member.name)]

    def propose(self, request: Request, context: Context) -> Proposal:
        """Return candidates; none for a history of which the models know no item."""
        history = rows_of(context.history, self._blend.items_)
        if not len(history.item):
            return Proposal(())
        parts = {member.name: member.score(history) for member in self._members}
        best = self._best(self._blend.joined(parts)[0], np.unique(history.item))
        rows = np.array([row for row, _ in best], np.int64)
        said = {name: scores[0][rows].tolist() for name, scores in parts.items() if name not in _SILENT}
        names = self._blend.items_.ids
        return Proposal(
            [
                Candidate(ItemId(names[row]), (Evidence("blend", score), *_said(said, place)))
                for place, (row, score) in enumerate(best)
            ]
        )

    def _best(self, scores: Floats, had: Ints) -> list[tuple[int, float]]:
        best = top_rows(scores, max(self._k, self._fresh + len(had)))
        fresh = ~np.isin([row for row, _ in best], had)
        kept = (np.arange(len(best)) < self._k) | (fresh & (np.cumsum(fresh) <= self._fresh))
        return [best[place] for place in np.flatnonzero(kept).tolist()]


def _said(said: Mapping[str, list[float]], place: int) -> list[Evidence]:
    return [Evidence(name, scores[place]) for name, scores in said.items() if scores[place] > -np.inf]
