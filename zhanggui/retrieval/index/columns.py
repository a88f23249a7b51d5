"""The catalogue as columns: everything by which products are filtered, counted and sorted.

A row keeps its product for as long as the index lives. What a reader may see is never changed: an update copies the
columns in which an old row gets another value, and writes new rows behind the ends of the others (`growing`). So only
the latest columns may be updated.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhanggui.core.ids import ItemId
from zhanggui.core.interactions import Ints, Longs
from zhanggui.core.passage import content_hash, passage
from zhanggui.core.product import Product
from zhanggui.retrieval.index.growing import replaced
from zhanggui.retrieval.index.names import Names, Tree, Values
from zhanggui.retrieval.index.ragged import Ragged

Flags = NDArray[np.bool_]
Doubles = NDArray[np.float64]
NEVER = np.iinfo(np.int64).min


@dataclass(frozen=True, slots=True)
class Dictionaries:
    """What the codes in the columns stand for. Shared by all versions of the columns; only ever grows."""

    items: Names[ItemId] = field(default_factory=Names)
    categories: Tree = field(default_factory=Tree)
    brands: Names[str] = field(default_factory=Names)
    values: Values = field(default_factory=Values)


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns of n rows. `listed`: in the catalogue; `sold`: listed and available, the only ones that are found.

    `category` and `brand` are codes, -1 for none; `price` is NaN and `created` NEVER where unknown; `meaning` tells
    texts apart (63 bits of the passage's hash). `values` are codes of (attribute, value).
    """

    names: Dictionaries
    listed: Flags
    sold: Flags
    stock: Flags
    category: Ints
    brand: Ints
    price: Doubles
    created: Longs
    meaning: Longs
    values: Ragged

    def __len__(self) -> int:
        return len(self.listed)

    def items(self, rows: Sequence[int] | Longs) -> tuple[ItemId, ...]:
        """Return the ids of rows."""
        return tuple(self.names.items.take(np.asarray(rows).tolist()))

    def rows(self, items: Sequence[ItemId]) -> Longs:
        """Return the rows of ids, -1 where these columns have none."""
        rows = np.fromiter((self.names.items.find(item) for item in items), np.int64, len(items))
        return np.where(rows < len(self), rows, -1)


def empty() -> Columns:
    """Return columns without rows."""
    none = np.zeros(0, np.bool_)
    ints, longs = np.zeros(0, np.int32), np.zeros(0, np.int64)
    return Columns(Dictionaries(), none, none, none, ints, ints, np.zeros(0), longs, longs, Ragged.flat(ints, ints))


def updated(columns: Columns, products: Mapping[ItemId, Product | None]) -> Columns:
    """Return the latest columns with these products put, or (where None) taken away."""
    names = columns.names
    rows = np.array([names.items.code(item) for item in products], np.int64)
    n = max(len(columns), int(rows.max(initial=-1)) + 1)
    new = list(products.values())
    return Columns(
        names,
        _set(columns.listed, n, rows, [p is not None for p in new], False),
        _set(columns.sold, n, rows, [p is not None and p.available for p in new], False),
        _set(columns.stock, n, rows, [p is not None and p.in_stock for p in new], False),
        _set(columns.category, n, rows, [names.categories.code(p.category) if p else -1 for p in new], -1),
        _set(columns.brand, n, rows, [names.brands.code(p.brand) if p and p.brand else -1 for p in new], -1),
        _set(columns.price, n, rows, [p.price if p and p.price is not None else np.nan for p in new], np.nan),
        _set(columns.created, n, rows, [p.created_at if p and p.created_at is not None else NEVER for p in new], NEVER),
        _set(columns.meaning, n, rows, [meaning(p) if p else 0 for p in new], 0),
        columns.values.put(n, rows, [_codes(p, names) if p else [] for p in new]),
    )


def meaning(product: Product) -> int:
    """Return 63 bits of the hash of what the encoder reads of a product."""
    return int(content_hash(passage(product))[:16], 16) >> 1


def _codes(product: Product, names: Dictionaries) -> list[int]:
    pairs = ((name, value) for name, values in product.attributes.items() for value in values)
    return list(dict.fromkeys(names.values.code(pair) for pair in pairs))


def _set(column: NDArray[Any], n: int, rows: Longs, values: Sequence[object], missing: object) -> NDArray[Any]:
    return replaced(column, n, rows, np.array(values, column.dtype), missing)
