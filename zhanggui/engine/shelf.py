"""Products at hand: the Store's rows as objects, as many as fit, renewed when the feed says so."""

import threading
from collections.abc import Iterable, Sequence

from zhanggui.core.ids import ItemId
from zhanggui.core.product import Product
from zhanggui.core.protocols import Store


class Shelf:
    """Look products up in batches; the ones asked for lately are kept in memory, at most `size`. Thread-safe."""

    def __init__(self, store: Store, *, size: int = 20_000) -> None:
        self._store, self._size = store, size
        self._products: dict[ItemId, Product] = {}
        self._changes = 0
        self._lock = threading.Lock()

    def get(self, items: Iterable[ItemId]) -> dict[ItemId, Product]:
        """Return those that exist, in the order asked for; at most one query."""
        wanted = list(dict.fromkeys(items))
        with self._lock:
            changes = self._changes
            found = {item: self._touched(item) for item in wanted if item in self._products}
        missing = [item for item in wanted if item not in found]
        if missing:
            found |= self._fetch(missing, changes)
        return {item: found[item] for item in wanted if item in found}

    def forget(self, items: Sequence[ItemId]) -> None:
        """Let go of products that changed; the next look fetches them anew."""
        with self._lock:
            self._changes += 1
            for item in items:
                self._products.pop(item, None)

    def _fetch(self, items: list[ItemId], changes: int) -> dict[ItemId, Product]:
        fetched = self._store.products(items)
        with self._lock:
            if changes == self._changes:  # else a change may have come between reading and keeping
                self._products |= fetched
                for _ in range(len(self._products) - self._size):
                    del self._products[next(iter(self._products))]
        return fetched

    def _touched(self, item: ItemId) -> Product:
        product = self._products.pop(item)
        self._products[item] = product
        return product
