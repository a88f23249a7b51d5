"""How much each type of event says for an item: the one table that all models read."""

import numpy as np

from zhanggui.core.event import TYPES, EventType
from zhanggui.core.interactions import Bytes, Floats

WEIGHTS = {
    EventType.VIEW: 0.2,
    EventType.CLICK: 0.25,
    EventType.CART: 0.5,
    EventType.REMOVE: -0.5,
    EventType.FAVOURITE: 0.6,
    EventType.LIKE: 0.6,
    EventType.DISLIKE: -10.0,
    EventType.OWNED: 1.0,
    EventType.PURCHASE: 1.0,
    EventType.RETURN: -1.0,
    EventType.RATE: 1.0,
    EventType.REVIEW: 1.0,
    EventType.SHARE: 0.4,
    EventType.SEARCH: 0.0,
    EventType.IMPRESSION: 0.0,
}
"""A purchase is 1. What is below zero takes away; zero says nothing. Strengths of one item add up, within 0 and 1."""

OWNING = frozenset({EventType.OWNED, EventType.PURCHASE, EventType.RATE, EventType.REVIEW})
"""Types after which the shopper has the thing."""

_TABLE = np.array([WEIGHTS[kind] for kind in TYPES], np.float32)
_OWNING = np.array([kind in OWNING for kind in TYPES])


def weight(types: Bytes) -> Floats:
    """Return the weight of every event, shape (n,).

    >>> weight(np.array([EventType.PURCHASE.code, EventType.RETURN.code], np.uint8))
    array([ 1., -1.], dtype=float32)
    """
    return _TABLE[types]


def unit(types: Bytes) -> float:
    """Return the weight of the strongest type that occurs, 1 for none: what counts as one in a shop of such events.

    Where nothing but views is known, a view says as much as a purchase does elsewhere.
    """
    present = _TABLE[np.flatnonzero(np.bincount(types, minlength=len(_TABLE)))]
    return float(present.max()) if len(present) and present.max() > 0 else 1.0


def owning(types: Bytes) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Tell for every event whether the shopper has the thing after it, shape (n,)."""
    return _OWNING[types]
