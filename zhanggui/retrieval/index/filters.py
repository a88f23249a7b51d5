"""Conditions on products as a mask over the columns."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from zhanggui.core.request import Filters
from zhanggui.retrieval.index.columns import Columns

Flags = NDArray[np.bool_]


def passing(columns: Columns, filters: Filters) -> Flags:
    """Return for each row whether the product is sold and every condition holds: (n,)."""
    mask = columns.sold
    if filters.categories:
        mask = mask & _with_code(columns.names.categories.subtree(filters.categories), columns.category)
    if filters.brands:
        mask = mask & np.isin(columns.brand, _known(columns.names.brands.find(brand) for brand in filters.brands))
    if filters.price_min is not None:
        mask = mask & (columns.price >= filters.price_min)
    if filters.price_max is not None:
        mask = mask & (columns.price <= filters.price_max)
    for name, values in filters.attributes:
        mask = mask & columns.values.holding(_known(columns.names.values.find((name, value)) for value in values))
    if filters.in_stock:
        mask = mask & columns.stock
    return mask


def _with_code(wanted: Flags, codes: NDArray[np.int32]) -> Flags:
    return np.append(wanted, False)[codes]  # code -1 reads the last


def _known(codes: Iterable[int]) -> list[int]:
    return [code for code in codes if code >= 0]
