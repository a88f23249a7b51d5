"""How what matches divides: counts by category, brand and attribute."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from heapq import nlargest

import numpy as np

from zhanggui.core.candidate import Facet, FacetValue
from zhanggui.core.interactions import Longs
from zhanggui.retrieval.index.columns import Columns

MAX_VALUES = 100
MAX_ATTRIBUTES = 8
"""A page shows no more; attributes that divide the matches into the fullest groups come first."""


def facets(columns: Columns, rows: Longs) -> tuple[Facet, ...]:
    """Return the facets of the products of these rows; empty ones are left out."""
    names = columns.names
    codes = columns.category[rows]
    categories = names.categories.rolled_up(np.bincount(codes[codes >= 0], minlength=len(names.categories.nodes)))
    codes = columns.brand[rows]
    brands = np.bincount(codes[codes >= 0], minlength=len(names.brands))
    found = [
        _facet("category", categories, lambda code: " > ".join(names.categories.nodes[code])),
        _facet("brand", brands, lambda code: names.brands[code]),
    ]
    return (*filter(None, found), *_attributes(columns, rows))


def attribute_facets(counts: Mapping[str, Mapping[str, int]]) -> tuple[Facet, ...]:
    """Choose and order the facets of attributes, given the count of each value: `counts[name][value]`.

    What counts is how many products share their value with others; an attribute that tells every product apart is no
    help in choosing.
    """
    shared = {name: sum(values.values()) - len(values) for name, values in counts.items()}
    best = sorted((name for name in shared if shared[name] > 0), key=lambda name: (-shared[name], name))
    return tuple(Facet(f"attributes.{name}", ordered(counts[name])) for name in best[:MAX_ATTRIBUTES])


def ordered(counts: Mapping[str, int]) -> tuple[FacetValue, ...]:
    """Return the most frequent values, ties by value."""
    last = nlargest(MAX_VALUES, counts.values())[-1] if len(counts) > MAX_VALUES else 0
    frequent = [pair for pair in counts.items() if pair[1] >= last]
    best = sorted(frequent, key=lambda pair: (-pair[1], pair[0]))[:MAX_VALUES]
    return tuple(FacetValue(value, count) for value, count in best)


def _attributes(columns: Columns, rows: Longs) -> tuple[Facet, ...]:
    totals = np.bincount(columns.values_of(rows), minlength=len(columns.names.values))
    counts: defaultdict[str, dict[str, int]] = defaultdict(dict)
    codes = np.flatnonzero(totals)
    for (name, value), count in zip(columns.names.values.take(codes.tolist()), totals[codes].tolist(), strict=True):
        counts[name][value] = count
    return attribute_facets(counts)


def _facet(name: str, counts: Longs, value: Callable[[int], str]) -> Facet | None:
    found = ordered({value(code): int(counts[code]) for code in np.flatnonzero(counts).tolist()})
    return Facet(name, found) if found else None
