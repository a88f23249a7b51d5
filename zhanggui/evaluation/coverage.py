"""Coverage: how much of the catalogue anyone ever gets to see."""

import numpy as np
from numpy.typing import NDArray


def coverage(shown: NDArray[np.int32], *, items: int) -> float:
    """Divide the distinct items on all pages by those of the catalogue: `shown` (B, k) item rows, -1 for none.

    >>> coverage(np.array([[0, 1], [1, -1]], np.int32), items=4)
    0.5
    """
    if not items:
        return 0.0
    distinct = np.unique(shown)
    return float((distinct >= 0).sum() / items)
