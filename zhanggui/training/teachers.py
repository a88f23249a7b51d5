"""Who says which item a raw query asks for: the shop's own search as it stands."""

from collections.abc import Sequence

import numpy as np

from zhanggui.core.interactions import Floats
from zhanggui.core.protocols import CatalogueIndex, Encoder
from zhanggui.core.request import Filters
from zhanggui.data.examples.pseudo import Scored
from zhanggui.retrieval.fusion import DEFAULT, Fuse


class SearchTeacher:
    """Implements `data.examples.pseudo.Teacher` by words and, with an encoder, meaning, fused as search fuses them.

    Scores are on the scale of `fuse`: with the default at most 0.6, for an item that has every
    word and than which nothing found is nearer in meaning.
    """

    def __init__(
        self, index: CatalogueIndex, encoder: Encoder | None = None, *, fuse: Fuse = DEFAULT, depth: int = 50
    ) -> None:
        self.index, self.encoder, self.fuse, self.depth = index, encoder, fuse, depth

    def __call__(self, queries: Sequence[str]) -> list[list[Scored]]:
        """Return up to `depth` items for each query, best first, ties in the order found."""
        return self.answers(queries)[0]

    def answers(self, queries: Sequence[str]) -> tuple[list[list[Scored]], Floats]:
        """Return what a call returns, and the queries' vectors: (n, dim), or (n, 0) without an encoder."""
        if self.encoder is None:
            return [self._answer(query, None) for query in queries], np.zeros((len(queries), 0), np.float32)
        vectors = self.encoder.queries(list(queries))
        return [self._answer(query, vector) for query, vector in zip(queries, vectors, strict=True)], vectors

    def _answer(self, query: str, vector: np.ndarray | None) -> list[Scored]:
        matches = self.index.search(query, vector, Filters(), limit=self.depth)
        scores = np.asarray(self.fuse(matches.lexical, matches.dense), np.float64)
        best = np.argsort(-scores, kind="stable").tolist()
        return [(matches.items[at], float(scores[at])) for at in best]
