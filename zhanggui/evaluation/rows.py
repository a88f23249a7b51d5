"""One line of a table that sets systems side by side."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhanggui.evaluation.bootstrap import interval


@dataclass(frozen=True, slots=True)
class Row:
    """One system: the mean of each metric with its confidence interval. `shipped`: what the Release would serve.

    `values[name]` (n,) are the metric by user or query, in one order for all systems, for paired comparisons.
    """

    system: str
    metrics: Mapping[str, float]
    low: Mapping[str, float]
    high: Mapping[str, float]
    values: Mapping[str, NDArray[np.float64]]
    shipped: bool = False

    def as_json(self) -> dict[str, object]:
        """Return the row in the form of the contract of `--json`."""
        return {
            "system": self.system,
            "shipped": self.shipped,
            "metrics": dict(self.metrics),
            "low": dict(self.low),
            "high": dict(self.high),
        }


def row(
    system: str, values: Mapping[str, NDArray[np.float64]], *, shipped: bool = False, seed: int = 0, samples: int = 1000
) -> Row:
    """Make a row of metrics by user or query: `values[name]` (n,).

    >>> row("bm25", {"mrr@10": np.array([1.0, 1.0])}).as_json()["metrics"]
    {'mrr@10': 1.0}
    """
    bounds = {name: interval(column, seed=seed, samples=samples) for name, column in values.items()}
    return Row(
        system,
        {name: float(column.mean()) if len(column) else 0.0 for name, column in values.items()},
        {name: low for name, (low, _) in bounds.items()},
        {name: high for name, (_, high) in bounds.items()},
        values,
        shipped,
    )
