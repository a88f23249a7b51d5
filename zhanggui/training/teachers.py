"""Who says which item a raw query asks for: the shop's own search as it stands."""

from collections.abc import Sequence

import numpy as np

from zhanggui.core.protocols import CatalogueIndex, Encoder
from zhanggui.core.request import Filters
from zhanggui.data.examples.pseudo import Scored
from zhanggui.retrieval.fusion import DEFAULT, Fuse, with_tokens
from zhanggui.training.fusion import Met


class SearchTeacher:
    """Implements `data.examples.pseudo.Teacher` by words and, with an encoder, meaning, fused as search fuses them.

    Scores are on the scale of `fuse`: with the default at most 0.6, for an item that has every
    word and than which nothing found is nearer in meaning. With `met` the best are ordered by their tokens, all of
    them: an item loses by how much worse than another it meets the query.
    """

    def __init__(
        self,
        index: CatalogueIndex,
        encoder: Encoder | None = None,
        *,
        fuse: Fuse = DEFAULT,
        met: Met | None = None,
        depth: int = 50,
    ) -> None:
        self.index, self.encoder, self.fuse, self.met, self.depth = index, encoder, fuse, met, depth

    def __call__(self, queries: Sequence[str]) -> list[list[Scored]]:
        """Return up to `depth` items for each query, best first, ties in the order found."""
        vectors = self.encoder.queries(list(queries)) if self.encoder and queries else [None] * len(queries)
        return [self._answer(query, vector) for query, vector in zip(queries, vectors, strict=True)]

    def _answer(self, query: str, vector: np.ndarray | None) -> list[Scored]:
        matches = self.index.search(query, vector, Filters(), limit=self.depth)
        fused = self.fuse(matches.lexical, matches.dense)
        items, scores = matches.items, np.asarray(fused, np.float64)
        if self.met is not None and len(items):
            met = self.met(query, items)
            scores = np.asarray(with_tokens(fused, met - np.nan_to_num(met, nan=-1.0).max(), query), np.float64)
        return [(items[at], float(scores[at])) for at in np.argsort(-scores, kind="stable").tolist()]
