"""A shop in a dictionary with the façade's methods, for tests of what is around it; and a client."""

from collections import Counter
from dataclasses import dataclass, field

import pytest
from starlette.testclient import TestClient

from zhanggui.app.api import ApiSettings, create_app
from zhanggui.core.candidate import Candidate, Dropped, Evidence, Facet, Page
from zhanggui.core.clock import FixedClock
from zhanggui.core.errors import NotFoundError
from zhanggui.core.ids import ItemId, Millis, RankingId
from zhanggui.core.product import Product, Translation
from zhanggui.core.protocols import Act
from zhanggui.core.request import Surface
from zhanggui.data.store.memory import MemoryStore
from zhanggui.engine.figures import Figures
from zhanggui.engine.shop import Explanation, Health, Progress

KEY = "open-sesame"
PRODUCTS = (
    Product(
        ItemId("tea"),
        title="龙井茶",
        translations={"en": Translation("Longjing tea", "Green tea")},
        category=("食品", "茶"),
        brand="狮峰",
        price=128.0,
        currency="CNY",
        attributes={"产地": ("杭州",)},
        stock=3,
    ),
    Product(ItemId("mug"), title="白瓷盖碗", category=("家居", "茶具"), price=59.0, currency="CNY"),
    Product(ItemId("a/b c"), title="<script>alert(1)</script>", description='"><img src=x onerror=alert(2)>'),
)


@dataclass
class ShopDouble:
    """Search is "the title holds the words", for-you is everything, what was viewed last first."""

    store: MemoryStore = field(default_factory=MemoryStore)
    requests: list = field(default_factory=list)
    ready: bool = True
    meaning: Progress = Progress(3, 3)
    failure: Exception | None = None

    def page(self, request):
        self.requests.append(request)
        if self.failure:
            raise self.failure
        last = next((act.item for act in reversed(self.history(request.user))), "")
        found = [p for p in self.store.all_products() if request.query in p.title and p.item_id != request.item]
        found.sort(key=lambda product: product.item_id != last)
        source = "bm25" if request.surface is Surface.SEARCH else "popularity"
        items = [Candidate(p.item_id, (Evidence(source, 1.5, (("users", 4),)),), 1.5) for p in found]
        counts = Counter(" > ".join(p.category[:n]) for p in found for n in range(1, len(p.category) + 1))
        return Page(
            RankingId(f"r{len(self.requests)}"),
            request,
            tuple(items[request.offset : request.offset + request.k]),
            {p.item_id: p for p in self.store.all_products()},
            len(items),
            (Facet("category", tuple(sorted(counts.items()))),),
            timings={"search": 1.25},
        )

    def explain(self, user, item):
        products = self.store.products([item])
        dropped = Dropped(Candidate(item, (Evidence("popularity", 2.0),)), "seen", "bought before")
        return Explanation(user, item, False, None, None, dropped, products)

    def put_products(self, products):
        return self.store.put_products(products)

    def remove_products(self, items):
        return self.store.remove_products(items)

    def put_events(self, events):
        return self.store.put_events(events)

    def erase_users(self, users):
        return self.store.erase_users(users)

    def product(self, item):
        try:
            return self.store.products([item])[item]
        except KeyError:
            raise NotFoundError("product", item) from None

    def products(self, items):
        return self.store.products(items)

    def users(self, *, k=20):
        kinds = self.store.interactions()
        return [user for user, _ in Counter(kinds.users.ids[row] for row in kinds.user).most_common(k)]

    def history(self, user):
        return [Act(e.item_id, e.type, e.time) for e in self.store.events_of(user)]

    def figures(self):
        return Figures(
            "base", self.store.position(), 0, 3, self.meaning, 0, 2, {"source:knn": 1}, {"follow": 0}, {"events": 4}
        )

    def health(self):
        return Health(self.ready, "base", self.store.totals(), self.store.position(), 0, self.meaning, ())


@pytest.fixture
def shop():
    double = ShopDouble()
    double.put_products(PRODUCTS)
    return double


@pytest.fixture
def clock():
    return FixedClock(Millis(1_700_000_000_000))


@pytest.fixture
def make_client(shop, clock):
    def make(**settings):
        app = create_app(
            shop, settings=ApiSettings(**{"write_key": KEY, "choose_users": False, **settings}), clock=clock
        )
        return TestClient(app, raise_server_exceptions=False)

    return make


@pytest.fixture
def client(make_client):
    return make_client()


@pytest.fixture
def key():
    return {"Authorization": f"Bearer {KEY}"}
