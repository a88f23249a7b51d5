"""Rows over a graph: what the graph holds is found by it, what came later is scanned, who left is passed over."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from zhanggui.core.interactions import Floats, Ints, Longs
from zhanggui.retrieval.vectors.delta import Delta
from zhanggui.retrieval.vectors.exact import products
from zhanggui.retrieval.vectors.graph import Graph, keys_of
from zhanggui.retrieval.vectors.holders import Holders
from zhanggui.retrieval.vectors.rows import NO_FLOOR, Flags, VectorRows, floor_of, resized

_SAMPLE, _SEED = 2048, 5
_SPARE = 1.5  # results asked for each one needed, since a filter does not take an even share
_BREADTH = 2.0  # efSearch for each result asked for, in a graph of 200,000; larger ones need more to find as much
_BREADTH_OF = 200_000
_LEAST = 128
_STEP = 30.0  # what one result of the graph costs, counted in rows of a scan
_GATHERED = 1000  # so few rows are read one by one, faster than all are looked at


@dataclass(frozen=True, slots=True)
class GraphRows:
    """Implements `VectorRows`: places below `len(graph)` are the graph's, the rest lie in the delta.

    `fresh` are the rows that got their place after the graph was made: the graph's `holders` do not know them.
    `sample` (s, dim) stands for all rows where the spread of a query's cosines is asked for.
    What each question would look for anew: `known` rows, whose place the holders know, the numbers of the fresh ones,
    and how many places the delta has.
    """

    dim: int
    slot: Ints
    graph: Graph
    holders: Holders
    sample: Floats
    fresh: Flags
    delta: Delta
    known: Flags = field(init=False, repr=False)
    newer: Longs = field(init=False, repr=False)
    late: int = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Look for what each question needs."""
        late = max(0, int(self.slot.max(initial=-1)) + 1 - len(self.graph))
        found = {"known": (self.slot >= 0) & ~self.fresh, "newer": np.flatnonzero(self.fresh), "late": late}
        for name, value in found.items():
            object.__setattr__(self, name, value)

    @classmethod
    def over(cls, graph: Graph, slot: Ints) -> "GraphRows":
        """Return rows that lie in a graph."""
        rows = np.flatnonzero(slot >= 0)
        chosen = np.random.default_rng(_SEED).choice(rows, min(_SAMPLE, len(rows)), replace=False)
        sample = graph.codes[slot[np.sort(chosen)]].astype(np.float32)
        dim = graph.codes.shape[1]
        return cls(dim, slot, graph, Holders.of(slot, len(graph)), sample, np.zeros(len(slot), np.bool_), Delta(dim))

    def put(self, rows: Sequence[int] | Longs, vectors: Floats) -> "GraphRows":
        """Return these and the vectors of other rows, rounded to fp16."""
        halves = np.ascontiguousarray(vectors, np.float32).astype(np.float16)
        keys = keys_of(halves)
        places = self.graph.find(halves, keys)
        new = np.flatnonzero(places < 0)
        places[new] = len(self.graph) + self.delta.place(halves[new].astype(np.float32), keys[new])
        return self.lay(np.asarray(rows, np.int64), places)

    def lay(self, rows: Longs, places: Ints) -> "GraphRows":
        """Return these with rows in other places."""
        slot = resized(self.slot, int(rows.max(initial=-1)) + 1)
        fresh = np.zeros(len(slot), np.bool_)
        fresh[: len(self.fresh)] = self.fresh
        slot[rows], fresh[rows] = places, True
        return replace(self, slot=slot, fresh=fresh)

    def adopt(self, rows: Longs, texts: Longs) -> "GraphRows":
        """Return these with the vectors of rows that say what some vector of the graph stands for."""
        places = self.graph.saying(texts)
        return self.lay(rows[places >= 0], places[places >= 0]) if (places >= 0).any() else self

    def drop(self, rows: Sequence[int] | Longs) -> "GraphRows":
        """Return these without the vectors of some rows."""
        rows = np.asarray(rows, np.int64)
        known = rows[rows < len(self.slot)]
        if not len(known):
            return self
        slot, fresh = self.slot.copy(), self.fresh.copy()
        slot[known], fresh[known] = -1, False
        return replace(self, slot=slot, fresh=fresh)

    def get(self, rows: Sequence[int] | Longs) -> Floats:
        """Return the vectors of rows that have one: (len(rows), dim)."""
        places = self.slot[np.asarray(rows, np.int64)]
        late = places >= len(self.graph)
        vectors = self.graph.codes[np.where(late, 0, places)].astype(np.float32)
        vectors[late] = self.delta.vectors(places[late] - len(self.graph))
        return vectors

    def ask(self, query: Floats) -> "GraphAsked":
        """Ask a unit vector (dim,)."""
        return GraphAsked(self, query, self.delta.products(query, self.late))

    def since(self, earlier: VectorRows) -> Longs:
        """Return the rows whose place is another now."""
        n = max(len(self.slot), len(earlier.slot))
        if not isinstance(earlier, GraphRows) or earlier.delta is not self.delta:
            return np.arange(n)
        return np.flatnonzero(resized(self.slot, n) != resized(earlier.slot, n))

    def dead(self) -> int:
        """Return how many places of the graph nobody holds."""
        held = self.slot[(self.slot >= 0) & (self.slot < len(self.graph))]
        return int(np.count_nonzero(np.bincount(held, minlength=len(self.graph)) == 0))


