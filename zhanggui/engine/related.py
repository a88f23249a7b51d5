"""What is related to one item: by the shoppers who had both, or by what the products say of themselves."""

from dataclasses import replace
from typing import Protocol

import numpy as np

from zhanggui.core.candidate import Candidate, Evidence
from zhanggui.core.ids import ItemId
from zhanggui.core.interactions import Floats, Histories
from zhanggui.core.passage import passage
from zhanggui.core.product import Product
from zhanggui.core.protocols import CatalogueIndex, Recommender
from zhanggui.core.request import Filters
from zhanggui.engine.shelf import Shelf
from zhanggui.retrieval.text.analyser import Analyser

_TRIED = 3


class Related(Protocol):
    """Find the items nearest to one."""

    def of(self, item: ItemId, filters: Filters, *, k: int) -> list[Candidate]:
        """Return up to k candidates, best first, whose evidence names `item`; never the item itself."""
        ...


class ByShoppers:
    """Neighbours in a collaborative model, asked with a history of this one item."""

    def __init__(self, model: Recommender, *, source: str = "") -> None:
        self._model = model
        self._source = source or model.name

    def of(self, item: ItemId, filters: Filters, *, k: int) -> list[Candidate]:
        """Return neighbours; filters are left to the pipeline."""
        row = self._model.items_.row(item)
        if row < 0:
            return []
        best = top_rows(self._model.score(Histories.of([row]))[0], k + 1)
        names = self._model.items_.ids
        return [
            Candidate(ItemId(names[other]), (self._evidence(item, row, other, score),))
            for other, score in best
            if other != row
        ][:k]

    def _evidence(self, item: ItemId, row: int, other: int, score: float) -> Evidence:
        both = shoppers_of_both(self._model, row, other)
        return Evidence(self._source, score, (("item", item), ("users", both)) if both else (("item", item),))


class ByContent:
    """Nearest in meaning; while an item has no vector, its neighbours on the shelf that share words with it.

    Then the products of its category are compared word by word (shared words / all words, Jaccard). Where these are
    few, those that have one of its longest words join them.
    """

    def __init__(self, index: CatalogueIndex, shelf: Shelf, analyser: Analyser, *, few: int = 3) -> None:
        self._index, self._shelf, self._analyser, self._few = index, shelf, analyser, few

    def of(self, item: ItemId, filters: Filters, *, k: int) -> list[Candidate]:
        """Return products that pass the filters. The score is a cosine, or the share of words where they stand in."""
        vector = self._index.vector(item)
        found = self._by_words(item, filters, k) if vector is None else self._index.nearest(vector, filters, k=k + 1)
        return [
            Candidate(other, (Evidence("content", score, (("item", item),)),))
            for other, score in found
            if other != item
        ][:k]

    def _by_words(self, item: ItemId, filters: Filters, k: int) -> list[tuple[ItemId, float]]:
        product = self._shelf.get([item]).get(item)
        if product is None:
            return []
        words = self._words(product)
        near = self._shelf.get(self._near(product, words, filters, k)).values()
        scored = [(other.item_id, _jaccard(words, self._words(other))) for other in near]
        return sorted(scored, key=lambda pair: (-pair[1], pair[0]))

    def _near(self, product: Product, words: frozenset[str], filters: Filters, k: int) -> list[ItemId]:
        found: list[ItemId] = []
        if product.category and not filters.categories:
            shelf = replace(filters, categories=(product.category,))
            found += self._index.search("", None, shelf, limit=k + 1).items
        for word in sorted(words, key=lambda word: (-len(word), word))[:_TRIED]:
            if len(found) <= self._few:
                found += self._index.search(word, None, filters, limit=k + 1).items
        return found

    def _words(self, product: Product) -> frozenset[str]:
        return frozenset(self._analyser.tokens(passage(product)).words)


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / max(len(one | other), 1)


def shoppers_of_both(model: Recommender, one: int, other: int) -> int:
    """Return how many shoppers had both rows, 0 where the model does not count them."""
    shoppers = getattr(model, "shoppers", None)
    return int(shoppers(one, other)) if shoppers is not None else 0


def top_rows(scores: Floats, k: int) -> list[tuple[int, float]]:
    """Return the k best rows with a finite score, best first, ties by row.

    >>> top_rows(np.array([1.0, 3.0, -np.inf, 3.0], np.float32), 3)
    [(1, 3.0), (3, 3.0), (0, 1.0)]
    """
    rows = np.flatnonzero(scores > -np.inf)
    if len(rows) > k:
        bound = np.partition(scores[rows], len(rows) - k)[len(rows) - k]
        rows = rows[scores[rows] >= bound]
    best = rows[np.argsort(-scores[rows], kind="stable")][:k]
    return [(int(row), float(scores[row])) for row in best]
