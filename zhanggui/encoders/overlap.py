"""A scorer of pairs without weights: the share of the query's letters that the text has. The double in tests."""

from collections.abc import Sequence

import numpy as np

from zhanggui.core.interactions import Floats


class OverlapScorer:
    """Count the character bigrams (and single characters) of the query that a text holds, as log-odds of the share.

    >>> OverlapScorer().score("green tea", ["green tea bags", "motor oil"]).astype(int).tolist()
    [3, -3]
    """

    name = "overlap"

    def score(self, query: str, texts: Sequence[str]) -> Floats:
        """Return (n,); one half is added to hits and misses, so that it stays finite."""
        asked = _grams(query)
        hits = np.array([len(asked & _grams(text)) for text in texts], np.float32)
        return np.asarray(np.log((hits + 0.5) / (len(asked) - hits + 0.5)), np.float32)


def _grams(text: str) -> set[str]:
    text = text.casefold()
    return {*text.split(), *(text[at : at + 2].strip() for at in range(len(text)))} - {""}
