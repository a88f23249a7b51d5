"""Metrics of ranked answers to queries with graded judgments."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from zhanggui.core.ids import ItemId
from zhanggui.core.interactions import Judgments
from zhanggui.evaluation.hit_rate import hit_rate
from zhanggui.evaluation.mrr import mrr
from zhanggui.evaluation.ndcg import gain, ndcg
from zhanggui.evaluation.recall import recall


def judged_queries(judgments: Judgments) -> list[str]:
    """Return the queries that have at least one item graded above 0, in order of id; the others tell nothing."""
    return sorted(q for q, grades in judgments.grades.items() if any(grade > 0 for grade in grades.values()))


def judged(run: Mapping[str, Sequence[ItemId]], judgments: Judgments, *, k: int = 10) -> dict[str, NDArray[np.float64]]:
    """Return `ndcg@k`, `mrr@k`, `recall@k`, `hr@k`, each (Q,) in the order of `judged_queries`.

    `run[query_id]` are distinct items, best first; an item without a grade counts as 0, a query without an answer
    scores zero. nDCG gains are 2^grade - 1 and its ideal is over all that was judged.

    >>> scores = judged({"q": [ItemId("b"), ItemId("a")]}, Judgments({}, {"q": {ItemId("a"): 1.0}}))
    >>> {name: float(column[0].round(3)) for name, column in scores.items()}
    {'ndcg@10': 0.631, 'mrr@10': 0.5, 'recall@10': 1.0, 'hr@10': 1.0}
    """
    queries = judged_queries(judgments)
    ideal = _padded([list(judgments.grades[q].values()) for q in queries])
    found = _padded([[judgments.grades[q].get(item, 0.0) for item in run.get(q, ())[:k]] for q in queries], width=k)
    hits = found > 0
    return {
        f"ndcg@{k}": ndcg(gain(found), gain(ideal), k=k),
        f"mrr@{k}": mrr(hits, k=k),
        f"recall@{k}": recall(hits, (ideal > 0).sum(axis=1), k=k),
        f"hr@{k}": hit_rate(hits, k=k),
    }


def _padded(rows: Sequence[Sequence[float]], *, width: int = 0) -> NDArray[np.float64]:
    table = np.zeros((len(rows), max([width, *map(len, rows)])))
    for line, values in zip(table, rows, strict=True):
        line[: len(values)] = values
    return table
