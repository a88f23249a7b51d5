"""The answers of the API over a small real shop, byte for byte but for ids and scores.

After a change that is meant, write them anew and read the difference:  GOLDEN=write pytest tests/golden/test_api.py
"""

import os
import re
from contextlib import closing
from pathlib import Path

import orjson
import pytest
from starlette.testclient import TestClient

from zhanggui.app.api import ApiSettings, create_app
from zhanggui.core.clock import FixedClock
from zhanggui.core.event import Event, EventType
from zhanggui.core.ids import DAY, EventId, ItemId, Millis, UserId
from zhanggui.core.product import Product, Translation
from zhanggui.data.store.memory import MemoryStore
from zhanggui.engine.learned import Learned
from zhanggui.engine.opening import Ingredients, open_shop
from zhanggui.models.blend import Blend
from zhanggui.models.item_knn import ItemKnn
from zhanggui.retrieval.index.tantivy_index import TantivyIndex
from zhanggui.retrieval.text.analyser import Analyser
from zhanggui.state.memory import MemoryState

FOLDER = Path(__file__).parent / "api"
NOW = Millis(1_760_000_000_000)
KEY = {"X-Zhanggui-Key": "key"}
JSON = {"Content-Type": "application/json"}

PRODUCTS = (
    Product(
        ItemId("tea"),
        title="明前龙井茶",
        description="清香",
        translations={"en": Translation("Longjing tea")},
        category=("食品", "茶"),
        brand="西湖春",
        price=128.0,
        currency="CNY",
        attributes={"产地": ("杭州",)},
        stock=3,
        created_at=Millis(NOW - 3 * DAY),
    ),
    Product(
        ItemId("black"),
        title="正山小种红茶",
        category=("食品", "茶"),
        brand="武夷",
        price=96.0,
        currency="CNY",
        stock=0,
    ),
    Product(
        ItemId("mug"),
        title="白瓷盖碗",
        category=("家居", "茶具"),
        price=59.0,
        currency="CNY",
        images=("https://shop.example/mug.jpg",),
    ),
    Product(ItemId("ice"), title="Vanilla ice cream", category=("食品", "冷冻"), price=32.0, currency="CNY"),
)
BOUGHT = (("ann", "tea"), ("ann", "mug"), ("bob", "tea"), ("bob", "mug"), ("cay", "tea"), ("dan", "ice"))

CALLS = {
    "search": ("GET", "/v1/search?q=茶&lang=zh&explain=1", None),
    "search-filtered": ("GET", "/v1/search?q=茶&category=食品 > 茶&in_stock=1&sort=price_down&lang=en", None),
    "search-nothing": ("GET", "/v1/search?q=zzzz&brand=none", None),
    "search-by-body": ("POST", "/v1/search", {"q": "ice cream", "price_max": 40, "lang": "en", "k": 1}),
    "recommend": ("GET", "/v1/recommend/cay?lang=zh&explain=1", None),
    "recommend-unknown": ("GET", "/v1/recommend/nobody?lang=en&k=2", None),
    "similar": ("GET", "/v1/similar/tea?lang=en&k=2", None),
    "bought-together": ("GET", "/v1/bought-together/tea?lang=zh&k=2", None),
    "trending": ("GET", "/v1/trending?lang=en&k=2", None),
    "explain-shown": ("GET", "/v1/explain/cay/mug?lang=en", None),
    "explain-dropped": ("GET", "/v1/explain/cay/tea?lang=en", None),
    "product": ("GET", "/v1/products/tea", None),
    "product-unknown": ("GET", "/v1/products/none", None),
    "health": ("GET", "/v1/health", None),
    "parameter-wrong": ("GET", "/v1/search?q=茶&k=1000", None),
    "route-unknown": ("GET", "/v1/nothing", None),
    "products-put": (
        "POST",
        "/v1/products",
        [{"item_id": "cup", "title": "杯", "colour": "red"}, {"item_id": "x", "price": "dear"}],
    ),
    "products-none-good": ("POST", "/v1/products", [{"title": "no id"}]),
    "events-put": ("POST", "/v1/events", [{"user_id": "ann", "type": "view", "time": 1_759_999_999, "item_id": "ice"}]),
    "events-malformed": ("POST", "/v1/events", b"[{"),
}


@pytest.fixture
def client(tmp_path):
    store, clock = MemoryStore(), FixedClock(NOW)
    store.put_products(PRODUCTS)
    events = [
        Event(EventId(f"e{n}"), UserId(user), EventType.PURCHASE, Millis(NOW - DAY + n), ItemId(item))
        for n, (user, item) in enumerate(BOUGHT)
    ]
    store.put_events(events)
    state, knn = MemoryState(clock), ItemKnn(shrinkage=1.0).fit(store.interactions())
    state.load(store.interactions(), store.position())
    index = TantivyIndex(tmp_path, analyser=Analyser(), dim=8)
    blend = Blend([knn])
    blend.items_ = knn.items_
    learned = Learned(blend=blend, members={"knn": knn}, neighbours=knn, together=knn)
    shop = open_shop(
        Ingredients(store, index, state, clock, lambda bm25, _: bm25, learned=learned, close=[index.close])
    )
    with closing(shop):
        yield TestClient(create_app(shop, settings=ApiSettings(write_key="key"), clock=clock))


def told(answer):
    """Write an answer down; what differs from run to run, and scores, are replaced by their kind."""
    text = (
        orjson.dumps({"status": answer.status_code, "answer": answer.json()}, option=orjson.OPT_INDENT_2).decode()
        + "\n"
    )
    text = re.sub(r'"(ranking_id|request_id)": "[0-9a-f]+"', r'"\1": "ID"', text)
    text = re.sub(r'"(score|recent|share)": -?[0-9.e-]+', r'"\1": "NUMBER"', text)
    return re.sub(r'"rankings": \d+', '"rankings": "COUNT"', text)


@pytest.mark.parametrize("name", CALLS)
def test_the_answer_is_as_written(client, name):
    method, path, body = CALLS[name]
    content = body if body is None or isinstance(body, bytes) else orjson.dumps(body)
    text = told(client.request(method, path, content=content, headers={**KEY, **JSON}))
    file = FOLDER / f"{name}.json"
    if os.environ.get("GOLDEN") == "write":
        file.write_text(text, "utf-8")
    assert text == file.read_text("utf-8")


def test_no_file_is_left_over():
    assert {file.stem for file in FOLDER.iterdir()} == set(CALLS)
