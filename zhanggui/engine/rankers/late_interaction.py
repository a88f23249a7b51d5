"""Order the best of a search again by single tokens: what a query asks for must be met word by word.

One vector a text says what it is about, and loses what it says beside that; each token of a query finds its nearest in
the text, or does not (Khattab and Zaharia, ColBERT, SIGIR 2020). Tokens were kept when the vectors were made, so that
this costs about a millisecond.
"""

from collections.abc import Sequence

import numpy as np

from zhanggui.core.candidate import Candidate, Evidence
from zhanggui.core.interactions import Floats
from zhanggui.core.passage import passage
from zhanggui.core.protocols import Context, PairScorer, Ranker
from zhanggui.core.request import Request
from zhanggui.engine.shelf import Shelf
from zhanggui.engine.timely import Timely
from zhanggui.retrieval.fusion import BY_TOKENS, with_tokens
from zhanggui.retrieval.text.query import plain_text

SOURCE = "late_interaction"
MEANING = "dense"
_STEP = 1e-6


class LateInteractionRanker:
    """Rank by another ranker, then order its best anew; the order of all others never changes, and none passes these.

    A product whose tokens are not kept yet is taken to be met as well as the others on average. Where the meaning of a
    query came too late, its tokens would, too: words order the page alone.
    """

    name = SOURCE

    def __init__(self, inner: Ranker, scorer: PairScorer, shelf: Shelf, timely: Timely) -> None:
        self._inner, self._scorer, self._shelf, self._timely = inner, scorer, shelf, timely

    def rank(self, request: Request, context: Context, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Return the candidates; the best carry how well their tokens met the query's as evidence."""
        ranked = sorted(self._inner.rank(request, context, candidates), key=lambda c: (-c.score, c.item))
        best, rest = ranked[:BY_TOKENS], ranked[BY_TOKENS:]
        query = plain_text(request.query).strip()
        if len(best) < 2 or not query or not any(candidate.by(MEANING) for candidate in best):
            return ranked
        met, failed = self._timely.guard(SOURCE, lambda: self._met(query, best))
        return ranked if met is None or failed else [*met_again(best, met, query=query), *rest]

    def _met(self, query: str, best: Sequence[Candidate]) -> Floats:
        products = self._shelf.get([candidate.item for candidate in best])
        texts = [passage(products[c.item]) if c.item in products else "" for c in best]
        return self._scorer.score(query, texts)


def met_again(best: Sequence[Candidate], met: Floats, *, query: str) -> list[Candidate]:
    """Return candidates by fused scores and how well they are met (n,), none below the last's old score.

    >>> found = [Candidate("a", (), 0.9), Candidate("b", (), 0.8), Candidate("c", (), 0.1)]
    >>> [c.item for c in met_again(found, np.array([0.5, 0.9, np.nan]), query="tea")]
    ['b', 'a', 'c']
    """
    fused = np.array([candidate.score for candidate in best], np.float32)
    # Equals stay in the order that they had, and the last one stays before whatever follows with its old score.
    scores = with_tokens(fused, met, query).astype(np.float64) + _STEP * np.arange(len(best), 0, -1)
    scores += min(candidate.score for candidate in best) - scores.min() + _STEP
    told = [
        c._replace(score=score, evidence=c.evidence if np.isnan(value) else (*c.evidence, Evidence(SOURCE, value)))
        for c, score, value in zip(best, scores.tolist(), met.tolist(), strict=True)
    ]
    return sorted(told, key=lambda candidate: (-candidate.score, candidate.item))
