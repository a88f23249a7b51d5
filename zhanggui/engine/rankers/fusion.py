"""Order what a query matches by both of its sides: words and meaning."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from zhanggui.core.candidate import Candidate
from zhanggui.core.interactions import Floats
from zhanggui.core.protocols import Context
from zhanggui.core.request import Request

Fuse = Callable[[Floats, Floats], Floats]
"""From BM25 and cosine, each (n,) with NaN where that side is silent, to one score (n,)."""


class FusionRanker:
    """Fuse the first `limit` candidates; the order in which the rest was found follows behind."""

    name = "fusion"

    def __init__(self, fuse: Fuse, *, limit: int = 1000) -> None:
        self._fuse, self._limit = fuse, limit

    def rank(self, request: Request, context: Context, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Return the candidates with fused scores."""
        first, rest = candidates[: self._limit], candidates[self._limit :]
        if not first:
            return []
        scores = self._fuse(_side(first, "bm25"), _side(first, "dense")).tolist()
        floor = min(scores)
        return [replace(c, score=score) for c, score in zip(first, scores, strict=True)] + [
            replace(candidate, score=floor - 1 - place) for place, candidate in enumerate(rest)
        ]


def _side(candidates: Sequence[Candidate], source: str) -> Floats:
    return np.array([_score(candidate, source) for candidate in candidates], np.float32)


def _score(candidate: Candidate, source: str) -> float:
    evidence = candidate.by(source)
    return np.nan if evidence is None else evidence.score
