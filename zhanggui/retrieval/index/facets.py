"""How what matches divides: counts by category, brand and attribute."""

from collections.abc import Callable, Mapping

import numpy as np

from zhanggui.core.candidate import Facet
from zhanggui.core.interactions import Longs
from zhanggui.retrieval.index.columns import Columns
from zhanggui.retrieval.index.ragged import tallied

MAX_VALUES = 100
MAX_ATTRIBUTES = 8
"""A page shows no more; attributes that divide the matches into the fullest groups come first."""

NamesOf = Callable[[list[int]], list[str]]


def facets(columns: Columns, rows: Longs) -> tuple[Facet, ...]:
    """Return the facets of the products of these rows; empty ones are left out."""
    names, nodes = columns.names, columns.names.categories.nodes
    found = [
        _facet("category", *_categories(columns, rows), lambda codes: list(map(" > ".join, nodes.take(codes)))),
        _facet("brand", *tallied(columns.brand[rows], len(names.brands)), names.brands.take),
    ]
    return (*filter(None, found), *_attributes(columns, rows))


def attribute_facets(counts: Mapping[str, Mapping[str, int]]) -> tuple[Facet, ...]:
    """Choose and order the facets of attributes, given the count of each value: `counts[name][value]`.

    What counts is how many products share their value with others; an attribute that tells every product apart is no
    help in choosing.
    """
    shared = {name: sum(values.values()) - len(values) for name, values in counts.items()}
    return tuple(Facet(f"attributes.{name}", ordered(counts[name])) for name in _most_shared(shared))


def ordered(counts: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    """Return the most frequent values, ties by value."""
    best = sorted((-count, value) for value, count in counts.items())[:MAX_VALUES]
    return tuple([(value, -count) for count, value in best])


def _categories(columns: Columns, rows: Longs) -> tuple[Longs, Longs]:
    """Return the nodes at or above which products stand, and how many."""
    tree = columns.names.categories
    totals = tree.rolled_up(np.bincount(columns.category[rows] + 1, minlength=len(tree.nodes) + 1)[1:])
    codes = np.flatnonzero(totals)
    return codes, totals[codes]


def _attributes(columns: Columns, rows: Longs) -> tuple[Facet, ...]:
    values = columns.names.values
    codes, counts = columns.values.counts(rows, len(values))
    owners = values.owners(int(codes.max(initial=-1)) + 1)[codes]
    shared = np.bincount(owners, counts).astype(np.int64) - np.bincount(owners)
    names = {values.names[code]: code for code in np.flatnonzero(shared).tolist()}
    best = _most_shared({name: int(shared[code]) for name, code in names.items()})
    parts = [(f"attributes.{name}", np.flatnonzero(owners == names[name])) for name in best]
    return tuple(filter(None, (_facet(name, codes[at], counts[at], values.take) for name, at in parts)))


def _most_shared(shared: Mapping[str, int]) -> list[str]:
    return sorted((name for name in shared if shared[name] > 0), key=lambda n: (-shared[n], n))[:MAX_ATTRIBUTES]


def _facet(name: str, codes: Longs, counts: Longs, names_of: NamesOf) -> Facet | None:
    """Return the facet of codes with their counts; only those get a name that may be among the most frequent."""
    if not len(codes):
        return None
    if len(codes) > MAX_VALUES:
        frequent = counts >= np.partition(counts, len(counts) - MAX_VALUES)[len(counts) - MAX_VALUES]
        codes, counts = codes[frequent], counts[frequent]
    best = sorted(zip((-counts).tolist(), names_of(codes.tolist()), strict=True))[:MAX_VALUES]
    return Facet(name, tuple([(value, -count) for count, value in best]))
