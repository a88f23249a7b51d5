"""A query with the items that answer it, and how much of the answer each one is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from zhanggui.core.ids import ItemId

OWN = 0.5
"""The share of an item that is known to answer, beside what search says."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A text that somebody typed or may type; `rows` of items without doubles and their `shares`, which sum to 1.

    Without rows it tells nothing but how people write.
    """

    text: str
    rows: tuple[int, ...]
    shares: tuple[float, ...]


def listed(
    text: str,
    found: Sequence[tuple[ItemId, float]],
    rows: Mapping[ItemId, int],
    *,
    temperature: float,
    least: float = -np.inf,
    own: ItemId | None = None,
) -> Listed:
    """Return the shares that scores give to items: their softmax; half for `own`, where it is known.

    Items that `rows` does not know are left out, items of one row are one. Where no score reaches `least`, what was
    found answers nothing: without an own item the list is empty.

    >>> listed("tea", [("a", 0.5), ("b", 0.5)], {"a": 0, "b": 1}, temperature=0.1, own="b")
    Listed(text='tea', rows=(0, 1), shares=(0.25, 0.75))
    """
    known = [(rows[item], score) for item, score in found if item in rows]
    shares: dict[int, float] = {}
    if known and max(score for _, score in known) >= least:
        scores = np.array([score for _, score in known]) / temperature
        weights = np.exp(scores - scores.max())
        for (row, _), share in zip(known, (weights / weights.sum()).tolist(), strict=True):
            shares[row] = shares.get(row, 0.0) + share
    if own is not None and own in rows:
        rest = 1 - OWN if shares else 0.0
        shares = {row: share * rest for row, share in shares.items()}
        shares[rows[own]] = shares.get(rows[own], 0.0) + 1 - rest
    return Listed(text, tuple(shares), tuple(shares.values()))
