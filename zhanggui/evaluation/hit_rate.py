"""Hit rate: whether anything on the page was right."""

import numpy as np
from numpy.typing import NDArray


def hit_rate(hits: NDArray[np.bool_], *, k: int) -> NDArray[np.float64]:
    """Return 1 where one of the first k is a hit, else 0: `hits` (B, n) in ranked order → (B,).

    >>> hit_rate(np.array([[False, True], [False, False]]), k=2)
    array([1., 0.])
    """
    return np.asarray(hits[:, :k].any(axis=1), np.float64)
