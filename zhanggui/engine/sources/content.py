"""What resembles the shopper's taste: for new shoppers and for items that nobody has bought yet."""

import numpy as np

from zhanggui.core.candidate import Candidate, Evidence
from zhanggui.core.interactions import Floats
from zhanggui.core.protocols import CatalogueIndex, Context, Proposal
from zhanggui.core.request import Request
from zhanggui.engine.interests import interests
from zhanggui.engine.related import Related


class ContentSource:
    """Propose what is nearest to the mean of the latest items' vectors, weighted by interest and recency.

    The n-th latest item counts 1 / (1 + n / 5) of the first. Where no item of the history has a vector, what
    `alike` finds for the latest stands in.
    """

    name = "content"

    def __init__(self, index: CatalogueIndex, alike: Related, *, items: int = 20, k: int = 100) -> None:
        self._index, self._alike, self._items, self._k = index, alike, items, k

    def propose(self, request: Request, context: Context) -> Proposal:
        """Return up to k candidates, none for an empty history."""
        latest = interests(context.history, limit=self._items)
        if not latest:
            return Proposal(())
        weighted = [
            (one.weight / (1 + place / 5), vector)
            for place, one in enumerate(latest)
            if (vector := self._index.vector(one.item)) is not None
        ]
        if not weighted:
            return Proposal(self._alike.of(latest[0].item, request.filters, k=self._k))
        nearest = self._index.nearest(_mean(weighted), request.filters, k=self._k)
        return Proposal([Candidate(item, (Evidence("content", score),)) for item, score in nearest])


def _mean(weighted: list[tuple[float, Floats]]) -> Floats:
    weights = np.array([weight for weight, _ in weighted], np.float32)
    mean = weights @ np.stack([vector for _, vector in weighted])
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-12), np.float32)
