"""How much interest each kind of act shows: the weights of the counters, one table for everyone."""

import numpy as np

from zhanggui.core.event import TYPES, EventType
from zhanggui.core.interactions import Floats

INTEREST: dict[EventType, float] = {
    EventType.VIEW: 1.0,
    EventType.CLICK: 1.0,
    EventType.CART: 2.0,
    EventType.FAVOURITE: 2.0,
    EventType.LIKE: 2.0,
    EventType.OWNED: 1.0,
    EventType.PURCHASE: 3.0,
    EventType.RATE: 1.0,
    EventType.REVIEW: 1.0,
    EventType.SHARE: 2.0,
}
"""Kinds that are not named show none: removals, dislikes and returns speak against an item."""

REMEMBERED = frozenset(TYPES) - {EventType.SEARCH, EventType.IMPRESSION}
"""Kinds kept as acts of a user. Impressions are kept as rankings; a search is no act upon an item."""


def interest(kind: EventType) -> float:
    """Return the weight of a kind of act, 0 or more.

    >>> interest(EventType.PURCHASE), interest(EventType.DISLIKE)
    (3.0, 0.0)
    """
    return INTEREST.get(kind, 0.0)


def interest_by_code() -> Floats:
    """Return the weights in the order of `EventType.code`, for whole columns at once."""
    return np.array([interest(kind) for kind in TYPES], np.float32)
