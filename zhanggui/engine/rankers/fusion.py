"""Order what a query matches by both of its sides: words and meaning."""

from collections.abc import Callable, Sequence

import numpy as np

from zhanggui.core.candidate import Candidate
from zhanggui.core.ids import ItemId
from zhanggui.core.interactions import Floats, Longs
from zhanggui.core.protocols import DEPTH, Context
from zhanggui.core.request import Request

Fuse = Callable[[Floats, Floats], Floats]
"""From BM25 and cosine, each (n,) with NaN where that side is silent, to one score (n,)."""


Shoppers = Callable[[Sequence[ItemId]], Longs]
"""How many shoppers wanted each of these items, (n,)."""

NUDGE = 1e-4
"""What the most wanted item gains: enough to order equals, too little to pass anything better."""


class FusionRanker:
    """Fuse the first `limit` candidates; the order in which the rest was found follows behind.

    Products that say the same match alike: of those, what more shoppers wanted comes first.
    """

    name = "fusion"

    def __init__(self, fuse: Fuse, shoppers: Shoppers, *, limit: int = DEPTH) -> None:
        self._fuse, self._shoppers, self._limit = fuse, shoppers, limit

    def rank(self, request: Request, context: Context, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Return the candidates with fused scores."""
        first, rest = candidates[: self._limit], candidates[self._limit :]
        if not first:
            return []
        wanted = np.log1p(self._shoppers([candidate.item for candidate in first]))
        fused = self._fuse(_side(first, "bm25"), _side(first, "dense"))
        scores = (fused + NUDGE * wanted / max(float(wanted.max()), 1.0)).tolist()
        floor = min(scores)
        scores += [floor - 1 - place for place in range(len(rest))]
        return [candidate.scored(score) for candidate, score in zip(candidates, scores, strict=True)]


def _side(candidates: Sequence[Candidate], source: str) -> Floats:
    return np.array([_score(candidate, source) for candidate in candidates], np.float32)


def _score(candidate: Candidate, source: str) -> float:
    evidence = candidate.by(source)
    return np.nan if evidence is None else evidence.score
