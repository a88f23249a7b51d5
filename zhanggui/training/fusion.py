"""How much words and how much meaning should count in this shop: fitted on judgments, and judged fairly.

The weight of the shipped fusion is the only thing that is fitted; with a few dozen judged queries more would be noise.
What a table shows for a fitted fusion comes from nested cross-validation: the weight by which a query is ranked was
chosen without it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from zhanggui.core.ids import ItemId
from zhanggui.core.interactions import Floats, Judgments
from zhanggui.core.protocols import DEPTH, CatalogueIndex, Encoder
from zhanggui.core.request import Filters
from zhanggui.evaluation.bootstrap import Comparison, paired
from zhanggui.evaluation.judged import judged, judged_queries
from zhanggui.evaluation.rows import Row, row
from zhanggui.retrieval.fusion import BY_TOKENS, DEFAULT, FUSIONS, Fuse, Fusion, meaning_only, with_tokens, words_only

WEIGHTS = tuple(round(0.05 * step, 2) for step in range(1, 20))
FITTED = "fusion: fitted (nested cross-validation)"
BM25, DENSE, SHIPPED = "bm25", "dense", "fusion"
TOKENS, MEANING_TOKENS = "fusion and tokens", "dense and tokens"

Met = Callable[[str, Sequence[ItemId]], Floats]
"""How well the tokens of a query are met by those of items: (n,), NaN where nobody has read one."""

DEFAULT_THRESHOLD = 3.0
_LOWEST, _HIGHEST = 1.5, 4.0
_CAUTION = 0.1
"""A weight away from the default must earn this much, times the square of its distance, in the mean of the metrics."""


@dataclass(frozen=True, slots=True)
class Found:
    """What one query found: `items` with both scores, (n,), NaN where a side is silent; `nearest` by meaning alone."""

    items: tuple[ItemId, ...]
    lexical: Floats
    dense: Floats
    nearest: tuple[ItemId, ...] = ()

    def ranked(self, fuse: Fuse) -> list[ItemId]:
        """Return the items in the order of their fused scores, ties in the order found."""
        return [self.items[at] for at in np.argsort(-fuse(self.lexical, self.dense), kind="stable").tolist()]


@dataclass(frozen=True, slots=True)
class SearchTable:
    """Every system side by side. `comparison`: `compared[0]` (tokens, else the fitted) against the better single side.

    `queries` were judged; `left_out` have no relevant product and tell nothing.
    """

    rows: tuple[Row, ...]
    compared: tuple[str, str]
    comparison: Mapping[str, Comparison]
    fitted: Fusion
    queries: int
    left_out: int


def find(
    index: CatalogueIndex, encoder: Encoder | None, queries: Mapping[str, str], *, limit: int = DEPTH
) -> dict[str, Found]:
    """Ask the index every query, with its meaning where there is an encoder."""
    vectors = encoder.queries(list(queries.values())) if encoder and queries else [None] * len(queries)
    return {
        name: _ask(index, text, vector, limit) for (name, text), vector in zip(queries.items(), vectors, strict=True)
    }


def measured_spread(index: CatalogueIndex, encoder: Encoder, texts: Sequence[str], *, most: int = 50) -> float:
    """Return the usual standard deviation of a query's cosines over the catalogue; needs no judgments."""
    cosines = [index.nearest(vector, Filters(), k=len(index)) for vector in encoder.queries(list(texts)[:most])]
    spreads = [np.std([cosine for _, cosine in found]) for found in cosines if len(found) > 1]
    return float(np.mean(spreads)) if spreads else DEFAULT.spread


def fit_fusion(found: Mapping[str, Found], judgments: Judgments, *, start: Fusion = DEFAULT) -> Fusion:
    """Return `start` with the weight that ranks these queries best: the mean of nDCG@10 and MRR@10, minus caution.

    Without a query that has a relevant product it is `start` itself.
    """
    queries = [name for name in judged_queries(judgments) if name in found]
    return _best(_quality(found, judgments, queries, start), start) if queries else start


def fit_threshold(index: CatalogueIndex, encoder: Encoder, judgments: Judgments, *, keep: float = 0.97) -> float:
    """Return how far above the mean a cosine must lie to count as a match: the highest that keeps most relevant items.

    In standard deviations, from 1.5 to 4. Items that lie below 1.5 are lost to meaning whatever the threshold.
    """
    queries = judged_queries(judgments)
    if not queries:
        return DEFAULT_THRESHOLD
    vectors = encoder.queries([judgments.queries[name] for name in queries])
    found = [_deviations(index, v, judgments.grades[name]) for name, v in zip(queries, vectors, strict=True)]
    within = np.concatenate([one[one >= _LOWEST] for one in found])
    return float(np.clip(np.quantile(within, 1 - keep), _LOWEST, _HIGHEST)) if len(within) else DEFAULT_THRESHOLD


