"""What a Store tells: the numbers of its change feed, what became of a write, how much it holds."""

from dataclasses import dataclass
from enum import StrEnum

from zhanggui.core.erasure import Erasure
from zhanggui.core.event import Event
from zhanggui.core.ids import ItemId
from zhanggui.core.product import Product


class ChangeKind(StrEnum):
    """What a number of the change feed stands for."""

    PRODUCT = "product"
    REMOVED = "removed"
    EVENT = "event"
    ERASED = "erased"

    @property
    def of_products(self) -> bool:
        """Tell whether the catalogue changes by it."""
        return self in (ChangeKind.PRODUCT, ChangeKind.REMOVED)


@dataclass(frozen=True, slots=True)
class Change:
    """One number of the change feed: a product put (its present state) or removed, an event, or what was erased."""

    position: int
    kind: ChangeKind
    item_id: ItemId = ItemId("")
    product: Product | None = None
    event: Event | None = None
    erasure: Erasure | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a write: `written` rows are committed, `repeated` were there already, unchanged."""

    written: int
    repeated: int
    position: int


@dataclass(frozen=True, slots=True)
class Totals:
    """How much a Store holds."""

    products: int
    events: int
    rankings: int
    users: int
