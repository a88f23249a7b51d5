"""One act of one shopper."""

from dataclasses import dataclass
from enum import StrEnum

from zhanggui.core.ids import EventId, ItemId, Millis, RankingId, UserId


class EventType(StrEnum):
    """What a shopper did. The order is fixed: its index is the code in columnar data."""

    VIEW = "view"
    CLICK = "click"
    CART = "cart"
    REMOVE = "remove"
    FAVOURITE = "favourite"
    LIKE = "like"
    DISLIKE = "dislike"
    OWNED = "owned"
    PURCHASE = "purchase"
    RETURN = "return"
    RATE = "rate"
    REVIEW = "review"
    SHARE = "share"
    SEARCH = "search"
    IMPRESSION = "impression"

    @property
    def code(self) -> int:
        """Return the small integer that stands for this type in arrays."""
        return _CODES[self]


_CODES = {kind: code for code, kind in enumerate(EventType)}
TYPES = tuple(EventType)


@dataclass(frozen=True, slots=True)
class Event:
    """An event as the contract in the design describes it. `item_id` may be empty for `search` only.

    `value` is money, a rating or a share, by type; `quantity` counts pieces; `position` counts from zero.
    """

    event_id: EventId
    user_id: UserId
    type: EventType
    time: Millis
    item_id: ItemId = ItemId("")
    anonymous_id: str = ""
    session_id: str = ""
    order_id: str = ""
    ranking_id: RankingId = RankingId("")
    position: int | None = None
    query: str = ""
    surface: str = ""
    device: str = ""
    channel: str = ""
    place: str = ""
    value: float | None = None
    quantity: float | None = None
    text: str = ""
    consent: bool | None = None
