"""How good a model is on examples it does not learn from."""

from collections.abc import Sequence

import numpy as np

from zhanggui.core.interactions import Floats


def mrr(cosines: Floats, lefts: Sequence[str], rights: Sequence[str]) -> tuple[float, float]:
    """Return the mean reciprocal rank of the best passage of each left text, and how often it comes first.

    `cosines` (n, n): row i is `lefts[i]` against all `rights`. A passage that occurs twice is one; every passage that
    goes with a left text is right for it. Ties count against us.

    >>> mrr(np.array([[0.9, 0.1], [0.8, 0.3]]), ["tea", "mug"], ["green tea", "blue mug"])
    (0.75, 0.5)
    """
    columns = {text: at for at, text in enumerate(rights)}
    own: dict[str, set[int]] = {}
    for left, right in zip(lefts, rights, strict=True):
        own.setdefault(left, set()).add(columns[right])
    every = np.array(sorted(columns.values()))
    ranks = []
    for at, left in _first(lefts):
        mine = np.isin(every, list(own[left]))
        scores = cosines[at, every]
        ranks.append(1 + int((scores[~mine] >= scores[mine].max()).sum()))
    return float(np.mean([1 / rank for rank in ranks])), float(np.mean([rank == 1 for rank in ranks]))


def _first(lefts: Sequence[str]) -> list[tuple[int, str]]:
    """Return each distinct text with the row where it stands first."""
    return [(lefts.index(left), left) for left in dict.fromkeys(lefts)]
