"""The seam of whatever reads a query and a text together and says how well they fit."""

from collections.abc import Sequence
from typing import Protocol

from zhanggui.core.interactions import Floats


class PairScorer(Protocol):
    """Read a query (or a history's text) together with passages of products. Safe to call from many threads.

    `zhanggui.core.protocols` offers it beside the other seams.
    """

    name: str

    def score(self, query: str, texts: Sequence[str]) -> Floats:
        """Return (n,) log-odds that each text is what the query asks for; finite, higher is better."""
        ...
