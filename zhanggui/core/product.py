"""One thing that the shop sells."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from zhanggui.core.ids import ItemId, Millis


@dataclass(frozen=True, slots=True)
class Translation:
    """Title and description in one more language."""

    title: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Product:
    """A product as the contract in the design describes it; only `item_id` is required.

    `category` is the path from the root, `attributes` map a name to one or more values, written as text.
    `price` is in units of `currency` (10.5 is ten yuan fifty), `stock` in pieces; None means unknown.

    >>> Product(ItemId("t1"), title="龙井茶", stock=0).in_stock
    False
    """

    item_id: ItemId
    title: str = ""
    description: str = ""
    translations: Mapping[str, Translation] = field(default_factory=lambda: MappingProxyType({}))
    category: tuple[str, ...] = ()
    brand: str = ""
    price: float | None = None
    currency: str = ""
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    images: tuple[str, ...] = ()
    audio: tuple[str, ...] = ()
    video: tuple[str, ...] = ()
    url: str = ""
    stock: int | None = None
    available: bool = True
    seller_id: str = ""
    group_id: str = ""
    place: str = ""
    created_at: Millis | None = None

    @property
    def in_stock(self) -> bool:
        """Whether it can be bought now: available, and not known to be sold out."""
        return self.available and (self.stock is None or self.stock > 0)

    def title_in(self, language: str) -> str:
        """Return the title in a language, else the main title, else the id."""
        translation = self.translations.get(language)
        return (translation.title if translation else "") or self.title or self.item_id
