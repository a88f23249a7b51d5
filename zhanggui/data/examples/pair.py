"""Two texts that belong together: the one example that every maker of training data yields."""

from dataclasses import dataclass
from enum import StrEnum

from zhanggui.core.ids import ItemId, Millis


class PairKind(StrEnum):
    """Where a pair comes from."""

    QUERY = "query"
    """A query, and an item clicked, put into the cart or bought from it."""
    TOGETHER = "together"
    """An item, and one bought with it or after it."""
    HISTORY = "history"
    """What a shopper looked at last, and the next item."""
    TITLE = "title"
    """A part of what the catalogue says of an item, and the item; needs no shopper."""
    PSEUDO = "pseudo"
    """A query of the raw log, and the item that a teacher is sure about."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A positive example: whoever says `left` is served by `item`, whose passage is `right`.

    `left` is what the query encoder reads (a query, a title looked at, a history's text), `right` what the passage
    encoder reads (`core.passage.passage`). `time` is the moment of the act in ms UTC, None for the catalogue, which has
    none. `weight` is above 0; 1 is what a click says.

    >>> Pair("绿茶", "西湖龙井 明前", ItemId("t1"), PairKind.QUERY).weight
    1.0
    """

    left: str
    right: str
    item: ItemId
    kind: PairKind
    time: Millis | None = None
    weight: float = 1.0
