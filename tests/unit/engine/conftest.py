"""A small shop in memory: real parts, small ones."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest

from zhanggui.core.clock import FixedClock
from zhanggui.core.event import Event, EventType
from zhanggui.core.ids import EventId, ItemId, Millis, UserId
from zhanggui.core.product import Product
from zhanggui.core.request import Request, Surface
from zhanggui.data.store.memory import MemoryStore
from zhanggui.encoders.hashed import HashEncoder
from zhanggui.encoders.vectors import MemoryVectorCache
from zhanggui.engine.opening import Ingredients, Pace, open_shop
from zhanggui.engine.shop import Shop
from zhanggui.retrieval.fusion import Fusion
from zhanggui.retrieval.index.memory_index import MemoryIndex
from zhanggui.retrieval.text.analyser import Analyser
from zhanggui.state.memory import MemoryState

NOW = Millis(1_500_000_000_000)
ANALYSER = Analyser()


@dataclass
class Bench:
    """A shop and the parts that tests look into."""

    store: MemoryStore
    index: MemoryIndex
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
        store, index, state = (
            store or MemoryStore(),
            index or MemoryIndex(analyser=ANALYSER, dim=64, dense_threshold=0.5),
            MemoryState(clock),
        )
        store.put_products(products)
        encoder = HashEncoder(dim=64) if meaning else None
        given = Ingredients(
            store=store,
            index=index,
            state=state,
            clock=clock,
            fuse=Fusion(spread=0.1),
            analyser=ANALYSER,
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
