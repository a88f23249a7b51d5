"""Mean reciprocal rank, before the mean."""

import numpy as np
from numpy.typing import NDArray


def mrr(hits: NDArray[np.bool_], *, k: int) -> NDArray[np.float64]:
    """Return 1 / rank of the first hit among the first k, 0 without one: `hits` (B, n) in ranked order → (B,).

    Voorhees (TREC-8, 1999).

    >>> mrr(np.array([[False, True, True], [False, False, True]]), k=2)
    array([0.5, 0. ])
    """
    top = hits[:, :k]
    if not top.shape[1]:
        return np.zeros(len(hits))
    return np.where(top.any(axis=1), 1 / (top.argmax(axis=1) + 1), 0.0)
