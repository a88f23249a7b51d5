"""From ranked lists to a page that is pleasant to look at: each thing once, not one shelf only."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import ceil

from zhanggui.core.candidate import Candidate, Dropped
from zhanggui.core.ids import ItemId
from zhanggui.core.product import Product
from zhanggui.engine.shelf import Shelf

_CHUNK = 64
_SPARE = 8

Placed = tuple[Candidate, Product]


class Arrangement:
    """Places from the first on, filled from one ranked list after the other.

    Of variants of one thing (`group_id`) the best stands for all. With a `share`, the first n places hold at most
    max(2, ceil(share * n)) items of one leaf category, as long as the list has others: what is too much waits for the
    next place that has room, or for the end of its list. A longer page begins with the shorter one: paging is stable.
    `dropped` has what was found to have no place.
    """

    def __init__(self, shelf: Shelf, *, share: float | None) -> None:
        self.placed: list[Candidate] = []
        self.dropped: list[Dropped] = []
        self._shelf, self._share = shelf, share
        self._groups: dict[str, ItemId] = {}
        self._leaves: Counter[tuple[str, ...]] = Counter()

    def fill(self, candidates: Sequence[Candidate], *, need: int) -> None:
        """Fill places up to `need` from a ranked list."""
        stream = self._present(candidates, first=need - len(self.placed))
        waiting: list[Placed] = []
        while len(self.placed) < need and (pair := self._next(stream, waiting)) is not None:
            self.placed.append(pair[0])
            self._leaves[pair[1].category] += 1

    def _next(self, stream: Iterator[Placed], waiting: list[Placed]) -> Placed | None:
        for number, pair in enumerate(waiting):
            if self._has_room(pair[1]):
                return waiting.pop(number)
        for pair in stream:
            if self._has_room(pair[1]):
                return pair
            waiting.append(pair)
        return waiting.pop(0) if waiting else None

    def _has_room(self, product: Product) -> bool:
        if self._share is None or not product.category:
            return True
        return self._leaves[product.category] < max(2, ceil(self._share * (len(self.placed) + 1)))

    def _present(self, candidates: Sequence[Candidate], *, first: int) -> Iterator[Placed]:
        """Yield candidates with their product, looked up by the chunk; variants of a thing shown already are dropped.

        Most pages are full after the `first` chunk, which a ranker may have looked at already; a few spare ones fill
        most of the others.

        The Store has the last word: a projection may lag behind a product that was removed a moment ago.
        """
        for start, end in pairwise([0, first, *range(first + _SPARE, len(candidates), _CHUNK), len(candidates)]):
            chunk = candidates[start:end]
            products = self._shelf.get(candidate.item for candidate in chunk)
            for candidate in chunk:
                product = products.get(candidate.item)
                if product is None or not product.available:
                    self.dropped.append(Dropped(candidate, "allowed", "not for sale"))
                elif self._is_variant(product):
                    best = self._groups[product.group_id]
                    self.dropped.append(Dropped(candidate, "group", f"a variant of {best}"))
                else:
                    yield candidate, product

    def _is_variant(self, product: Product) -> bool:
        group = product.group_id
        return bool(group) and self._groups.setdefault(group, product.item_id) != product.item_id
