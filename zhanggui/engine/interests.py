"""What a history says of the shopper, in the few shapes that sources need."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from zhanggui.core.event import TYPES
from zhanggui.core.ids import ItemId, Millis
from zhanggui.core.interactions import Histories, Vocabulary
from zhanggui.core.protocols import Act
from zhanggui.state.interest import interest

_CODES = {kind.value: kind.code for kind in TYPES}
"""By plain text: the hash of an enumeration's member costs more than all else in a loop over acts."""


@dataclass(frozen=True, slots=True)
class Interest:
    """An item that the shopper turned to: when last, and how strongly in all (see `state.interest`)."""

    item: ItemId
    time: Millis
    weight: float


def interests(history: Sequence[Act], *, limit: int) -> list[Interest]:
    """Return the items of the latest acts that show interest, the latest first, each once.

    An item whose last word was a dislike or a return is none.
    """
    found: dict[ItemId, Interest | None] = {}
    for act in reversed(history):
        weight, known = interest(act.type), found.get(act.item)
        if act.item not in found:
            found[act.item] = Interest(act.item, act.time, weight) if weight else None
        elif known is not None:
            found[act.item] = Interest(act.item, known.time, known.weight + weight)
        if sum(one is not None for one in found.values()) > limit:
            break
    return [one for one in found.values() if one is not None][:limit]


def rows_of(history: Sequence[Act], items: Vocabulary) -> Histories:
    """Return acts as a batch of one history over a model's vocabulary; items it does not know are left out."""
    rows = items.rows(act.item for act in history)
    times = np.fromiter((act.time for act in history), np.int64, len(history))
    kinds = np.fromiter((_CODES[act.type.value] for act in history), np.uint8, len(history))
    known = rows >= 0
    return Histories(np.array([0, known.sum()], np.int64), rows[known], times[known], kinds[known])