def evaluate_search(
    index: CatalogueIndex,
    encoder: Encoder | None,
    judgments: Judgments,
    *,
    seed: int,
    shipped: Fusion = DEFAULT,
    met: Met | None = None,
    folds: int = 5,
    metric: str = "ndcg@10",
) -> SearchTable:
    """Set BM25, dense, every fusion as it comes and the fitted one side by side on judged queries.

    Where tokens are kept (`met`), the shipped fusion orders its best by them.
    """
    queries = judged_queries(judgments)
    found = find(index, encoder, {name: judgments.queries[name] for name in queries})
    runs = {BM25: _run(found, words_only)}
    if encoder:
        runs[DENSE] = {name: [*one.nearest, *one.ranked(meaning_only)] for name, one in found.items()}
        runs |= {name: _run(found, shipped if name == SHIPPED else fuse) for name, fuse in FUSIONS.items()}
        runs[FITTED] = _cross_fitted(found, judgments, start=shipped, folds=folds, seed=seed)
        if met:
            texts = judgments.queries
            runs[TOKENS] = {name: by_tokens(one, shipped, met, texts[name]) for name, one in found.items()}
            runs[MEANING_TOKENS] = {
                name: by_tokens(deaf(one), shipped, met, texts[name]) for name, one in found.items()
            }
    values = {
        name: judged({q: list(dict.fromkeys(r)) for q, r in run.items()}, judgments) for name, run in runs.items()
    }
    ship = next(name for name in (TOKENS, SHIPPED, BM25) if name in runs)
    rows = tuple(row(name, scores, shipped=name == ship, seed=seed) for name, scores in values.items())
    rival = max((BM25, DENSE) if encoder else (BM25,), key=lambda name: float(values[name][metric].mean()))
    ours = next(name for name in (TOKENS, FITTED, BM25) if name in runs)
    gaps = {name: paired(values[ours][name], values[rival][name], seed=seed) for name in values[ours]}
    fitted = fit_fusion(found, judgments, start=shipped)
    return SearchTable(rows, (ours, rival), gaps, fitted, len(queries), len(judgments.queries) - len(queries))


def deaf(found: Found) -> Found:
    """Return what a query found as if no word had been heard."""
    return replace(found, lexical=np.full(len(found.items), np.nan, np.float32))


def by_tokens(found: Found, fuse: Fuse, met: Met, query: str) -> list[ItemId]:
    """Return what one query found as it is served: the best by their tokens, too."""
    fused = fuse(found.lexical, found.dense)
    best = np.argsort(-fused, kind="stable")[:BY_TOKENS]
    scores = with_tokens(fused[best], met(query, [found.items[at] for at in best]), query)
    ordered = best[np.argsort(-scores, kind="stable")]
    return list(dict.fromkeys([*(found.items[at] for at in ordered.tolist()), *found.ranked(fuse)]))


def _deviations(index: CatalogueIndex, vector: Floats, grades: Mapping[ItemId, float]) -> NDArray[np.float64]:
    """Return how many standard deviations above the mean of all the relevant items lie."""
    cosines = dict(index.nearest(vector, Filters(), k=len(index)))
    values = np.fromiter(cosines.values(), np.float64, len(cosines))
    relevant = [cosines[item] for item, grade in grades.items() if grade > 0 and item in cosines]
    spread = float(values.std()) if len(values) else 0.0
    return (np.array(relevant) - values.mean()) / spread if spread else np.zeros(0)


def _ask(index: CatalogueIndex, text: str, vector: Floats | None, limit: int) -> Found:
    matches = index.search(text, vector, Filters(), limit=limit)
    nearest = index.nearest(vector, Filters(), k=100) if vector is not None else []
    return Found(matches.items, matches.lexical, matches.dense, tuple(item for item, _ in nearest))


def _run(found: Mapping[str, Found], fuse: Fuse) -> dict[str, list[ItemId]]:
    return {name: one.ranked(fuse) for name, one in found.items()}


def _cross_fitted(
    found: Mapping[str, Found], judgments: Judgments, *, start: Fusion, folds: int, seed: int
) -> dict[str, list[ItemId]]:
    """Rank each query by the weight that was fitted on the folds without it."""
    queries = list(found)
    quality = _quality(found, judgments, queries, start)
    fold = np.random.default_rng(seed).permutation(len(queries)) % max(2, folds)
    fitted = {at: _best(quality[:, fold != at], start) for at in set(fold.tolist())}
    return {name: found[name].ranked(fitted[at]) for name, at in zip(queries, fold.tolist(), strict=True)}


def _quality(
    found: Mapping[str, Found], judgments: Judgments, queries: Sequence[str], start: Fusion
) -> NDArray[np.float64]:
    """Return how well each weight ranks each query: (WEIGHTS, queries)."""
    some = Judgments(judgments.queries, {name: judgments.grades[name] for name in queries})
    runs = [{name: found[name].ranked(replace(start, weight=w)) for name in queries} for w in WEIGHTS]
    scores = [judged(run, some) for run in runs]
    order = np.argsort(np.argsort(queries))  # `judged` sorts by id
    return np.stack([(one["ndcg@10"] + one["mrr@10"])[order] / 2 for one in scores])


def _best(quality: NDArray[np.float64], start: Fusion) -> Fusion:
    if not quality.shape[1]:
        return start
    distance = np.array(WEIGHTS) - start.weight
    return replace(start, weight=WEIGHTS[int(np.argmax(quality.mean(axis=1) - _CAUTION * distance**2))])
