"""Products that match the words typed, or their meaning."""

from zhanggui.core.candidate import Candidate, Evidence
from zhanggui.core.ids import ItemId
from zhanggui.core.protocols import DEPTH, CatalogueIndex, Context, Proposal
from zhanggui.core.request import Request
from zhanggui.engine.query_vectors import QueryVectors
from zhanggui.retrieval.text.query import plain_text


class SearchSource:
    """One question to the index. Evidence: "bm25" and "dense"; "listed" with the place, where nothing was typed."""

    name = "search"

    def __init__(self, index: CatalogueIndex, vectors: QueryVectors | None, *, limit: int = DEPTH) -> None:
        self._index, self._vectors, self._limit = index, vectors, limit

    def propose(self, request: Request, context: Context) -> Proposal:
        """Return the first `limit` matches (more for pages behind them), with total and facets of all."""
        coming = self._vectors.begin(plain_text(request.query)) if self._vectors else None
        limit = max(self._limit, request.offset + request.k)
        vector = coming.vector if coming else None  # words are looked up while it is made
        matches = self._index.search(request.query, vector, request.filters, sort=request.sort, limit=limit)
        rows = zip(matches.items, matches.lexical.tolist(), matches.dense.tolist(), strict=True)
        candidates = [_candidate(place, *row) for place, row in enumerate(rows)]
        return Proposal(candidates, matches.total, matches.facets, coming.degraded if coming else ())


def _candidate(place: int, item: ItemId, lexical: float, dense: float) -> Candidate:
    words = (Evidence("bm25", lexical),) if lexical == lexical else ()  # NaN: that side is silent
    meaning = (Evidence("dense", dense),) if dense == dense else ()
    return Candidate(item, words + meaning or (Evidence("listed", -float(place)),))
