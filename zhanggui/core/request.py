"""What a caller asks for: one page of one surface."""

from dataclasses import dataclass, field
from enum import StrEnum

from zhanggui.core.ids import ItemId, UserId


class Surface(StrEnum):
    """The kinds of page that the pipeline fills."""

    SEARCH = "search"
    FOR_YOU = "for_you"
    SIMILAR = "similar"
    BOUGHT_TOGETHER = "bought_together"
    TRENDING = "trending"


class Sort(StrEnum):
    """Orders of a result list."""

    RELEVANCE = "relevance"
    PRICE_UP = "price_up"
    PRICE_DOWN = "price_down"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True)
class Filters:
    """Conditions on products; all must hold. Within `categories`, `brands` or one attribute any value will do.

    A category is the path of a node and stands for its whole subtree. A product without a price fails a price bound.
    """

    categories: tuple[tuple[str, ...], ...] = ()
    brands: tuple[str, ...] = ()
    price_min: float | None = None
    price_max: float | None = None
    attributes: tuple[tuple[str, tuple[str, ...]], ...] = ()
    in_stock: bool = False

    def __bool__(self) -> bool:
        return self != Filters()


@dataclass(frozen=True, slots=True)
class Request:
    """One call for a page. `item` is the product looked at (similar, bought together); `query` the words typed.

    `k` items starting at `offset`; `language` ("zh", "en") is that of the words on the page.
    """

    surface: Surface
    user: UserId = UserId("")
    query: str = ""
    item: ItemId = ItemId("")
    filters: Filters = field(default_factory=Filters)
    sort: Sort = Sort.RELEVANCE
    k: int = 20
    offset: int = 0
    language: str = "zh"
