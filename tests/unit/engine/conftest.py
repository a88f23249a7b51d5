"""A small shop in memory: real parts, small ones."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest

from zhanggui.core.clock import FixedClock
from zhanggui.core.event import Event, EventType
from zhanggui.core.ids import EventId, ItemId, Millis, UserId
from zhanggui.core.product import Product
from zhanggui.core.protocols import ChangeKind, Matches
from zhanggui.core.request import Request, Sort, Surface
from zhanggui.data.store.memory import MemoryStore
from zhanggui.encoders.hashed import HashEncoder
from zhanggui.encoders.vectors import MemoryVectorCache
from zhanggui.engine.opening import Ingredients, Pace, open_shop
from zhanggui.engine.shop import Shop
from zhanggui.state.memory import MemoryState

NOW = Millis(1_500_000_000_000)


class PlainIndex:
    def __init__(self):
        self.position = 0
        self.products: dict[str, Product] = {}
        self.vectors = {}

    def apply(self, changes, position):
        for change in changes:
            if change.kind is ChangeKind.PRODUCT:
                self.products[change.item_id] = change.product
            elif change.kind is ChangeKind.REMOVED:
                self.products.pop(change.item_id, None)
        self.position = max(position, self.position)

    def put_vectors(self, items, vectors):
        self.vectors |= {item: vector for item, vector in zip(items, vectors, strict=True) if item in self.products}

    def search(self, query, vector, filters, *, sort=Sort.RELEVANCE, limit=1000):
        words = query.lower().split()
        found = []
        for item in sorted(self.products):
            product = self.products[item]
            if not self._fits(product, filters):
                continue
            lexical = float(sum(product.title.lower().count(word) for word in words)) if words else np.nan
            own = self.vectors.get(item)
            dense = float(own @ vector) if vector is not None and own is not None else np.nan
            if not words or lexical > 0 or dense > 0.3:
                found.append((item, lexical if lexical else np.nan, dense))
        keys = {
            Sort.NEWEST: lambda row: -(self.products[row[0]].created_at or 0),
            Sort.PRICE_UP: lambda row: self.products[row[0]].price or 0,
            Sort.PRICE_DOWN: lambda row: -(self.products[row[0]].price or 0),
            Sort.RELEVANCE: lambda row: -np.nan_to_num(row[1]),
        }
        found.sort(key=keys[sort])
        items, lexical, dense = zip(*found[:limit], strict=True) if found else ((), (), ())
        return Matches(tuple(items), np.array(lexical, np.float32), np.array(dense, np.float32), len(found))

    def nearest(self, vector, filters, *, k):
        cosines = [(i, float(v @ vector)) for i, v in self.vectors.items() if self._fits(self.products.get(i), filters)]
        return sorted(cosines, key=lambda pair: (-pair[1], pair[0]))[:k]

    def vector(self, item):
        return self.vectors.get(item)

    def allowed(self, items, filters):
        return np.array([self._fits(self.products.get(item), filters) for item in items], np.bool_)

    def _fits(self, product, filters):
        if product is None or not product.available:
            return False
        return not filters.categories or any(product.category[: len(c)] == c for c in filters.categories)

    def __len__(self):
        return len(self.products)


@dataclass
class Bench:
    """A shop and the parts that tests look into."""

    store: MemoryStore
    index: PlainIndex
    state: MemoryState
    clock: FixedClock
    shop: Shop
    serial: int = field(default=0)

    def act(self, user: str, item: str, kind: EventType = EventType.CLICK, *, ago: int = 0) -> None:
        self.serial += 1
        time = Millis(self.clock.now() - ago)
        self.shop.put_events([Event(EventId(str(self.serial)), UserId(user), kind, time, ItemId(item))])

    def ids(self, surface: Surface, **options: object) -> list[str]:
        return [candidate.item for candidate in self.shop.page(Request(surface, **options)).items]


def product(item: str, title: str = "", **options: object) -> Product:
    return Product(ItemId(item), title=title or item, **options)


def shelf_of(*titles: str) -> list[Product]:
    return [product(f"i{n:02}", title, created_at=Millis(n)) for n, title in enumerate(titles)]


@pytest.fixture
def make_product():
    return product


@pytest.fixture
def make_shelf():
    return shelf_of


@pytest.fixture
def make_bench():
    """Open shops and close them when the test ends."""
    opened: list[Shop] = []

    def make(products: Sequence[Product] = (), *, meaning: bool = False, store=None, index=None, **options) -> Bench:
        clock = FixedClock(NOW)
        store, index, state = store or MemoryStore(), index or PlainIndex(), MemoryState(clock)
        store.put_products(products)
        encoder = HashEncoder(dim=64) if meaning else None
        given = Ingredients(
            store=store,
            index=index,
            state=state,
            clock=clock,
            fuse=plain_fuse,
            encoder=encoder,
            vectors=MemoryVectorCache(dim=64) if meaning else None,
            **options,
        )
        shop = open_shop(given, pace=Pace(follow=0.01, rankings=0.01, nudge=0.01, keep=60))
        opened.append(shop)
        if meaning:
            wait_until(lambda: (p := shop.health().meaning).done == p.total == len(index))
        return Bench(store, index, state, clock, shop)

    yield make
    for shop in opened:
        shop.close()


def plain_fuse(lexical, dense):
    return np.nan_to_num(lexical) + np.nan_to_num(dense)


def wait_until(true: Callable[[], bool], *, seconds: float = 10.0) -> None:
    """Wait for a thread's work, not for a time."""
    event, steps = threading.Event(), int(seconds / 0.005)
    for _ in range(steps):
        if true():
            return
        event.wait(0.005)
    raise AssertionError(f"not true within {seconds} s")


@pytest.fixture
def until():
    return wait_until
