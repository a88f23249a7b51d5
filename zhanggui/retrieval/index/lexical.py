"""Which rows have the words of a query, and how well: the part of a search that asks tantivy."""

from dataclasses import dataclass

import numpy as np

from zhanggui.core.interactions import Floats, Longs
from zhanggui.retrieval.index.columns import Flags
from zhanggui.retrieval.index.matching import choose
from zhanggui.retrieval.index.schema import QueryMaker, schema, scoring_tokens
from zhanggui.retrieval.index.text_store import Searcher
from zhanggui.retrieval.text.query import Query


@dataclass(frozen=True, slots=True)
class ByWords:
    """`rows`: all that match, ascending. `best`: the first of them (or all), best first, with their `scores`."""

    rows: Longs
    best: Longs
    scores: Floats


def unscored(rows: Longs) -> ByWords:
    """Return rows that match without having been asked for by words."""
    return ByWords(rows, rows, np.full(len(rows), np.nan, np.float32))


class Lexical:
    """Search by words. Scores are BM25 as a share of what a perfect match would get."""

    def __init__(self) -> None:
        self._make = QueryMaker(schema())

    def matches(
        self, searcher: Searcher, query: Query, mask: Flags, *, meaning: bool, products: int, limit: int | None
    ) -> ByWords:
        """Return what matches within a mask over the rows; `limit` scores only so many of the best, None all."""
        step = choose(
            query,
            lambda step: searcher.count(self._make.matching(step, query)),
            lambda unit: searcher.count(self._make.unit(unit)),
            products=products,
            meaning=meaning,
        )
        matching = self._make.matching(step, query)
        rows = searcher.rows(matching)
        scored = self._make.scored(matching, query)
        best, scores = searcher.scored(scored, limit=len(rows) if limit is None else limit)
        kept = mask[best]
        return ByWords(rows[mask[rows]], best[kept], scores[kept] / self._ideal(searcher, query))

    def partial(self, searcher: Searcher, query: Query, rows: Longs) -> Floats:
        """Return the scores of rows that do not match but may have some of the words: (len(rows),), NaN for none."""
        if not len(rows):
            return np.zeros(0, np.float32)
        scored = self._make.scored(self._make.rows(rows.tolist()), query)
        found, scores = searcher.scored(scored, limit=len(rows))
        by_row = dict(zip(found.tolist(), scores.tolist(), strict=True))
        values = np.array([by_row.get(row, 0.0) for row in rows.tolist()], np.float32)
        return np.where(values > 0, values / self._ideal(searcher, query), np.float32(np.nan))

    def _ideal(self, searcher: Searcher, query: Query) -> np.float32:
        return np.float32(max(searcher.ideal(scoring_tokens(query)), 1e-9))
