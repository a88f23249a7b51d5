"""A real server with a small real shop, and a real browser that looks at it."""

import csv
import os
import random
import shutil
import socket
import threading
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import orjson
import pytest
import uvicorn

from zhanggui.app.api import ApiSettings, create_app
from zhanggui.core.clock import SystemClock
from zhanggui.core.event import Event, EventType
from zhanggui.core.ids import DAY, HOUR, EventId, ItemId, Millis, UserId
from zhanggui.core.product import Product, Translation
from zhanggui.data.store.memory import MemoryStore
from zhanggui.encoders import HashEncoder, MemoryVectorCache
from zhanggui.engine.learned import Learned
from zhanggui.engine.opening import Ingredients, Pace, open_shop
from zhanggui.models.blend import Blend
from zhanggui.models.item_knn import ItemKnn
from zhanggui.retrieval.index.tantivy_index import TantivyIndex
from zhanggui.retrieval.text.analyser import Analyser
from zhanggui.state.memory import MemoryState

HERE = Path(__file__).parent
NOW = Millis(1_760_000_000_000)
QUIET = ("background-networking", "component-update", "sync", "quic", "gpu")
TASTES = (
    "t k01 k02 k03 l02",
    "c k04 k05 l03 b03",
    "i s02 s03 j w01",
    "h04 h05 h03 m01 m02",
    "p h01",
    "e x",
    "r f v k06 k07 b",
)


def catalogue() -> list[Product]:
    with (HERE / "catalogue.tsv").open(encoding="utf-8", newline="") as file:
        return [_product(row, n) for n, row in enumerate(csv.DictReader(file, delimiter="\t"))]


def _product(row: dict[str, str], n: int) -> Product:
    pairs = (pair.split("=") for pair in row["attributes"].split(";") if pair)
    return Product(
        ItemId(row["item_id"]),
        title=row["zh"] or row["en"],
        translations={"en": Translation(row["en"])} if row["zh"] else {},
        category=tuple(row["category"].split(" > ")),
        brand=row["brand"],
        price=float(row["price"]),
        currency="CNY",
        attributes={name: (value,) for name, value in pairs},
        stock=int(row["stock"]),
        created_at=Millis(NOW - n * DAY),
    )


def shopping(products: list[Product]) -> list[Event]:
    """Forty households with a taste each, who buy mostly by it."""
    dice, events = random.Random(7), []
    for n in range(40):
        wanted = tuple(TASTES[n % len(TASTES)].split())
        liked = [p.item_id for p in products if p.item_id.startswith(wanted)]
        for step in range(6 + n % 5):
            item = dice.choice(liked if dice.random() < 0.8 else [p.item_id for p in products])
            time = Millis(NOW - (40 - n) * 2 * HOUR - (12 - step) * DAY)
            events.append(Event(EventId(f"{n}-{step}"), UserId(f"{n + 101}"), EventType.PURCHASE, time, item))
    return events


def fuse(bm25, cosine):
    lexical = np.nan_to_num(bm25)
    return 0.5 * lexical / max(float(lexical.max()), 1e-6) + 0.5 * np.nan_to_num(cosine)


@contextmanager
def real_shop(folder: Path, products: list[Product], events: list[Event]):
    store, clock, encoder = MemoryStore(), SystemClock(start=NOW), HashEncoder()
    store.put_products(products)
    store.put_events(events)
    log = store.interactions()
    state = MemoryState(clock)
    state.load(log, store.position())
    knn = ItemKnn(shrinkage=1.0).fit(log)
    index = TantivyIndex(folder, analyser=Analyser(), dim=encoder.dim, dense_threshold=0.3)
    blend = Blend([knn])
    blend.items_ = knn.items_
    learned = Learned(blend=blend, members={"knn": knn}, neighbours=knn, together=knn)
    given = Ingredients(
        store,
        index,
        state,
        clock,
        fuse,
        encoder=encoder,
        vectors=MemoryVectorCache(dim=encoder.dim),
        learned=learned,
        close=[index.close],
    )
    with closing(open_shop(given, pace=Pace(rankings=0.05))) as shop:
        yield shop, store, clock


@contextmanager
def serving(app):
    # With the protocol named asyncio turns off Nagle's algorithm; else every answer waits 40 ms for an acknowledgement.
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(timeout=10)
        assert not thread.is_alive()


def report(products: list[Product]) -> dict[str, object]:
    def row(system, hr, ndcg, *, shipped=False):
        metrics = {"hr@20": hr, "recall@20": hr / 3, "ndcg@20": ndcg}
        low, high = ({name: max(0.0, value + d) for name, value in metrics.items()} for d in (-0.015, 0.015))
        return {"system": system, "shipped": shipped, "metrics": metrics, "low": low, "high": high}

    ids = [product.item_id for product in products]
    rows = [row("popularity", 0.31, 0.05), row("frequency", 0.52, 0.14), row("pipeline", 0.58, 0.16, shipped=True)]
    fresh = [row("popularity", 0.12, 0.01), row("frequency", 0.0, 0.0), row("pipeline", 0.19, 0.03, shipped=True)]
    examples = [
        {"user": f"{n + 101}", "shown": ids[n * 7 : n * 7 + 9], "bought": ids[n * 7 + 4 : n * 7 + 18]} for n in range(3)
    ]
    return {
        "cut": "2025-09-10",
        "days": 28,
        "k": 20,
        "households": 40,
        "tables": {"all": rows, "new": fresh},
        "examples": examples,
    }


@pytest.fixture(scope="session")
def house(tmp_path_factory):
    """The address of a serving shop, and its Store."""
    folder, products = tmp_path_factory.mktemp("house"), catalogue()
    (folder / "report.json").write_bytes(orjson.dumps(report(products)))
    with real_shop(folder / "index", products, shopping(products)) as (shop, store, clock):
        settings = ApiSettings(report=folder / "report.json", write_key="key")
        with serving(create_app(shop, settings=settings, clock=clock)) as address:
            yield address, store


@pytest.fixture(scope="module")
def browser():
    """A running Chromium. Until it ends no test in this process may start an event loop, so it ends with its module."""
    path = os.environ.get("ZHANGGUI_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not path:
        pytest.skip("no Chromium here: install it, or say where it is with ZHANGGUI_CHROMIUM")
    from playwright.sync_api import sync_playwright

    flags = ["--no-sandbox", "--headless", "--no-first-run", *(f"--disable-{part}" for part in QUIET)]
    with sync_playwright() as tool:
        running = tool.chromium.launch(executable_path=path, args=flags)
        yield running
        running.close()


@pytest.fixture
def open_page(browser, house):
    """Open a page of the shop; whatever its console complains of fails the test."""
    complaints, contexts = [], []

    def open_(path="/", *, width=1280, height=900, language="zh-CN", **options):
        context = browser.new_context(
            base_url=house[0], viewport={"width": width, "height": height}, locale=language, **options
        )
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: message.type in ("error", "warning") and complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda r: r.url.startswith(house[0]) or complaints.append(f"asks another host: {r.url}"))
        page.goto(path)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def shoot(tmp_path):
    """Save what a page looks like, to ZHANGGUI_SHOTS where that is set."""
    folder = Path(os.environ.get("ZHANGGUI_SHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)

    def save(page, name, *, whole=True):
        file = folder / f"{name}.png"
        page.screenshot(path=file, full_page=whole)
        assert file.stat().st_size > 5_000

    return save
