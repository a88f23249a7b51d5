"""What the catalogue says of its items: the texts that behaviour is turned into."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from zhanggui.core.ids import ItemId
from zhanggui.core.passage import passage
from zhanggui.core.product import Product


@dataclass(frozen=True, slots=True)
class Texts:
    """`passages[item]` is what the passage encoder reads, `titles[item]` what a shopper saw; silent items have neither.

    `groups[item]` names what else is the same thing (`group_id`), for items that have one.
    """

    passages: Mapping[ItemId, str]
    titles: Mapping[ItemId, str]
    groups: Mapping[ItemId, str]

    @classmethod
    def of(cls, products: Iterable[Product]) -> "Texts":
        """Read a catalogue once.

        >>> Texts.of([Product(ItemId("t"), title="tea"), Product(ItemId("x"))]).passages
        {'t': 'tea'}
        """
        passages: dict[ItemId, str] = {}
        titles: dict[ItemId, str] = {}
        groups: dict[ItemId, str] = {}
        for product in products:
            if text := passage(product):
                passages[product.item_id] = text
                titles[product.item_id] = product.title or text
            if product.group_id:
                groups[product.item_id] = product.group_id
        return cls(passages, titles, groups)

    def same(self, one: ItemId, other: ItemId) -> bool:
        """Tell whether two items are one to a language model: the same item, group or passage."""
        group = self.groups.get(one)
        text = self.passages.get(one)
        return (
            one == other
            or (group is not None and group == self.groups.get(other))
            or (text is not None and text == self.passages.get(other))
        )
