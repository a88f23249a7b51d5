"""From a ranked list to a page that is pleasant to look at: each thing once, not one shelf only."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil

from zhanggui.core.candidate import Candidate, Dropped
from zhanggui.core.ids import ItemId
from zhanggui.core.product import Product
from zhanggui.engine.shelf import Shelf

_CHUNK = 64


@dataclass(frozen=True, slots=True)
class Arranged:
    """The first places of the page in order, and what was found to be no place's right while filling them."""

    placed: tuple[Candidate, ...]
    dropped: tuple[Dropped, ...]


def arrange(candidates: Sequence[Candidate], shelf: Shelf, *, need: int, share: float | None) -> Arranged:
    """Fill the first `need` places from a ranked list.

    Of variants of one thing (`group_id`) the best stands for all. With a `share`, the first n places hold at most
    max(2, ceil(share * n)) items of one leaf category, as long as there are others: what is too much waits for the
    next place that has room. A longer page begins with the shorter one, so paging is stable.
    """
    dropped: list[Dropped] = []
    stream = _present(candidates, shelf, dropped)
    placed: list[Candidate] = []
    waiting: list[tuple[Candidate, Product]] = []
    leaves: Counter[tuple[str, ...]] = Counter()
    while len(placed) < need:
        limit = max(2, ceil(share * (len(placed) + 1))) if share is not None else need
        pair = _next(stream, waiting, leaves, limit)
        if pair is None:
            break
        placed.append(pair[0])
        leaves[pair[1].category] += 1
    return Arranged(tuple(placed), tuple(dropped))


def _next(
    stream: Iterator[tuple[Candidate, Product]],
    waiting: list[tuple[Candidate, Product]],
    leaves: Counter[tuple[str, ...]],
    limit: int,
) -> tuple[Candidate, Product] | None:
    for number, (_, product) in enumerate(waiting):
        if leaves[product.category] < limit:
            return waiting.pop(number)
    for candidate, product in stream:
        if not product.category or leaves[product.category] < limit:
            return candidate, product
        waiting.append((candidate, product))
    return waiting.pop(0) if waiting else None


def _present(
    candidates: Sequence[Candidate], shelf: Shelf, dropped: list[Dropped]
) -> Iterator[tuple[Candidate, Product]]:
    """Yield candidates with their product, looked up by the chunk; variants of a thing shown already are dropped.

    The Store has the last word: a projection may lag behind a product that was removed a moment ago.
    """
    groups: dict[str, ItemId] = {}
    for start in range(0, len(candidates), _CHUNK):
        chunk = candidates[start : start + _CHUNK]
        products = shelf.get(candidate.item for candidate in chunk)
        for candidate in chunk:
            product = products.get(candidate.item)
            if product is None or not product.available:
                dropped.append(Dropped(candidate, "allowed", "not for sale"))
            elif product.group_id and groups.setdefault(product.group_id, candidate.item) != candidate.item:
                dropped.append(Dropped(candidate, "group", f"a variant of {groups[product.group_id]}"))
            else:
                yield candidate, product
