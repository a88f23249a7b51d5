"""BM25 as Lucene and tantivy compute it (k1 = 1.2, b = 0.75, lengths rounded down to one byte's worth of steps).

Robertson and Zaragoza, The Probabilistic Relevance Framework (2009), section 3.
"""

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate, chain, repeat

import numpy as np
from numpy.typing import NDArray

K1, B = 1.2, 0.75

_STEPS = chain(repeat(1, 40), *(repeat(2**power, 8) for power in range(1, 27)))
LENGTHS = list(accumulate(chain([0], _STEPS)))[:256]
"""The lengths that an index can remember: exact up to 40, then eight steps of each power of two."""


class Postings:
    """One field of N documents, each with `filler` tokens beyond its own.

    >>> field = Postings([("tea",), ("tea", "pot")])
    >>> field.score("tea").round(3)
    array([0.211, 0.16 ])
    """

    def __init__(self, documents: Sequence[Sequence[str]], *, filler: int = 0) -> None:
        self._counts = [Counter(document) for document in documents]
        self._holders = Counter(token for counts in self._counts for token in counts)
        lengths = [len(document) + filler for document in documents]
        mean = sum(lengths) / max(1, len(lengths))
        rounded = np.array([LENGTHS[bisect_right(LENGTHS, length) - 1] for length in lengths], np.float64)
        self._norms = K1 * (1 - B + B * rounded / max(mean, 1e-9))

    def idf(self, token: str) -> float:
        """Return the weight of a token: ln(1 + (N - n + 1/2) / (n + 1/2)), n documents having it."""
        n = self._holders[token]
        return math.log1p((len(self._counts) - n + 0.5) / (n + 0.5))

    def score(self, token: str) -> NDArray[np.float64]:
        """Return what a token gives each document: (N,)."""
        counts = np.array([found[token] for found in self._counts], np.float64)
        return np.asarray(self.idf(token) * (K1 + 1) * counts / (counts + self._norms))