@dataclass(frozen=True, slots=True)
class GraphAsked:
    """Implements `Asked`. `late` holds the cosines of the delta.

    The graph is asked for so many results that enough should be allowed among them, and they are then sieved: as fast
    as a selector inside the search, and it shows how far was seen. Where few rows are allowed, or too few came, the
    allowed ones are scanned.
    """

    rows: GraphRows
    query: Floats
    late: Floats

    def nearest(self, allowed: Flags, *, k: int, floor: float = NO_FLOOR) -> tuple[Longs, Floats]:
        """Return the k best of the allowed rows and their cosines."""
        n = min(len(self.rows.slot), len(allowed))
        allowed, newer = allowed[:n], self.rows.newer[: np.searchsorted(self.rows.newer, n)]
        new = newer[allowed[newer]]
        rows, cosines = self._old(allowed & self.rows.known[:n], k, floor)
        rows, cosines = np.concatenate((rows, new)), np.concatenate((cosines, self.cosines(new)))
        order = np.lexsort((rows, -cosines))
        order = order[cosines[order] >= np.float64(floor)][:k]
        return rows[order], cosines[order]

    def cosines(self, rows: Longs) -> Floats:
        """Return the cosines of some rows."""
        places = np.where(rows < len(self.rows.slot), self.rows.slot[np.minimum(rows, len(self.rows.slot) - 1)], -1)
        values = np.full(len(rows), np.nan, np.float32)
        early = (places >= 0) & (places < len(self.rows.graph))
        values[early] = products(self.rows.graph.codes[places[early]].astype(np.float32), self.query)
        late = places >= len(self.rows.graph)
        values[late] = self.late[places[late] - len(self.rows.graph)]
        return values

    def floor(self, *, deviations: float) -> float:
        """Return the floor as the sample shows it."""
        return floor_of(products(self.rows.sample, self.query), rows=len(self.rows.slot), deviations=deviations)

    def _old(self, allowed: Flags, k: int, floor: float) -> tuple[Longs, Floats]:
        count = int(np.count_nonzero(allowed))
        wanted = min(len(self.rows.graph), max(_LEAST, int(_SPARE * k * len(allowed) / max(count, 1))))
        if count <= max(_GATHERED, wanted * _STEP):
            return self._scanned(allowed, count, k)
        breadth = int(_BREADTH * wanted * max(1.0, len(self.rows.graph) / _BREADTH_OF) ** 0.5)
        places, cosines = self.rows.graph.near(self.query, k=wanted, breadth=breadth)
        rows, cosines_of = self._holding(places, cosines, allowed)
        seen_enough = len(rows) >= k or wanted == len(self.rows.graph) or cosines.min(initial=1.0) < floor
        return (rows, cosines_of) if seen_enough else self._scanned(allowed, count, k)

    def _scanned(self, allowed: Flags, count: int, k: int) -> tuple[Longs, Floats]:
        if count <= _GATHERED:
            rows = np.flatnonzero(allowed)
            return rows, self.cosines(rows)
        places = np.zeros(len(self.rows.graph), np.bool_)
        places[self.rows.slot[: len(allowed)][allowed]] = True
        return self._holding(*self.rows.graph.scan(self.query, places, k=k), allowed)

    def _holding(self, places: Longs, cosines: Floats, allowed: Flags) -> tuple[Longs, Floats]:
        rows, held, values = self.rows.holders.expand(places, cosines)
        known = np.flatnonzero(rows < len(allowed))
        kept = known[allowed[rows[known]] & (self.rows.slot[rows[known]] == held[known])]
        return rows[kept], values[kept]
