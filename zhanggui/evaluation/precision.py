"""Precision: how much of the page is right."""

import numpy as np
from numpy.typing import NDArray


def precision(hits: NDArray[np.bool_], *, k: int) -> NDArray[np.float64]:
    """Divide the hits among the first k by k, also when fewer were shown: `hits` (B, n) → (B,).

    >>> precision(np.array([[True, False, True, True]]), k=3).round(3)
    array([0.667])
    """
    return np.asarray(hits[:, :k].sum(axis=1) / k)
