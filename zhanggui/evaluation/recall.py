"""Recall: how much of what is right was found."""

import numpy as np
from numpy.typing import NDArray


def recall(hits: NDArray[np.bool_], relevant: NDArray[np.int64], *, k: int) -> NDArray[np.float64]:
    """Divide the hits among the first k by all that are right: `hits` (B, n), `relevant` (B,) → (B,).

    A row with nothing right scores zero. With more than k right items even a perfect page stays below 1.

    >>> recall(np.array([[True, False, True]]), np.array([4]), k=3)
    array([0.5])
    """
    found = hits[:, :k].sum(axis=1)
    return np.asarray(np.divide(found, relevant, out=np.zeros(len(hits)), where=relevant > 0))
