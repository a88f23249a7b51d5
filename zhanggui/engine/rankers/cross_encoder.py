"""Judge the best of a search again, by a model that reads query and product together, where time allows.

A cross-encoder sees how the words of both go together, which two vectors cannot; it costs a run of the model for each
pair, so that it judges few (Nogueira and Cho, Passage Re-ranking with BERT, 2019). Its logits and the fused scores are
each standardised over these few and mixed by a weight that was fitted on judged queries.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhanggui.core.candidate import Candidate, Evidence
from zhanggui.core.passage import content_hash, passage
from zhanggui.core.protocols import Context, PairScorer, Ranker
from zhanggui.core.request import Request
from zhanggui.encoders.recent import Recent
from zhanggui.engine.rankers.pace import PairPace, Tally
from zhanggui.engine.shelf import Shelf
from zhanggui.engine.timely import Timely
from zhanggui.retrieval.text.query import plain_text

SOURCE = "cross_encoder"
Doubles = NDArray[np.float64]
_STEP = 1e-6


@dataclass(frozen=True, slots=True)
class Judge:
    """A scorer and how it is used: `weight` of its logits (0 to 1), milliseconds a page may wait, pairs a page."""

    scorer: PairScorer
    weight: float = 0.5
    milliseconds: float = 40.0
    best: int = 20
    remembered: int = 20_000


class CrossEncoderRanker:
    """Rank by another ranker, then order its best anew. Pairs judged lately are remembered.

    It is skipped, and the skip counted with its reason, when a run is expected to miss the time (`expected`), when it
    did (`late`; what it finds is remembered for the next page), and when it fails (`failed`). The order of all other
    candidates never changes, and none of them passes one of the best.
    """

    name = SOURCE

    def __init__(self, inner: Ranker, judge: Judge, shelf: Shelf, timely: Timely, tally: Tally) -> None:
        self._inner, self._judge, self._shelf, self._timely, self._tally = inner, judge, shelf, timely, tally
        self._known = Recent[tuple[str, str], float](size=judge.remembered)
        self._pace = PairPace()

    def rank(self, request: Request, context: Context, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Return the candidates; the best carry what the cross-encoder said as evidence."""
        ranked = sorted(self._inner.rank(request, context, candidates), key=lambda c: (-c.score, c.item))
        best, rest = ranked[: self._judge.best], ranked[self._judge.best :]
        query = plain_text(request.query).strip()
        if len(best) < 2 or not query:
            return ranked
        logits = self._logits(query, best)
        return ranked if logits is None else [*mixed(best, logits, weight=self._judge.weight), *rest]

    def _logits(self, query: str, best: Sequence[Candidate]) -> Doubles | None:
        products, _ = self._timely.guard("shelf", lambda: self._shelf.get([candidate.item for candidate in best]))
        if products is None:
            self._tally.skipped("failed")
            return None
        texts = [passage(products[c.item]) if c.item in products else "" for c in best]
        keys = [(query, content_hash(text)) for text in texts]
        known = {key: self._known.get(key) for key in keys}
        missing = {key: text for key, text in zip(keys, texts, strict=True) if known[key] is None}
        if missing:
            found = self._scored(query, missing)
            if found is None:
                return None
            known |= found
        else:
            self._tally.remembered()
        return np.array([known[key] for key in keys], np.float64)

    def _scored(self, query: str, missing: dict[tuple[str, str], str]) -> dict[tuple[str, str], float] | None:
        budget = self._judge.milliseconds
        if self._pace.expects(len(missing)) > budget:
            self._pace.skipped()
            self._tally.skipped("expected")
            return None
        outcomes = self._timely.run({SOURCE: lambda: self._run(query, missing)}, seconds=budget / 1000)
        if SOURCE not in outcomes.results:
            self._tally.skipped("failed" if SOURCE in outcomes.millis else "late")
            return None
        return outcomes.results[SOURCE]

    def _run(self, query: str, missing: dict[tuple[str, str], str]) -> dict[tuple[str, str], float]:
        """Judge pairs; a run that comes too late for its page still tells how long it took, and what it found."""
        began = time.perf_counter()
        logits = self._judge.scorer.score(query, list(missing.values()))
        if not np.isfinite(logits).all():
            raise ValueError(f"{self._judge.scorer.name} gave logits that are not finite.")
        seconds = time.perf_counter() - began
        self._pace.took(len(missing), 1000 * seconds)
        self._tally.ran(len(missing), seconds)
        found = dict(zip(missing, logits.tolist(), strict=True))
        for key, logit in found.items():
            self._known.put(key, logit)
        return found


def mixed(best: Sequence[Candidate], logits: Doubles, *, weight: float) -> list[Candidate]:
    """Return candidates by the mixture of their standardised scores and logits (n,), all at or above the last's score.

    >>> found = [Candidate("a", (), 0.9), Candidate("b", (), 0.8), Candidate("c", (), 0.1)]
    >>> [c.item for c in mixed(found, np.array([-1.0, 3.0, 0.0]), weight=0.9)]
    ['b', 'c', 'a']
    """
    fused = np.array([candidate.score for candidate in best], np.float64)
    mixture = (1 - weight) * _standardised(fused) + weight * _standardised(logits)
    # Equals stay in the order that they had, and the last one stays before whatever follows with its old score.
    mixture += _STEP * np.arange(len(best), 0, -1)
    scores = float(fused.min()) + mixture - mixture.min() + _STEP
    told = [
        c._replace(score=score, evidence=(*c.evidence, Evidence(SOURCE, logit)))
        for c, score, logit in zip(best, scores.tolist(), logits.tolist(), strict=True)
    ]
    return sorted(told, key=lambda candidate: (-candidate.score, candidate.item))


def _standardised(values: Doubles) -> Doubles:
    spread = float(values.std())
    return (values - values.mean()) / spread if spread > 1e-9 else np.zeros_like(values)
