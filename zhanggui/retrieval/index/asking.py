"""One query being understood: how much each step would find, and which rows."""

from functools import reduce

import numpy as np

from zhanggui.core.interactions import Floats, Longs
from zhanggui.retrieval.index.columns import Flags
from zhanggui.retrieval.index.matching import Step, tokens_of
from zhanggui.retrieval.index.row_sets import RowSets, Snapshot
from zhanggui.retrieval.index.schema import QueryMaker
from zhanggui.retrieval.text.query import Query, Unit

BROAD = 4000
"""What finds more rows than this is put together from kept row sets: tantivy hands over 2,500 rows a millisecond."""

AT_ONCE = 2000
"""So many matches at most are scored while they are found; of more, which they are is asked first."""


class Asking:
    """Ask tantivy where little is found, row sets where much is.

    `sold` are the rows that have a document; `ranked` says that scores will be wanted. To count is cheap for tantivy
    whatever it finds; so words that very many products have are handed over only where a step finds very many, and two
    such words that few products share are not.
    """

    def __init__(
        self, make: QueryMaker, sets: RowSets, now: Snapshot, query: Query, sold: Flags, *, ranked: bool = False
    ) -> None:
        self._make, self._sets, self._now, self._query, self._sold = make, sets, now, query, sold
        self._ranked = ranked
        self._counts: dict[Step, int] = {}
        self._masks: dict[Step, Flags] = {}
        self._scored: dict[Step, tuple[Longs, Floats]] = {}

    def count(self, step: Step) -> int:
        """Return how many products match by a step."""
        if step not in self._counts:
            bound = self._at_most(step)
            if bound > BROAD and self._is_kept(step):
                self._counts[step] = int(np.count_nonzero(self._combined(step)))
            elif (
                self._ranked and bound <= AT_ONCE
            ):  # most likely this is what is matched by: counted and scored by one search
                self._counts[step] = len(self.scored(step)[0])
            else:
                self._counts[step] = self._now.searcher.count(self._make.matching(step, self._query))
        return self._counts[step]

    def holders(self, unit: Unit) -> int:
        """Return how many products have a unit."""
        return self.gathered(unit) if unit in self._sets else self._now.searcher.count(self._make.unit(unit))

    def gathered(self, unit: Unit) -> int:
        """Return how many products have a unit; where they are very many, which they are is kept from then on."""
        if self._bound(unit) > BROAD:
            return int(np.count_nonzero(self._sets.mask(self._now, unit)))
        return self._now.searcher.count(self._make.unit(unit))

    def scored(self, step: Step) -> tuple[Longs, Floats]:
        """Return all rows that match by a step and their BM25, best first."""
        if step not in self._scored:
            asked = self._make.scored(self._make.matching(step, self._query), self._query)
            most = self._counts.get(step, self._at_most(step))
            self._scored[step] = self._now.searcher.scored(asked, limit=most)
        return self._scored[step]

    def rows(self, step: Step) -> Flags:
        """Return which rows match by a step: (n,)."""
        if self.most(step) > BROAD:
            return self._combined(step)
        mask = np.zeros(len(self._sold), np.bool_)
        mask[self._now.searcher.rows(self._make.matching(step, self._query))] = True
        return mask

    def _combined(self, step: Step) -> Flags:
        if step not in self._masks:
            masks = [self._sets.mask(self._now, unit) for unit in step.units]
            if step.needed < len(masks):
                masks = [reduce(np.add, (mask.view(np.uint8) for mask in masks)) >= step.needed]
            masks += [self._sets.mask(self._now, Unit((), phrase)) for phrase in self._query.phrases]
            masks += [~self._sets.mask(self._now, unit) for unit in self._query.excluded]
            self._masks[step] = reduce(np.logical_and, masks, self._sold)
        return self._masks[step]

    def most(self, step: Step) -> int:
        """Return a bound on how many products match by a step: their number where it is known, or may be large."""
        if step not in self._counts and (bound := self._at_most(step)) <= BROAD:
            return bound
        return self.count(step)

    def _is_kept(self, step: Step) -> bool:
        phrases = (Unit((), phrase) for phrase in self._query.phrases)
        return all(unit in self._sets for unit in (*step.units, *phrases, *self._query.excluded))

    def _at_most(self, step: Step) -> int:
        """Return a bound on what a step finds."""
        bounds = sorted(map(self._bound, step.units), reverse=True)
        found = sum(bounds[step.needed - 1 :]) if bounds else len(self._sold)
        return min(found, *(self._bound(Unit((), phrase)) for phrase in self._query.phrases), len(self._sold))

    def _bound(self, unit: Unit) -> int:
        """Return a bound on how many products have a unit: those that have its rarest term, or its rarest atom."""
        count = self._now.searcher.holders
        terms = min((count("all", token) for token in tokens_of(unit)), default=0)
        return terms + min((count("atoms", atom) for atom in unit.phrase), default=0)
