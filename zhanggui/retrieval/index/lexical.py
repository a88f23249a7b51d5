"""Which rows have the words of a query, and how well: the part of a search that asks tantivy."""

from dataclasses import dataclass

import numpy as np
import tantivy

from zhanggui.core.interactions import Floats, Longs
from zhanggui.retrieval.index.asking import AT_ONCE, Asking
from zhanggui.retrieval.index.columns import Flags
from zhanggui.retrieval.index.matching import choose
from zhanggui.retrieval.index.row_sets import RowSets, Snapshot
from zhanggui.retrieval.index.schema import QueryMaker, schema, scoring_tokens
from zhanggui.retrieval.index.text_store import Searcher
from zhanggui.retrieval.text.analyser import Analyser
from zhanggui.retrieval.text.query import Query, Unit, parse

_FEW = 1500
"""So few rows are scored one by one: finding each costs as much as scoring twenty others."""

_SPARE = 64
_NOTHING = parse("", Analyser())


@dataclass(frozen=True, slots=True)
class ByWords:
    """`found`: which rows match and pass, (n,). `best`: the first of them, best first, with their `scores`."""

    found: Flags
    best: Longs
    scores: Floats


def unscored(found: Flags, *, limit: int) -> ByWords:
    """Return rows that match without having been asked for by words."""
    rows = np.flatnonzero(found)[:limit]
    return ByWords(found, rows, np.full(len(rows), np.nan, np.float32))


class Lexical:
    """Search by words. Scores are BM25 as a share of what a perfect match would get."""

    def __init__(self) -> None:
        self._make = QueryMaker(schema())
        self.sets = RowSets(self._make)

    def matches(self, now: Snapshot, query: Query, sold: Flags, mask: Flags, *, meaning: bool, limit: int) -> ByWords:
        """Return what matches within a mask over the rows, and the best `limit` (0 or more) of it with their scores.

        `sold` are the rows that have a document.
        """
        asking = Asking(self._make, self.sets, now, query, sold, ranked=limit > 0)
        step = choose(query, asking.count, asking.holders, products=int(np.count_nonzero(sold)), meaning=meaning)
        ideal = self._ideal(now.searcher, query)
        if limit and asking.most(step) <= AT_ONCE:
            rows, scores = asking.scored(step)
            found, passed = np.zeros(len(mask), np.bool_), np.flatnonzero(mask[rows])
            found[rows[passed]] = True
            return ByWords(found, rows[passed[:limit]], scores[passed[:limit]] / ideal)
        matching = asking.rows(step)
        found = matching & mask
        if not limit:
            return ByWords(found, np.zeros(0, np.int64), np.zeros(0, np.float32))
        within = self._make.matching(step, query)
        best, scores = self._best(now.searcher, query, within, matching, found, limit)
        return ByWords(found, best, scores / ideal)

    def holders(self, now: Snapshot, unit: Unit, sold: Flags) -> int:
        """Return how many products have a unit; where they are very many, which they are is at hand from then on."""
        return Asking(self._make, self.sets, now, _NOTHING, sold).gathered(unit)

    def partial(self, now: Snapshot, query: Query, rows: Longs) -> Floats:
        """Return the scores of rows by the words that they have, matching or not: (len(rows),), NaN for none."""
        if not len(rows) or not query:
            return np.full(len(rows), np.nan, np.float32)
        scored = self._make.scored(self._make.rows(rows.tolist()), query)
        found, scores = now.searcher.scored(scored, limit=len(rows))
        by_row = dict(zip(found.tolist(), scores.tolist(), strict=True))
        values = np.array([by_row.get(row, 0.0) for row in rows.tolist()], np.float32)
        return np.where(values > 0, values / self._ideal(now.searcher, query), np.float32(np.nan))

    def _best(
        self, searcher: Searcher, query: Query, within: tantivy.Query, matching: Flags, found: Flags, limit: int
    ) -> tuple[Longs, Floats]:
        """Return the best rows of `found`, a part of what `within` finds (`matching`), with their BM25.

        Few are asked for by name. Of many so many of the best are taken that enough should pass, then all if need be.
        """
        wanted, of = int(np.count_nonzero(found)), int(np.count_nonzero(matching))
        if wanted < of and wanted <= _FEW:
            scored = self._make.scored(self._make.rows(np.flatnonzero(found).tolist()), query)
            rows, scores = searcher.scored(scored, limit=wanted)
            return rows[:limit], scores[:limit]
        scored, asked = self._make.scored(within, query), min(of, limit * of // max(wanted, 1) * 5 // 4 + _SPARE)
        while True:
            rows, scores = searcher.scored(scored, limit=asked)
            kept = np.flatnonzero(found[rows])[:limit]
            if len(kept) >= min(limit, wanted) or asked >= of:
                return rows[kept], scores[kept]
            asked = min(of, 4 * asked)

    def _ideal(self, searcher: Searcher, query: Query) -> np.float32:
        return np.float32(max(searcher.ideal(scoring_tokens(query)), 1e-9))
