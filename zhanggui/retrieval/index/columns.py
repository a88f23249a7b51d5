"""The catalogue as columns: everything by which products are filtered, counted and sorted.

A row keeps its product for as long as the index lives. Columns are never changed: an update copies them (a few
milliseconds for 100,000 products), so readers go on with what they have.
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
from zhanggui.retrieval.index.names import Names, Tree

Flags = NDArray[np.bool_]
Doubles = NDArray[np.float64]
NEVER = np.iinfo(np.int64).min


@dataclass(frozen=True, slots=True)
class Dictionaries:
    """What the codes in the columns stand for. Shared by all versions of the columns; only ever grows."""

    items: Names[ItemId] = field(default_factory=Names)
    categories: Tree = field(default_factory=Tree)
    brands: Names[str] = field(default_factory=Names)
    values: Names[tuple[str, str]] = field(default_factory=Names)


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns of n rows. `listed`: in the catalogue; `sold`: listed and available, the only ones that are found.

    `category` and `brand` are codes, -1 for none; `price` is NaN and `created` NEVER where unknown; `meaning` tells
    texts apart (64 bits of the passage's hash). The values of row r are `pairs[starts[r]:starts[r + 1]]`, codes of
    (name, value), each once.
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
    starts: Longs
    pairs: Ints

    def __len__(self) -> int:
        return len(self.listed)

    def items(self, rows: Sequence[int] | Longs) -> tuple[ItemId, ...]:
        """Return the ids of rows."""
        return tuple(self.names.items.take(np.asarray(rows).tolist()))

    def rows(self, items: Sequence[ItemId]) -> Longs:
        """Return the rows of ids, -1 where these columns have none."""
        rows = np.fromiter((self.names.items.find(item) for item in items), np.int64, len(items))
        return np.where(rows < len(self), rows, -1)

    def values_of(self, rows: Longs) -> Ints:
        """Return the codes of all values of these rows, one after the other."""
        if len(rows) == len(self):
            return self.pairs
        lengths = (self.starts[1:] - self.starts[:-1])[rows]
        ends = np.cumsum(lengths)
        places = np.arange(ends[-1] if len(ends) else 0) + np.repeat(self.starts[:-1][rows] - ends + lengths, lengths)
        return np.asarray(self.pairs[places])


def empty() -> Columns:
    """Return columns without rows."""
    none = np.zeros(0, np.bool_)
    ints, longs = np.zeros(0, np.int32), np.zeros(0, np.int64)
    return Columns(Dictionaries(), none, none, none, ints, ints, np.zeros(0), longs, longs, np.zeros(1, np.int64), ints)


def updated(columns: Columns, products: Mapping[ItemId, Product | None]) -> Columns:
    """Return columns with these products put, or (where None) taken away."""
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
        *_ragged(columns, n, rows, [_codes(p, names) if p else [] for p in new]),
    )


def meaning(product: Product) -> int:
    """Return 63 bits of the hash of what the encoder reads of a product."""
    return int(content_hash(passage(product))[:16], 16) >> 1


def _codes(product: Product, names: Dictionaries) -> list[int]:
    pairs = ((name, value) for name, values in product.attributes.items() for value in values)
    return list(dict.fromkeys(names.values.code(pair) for pair in pairs))


def _set(column: NDArray[Any], n: int, rows: Longs, values: Sequence[object], missing: object) -> NDArray[Any]:
    grown: NDArray[Any] = np.full(n, missing, column.dtype)
    grown[: len(column)] = column
    grown[rows] = np.array(values, column.dtype)
    return grown


def _ragged(columns: Columns, n: int, rows: Longs, values: Sequence[Sequence[int]]) -> tuple[Longs, Ints]:
    """Return `starts` and `pairs` with the values of these rows replaced."""
    lengths = np.zeros(n, np.int64)
    lengths[: len(columns)] = old = np.diff(columns.starts)
    lengths[rows] = [len(codes) for codes in values]
    starts = np.concatenate(([0], np.cumsum(lengths)))
    pairs = np.zeros(starts[-1], np.int32)
    owner = np.repeat(np.arange(len(columns)), old)
    kept = ~np.isin(owner, rows)
    moved = np.arange(len(owner)) - columns.starts[owner] + starts[owner]
    pairs[moved[kept]] = columns.pairs[kept]
    for row, codes in zip(rows.tolist(), values, strict=True):
        pairs[starts[row] : starts[row + 1]] = codes
    return starts, pairs
