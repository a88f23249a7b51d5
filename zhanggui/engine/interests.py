"""What a history says of the shopper, in the few shapes that sources need."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from zhanggui.core.ids import ItemId, Millis
from zhanggui.core.interactions import Histories, Vocabulary
from zhanggui.core.protocols import Act
from zhanggui.state.interest import interest


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


def rows_of(history: Iterable[Act], items: Vocabulary) -> Histories:
    """Return acts as a batch of one history over a model's vocabulary; items it does not know are left out."""
    known = [(row, act.time, act.type.code) for act in history if (row := items.row(act.item)) >= 0]
    rows, times, kinds = zip(*known, strict=True) if known else ((), (), ())
    return Histories.of(rows, times=times, types=kinds)
