"""The two kinds of records that a shop imports."""

from collections.abc import Collection, Set
from dataclasses import dataclass

from zhanggui.data.records import EVENT_FIELDS, PRODUCT_FIELDS


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of record: the fields of its contract, and those of them that every record has."""

    name: str
    fields: Set[str]
    required: Collection[str]

    def of_columns(self, *columns: str) -> "Kind":
        """Return this kind as a foreign file spells it: all these columns are required."""
        return Kind(self.name, dict.fromkeys(columns).keys(), columns)


PRODUCTS = Kind("products", PRODUCT_FIELDS.keys(), ("item_id",))
EVENTS = Kind("events", EVENT_FIELDS.keys(), ("user_id", "type", "time"))
