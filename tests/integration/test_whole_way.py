"""One request and one event walk the whole way through the real parts, over a restart and past a second process."""

import threading
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from zhanggui.core.clock import FixedClock
from zhanggui.core.event import Event, EventType
from zhanggui.core.ids import DAY, HOUR, SECOND, Millis
from zhanggui.core.product import Product, Translation
from zhanggui.core.request import Filters, Request, Surface
from zhanggui.data.store import open_store
from zhanggui.encoders import HashEncoder, VectorCache
from zhanggui.engine.learned import Learned
from zhanggui.engine.opening import Ingredients, Pace, open_shop
from zhanggui.engine.reasons import reason
from zhanggui.engine.shop import Shop
from zhanggui.engine.state_file import StateFile
from zhanggui.models.blend import Blend
from zhanggui.models.bundle import Bundle, load
from zhanggui.models.repeat import RepeatPolicy
from zhanggui.retrieval.fusion import Fusion
from zhanggui.retrieval.index.tantivy_index import TantivyIndex
from zhanggui.retrieval.text.analyser import Analyser
from zhanggui.state.memory import MemoryState

NOW = Millis(1_508_112_000_000)
PRODUCTS = [
    Product(
        "tea", "西湖龙井绿茶 250g", category=("食品", "茶"), translations={"en": Translation("Longjing green tea")}
    ),
    Product("puer", "云南普洱茶饼", category=("食品", "茶"), translations={"en": Translation("Pu-erh tea cake")}),
    Product("mug", "青瓷茶杯", category=("家居", "杯子"), translations={"en": Translation("Celadon tea mug")}),
    Product("pot", "紫砂茶壶", category=("家居", "茶壶")),
    Product("oil", "机油 5W-30", category=("汽车", "机油")),
    Product("filter", "机油滤清器", category=("汽车", "滤清器")),
    Product("bread", "全麦面包", category=("食品", "面包")),
]


def history():
    """Eight shoppers: half buy tea with mugs, half buy oil with filters; all buy bread."""
    for shopper in range(8):
        pair = ("tea", "mug") if shopper % 2 else ("oil", "filter")
        for item in (*pair, "bread"):
            name = f"{shopper}-{item}"
            yield Event(
                name, f"u{shopper}", EventType.PURCHASE, NOW - (shopper + 1) * DAY, item, order_id=f"o{shopper}"
            )


@dataclass
class Home:
    path: Path
    clock: FixedClock
    learned: Learned = field(default_factory=Learned)

    def open(self) -> Shop:
        store = open_store(self.path / "shop.db")
        analyser, encoder = Analyser(), HashEncoder(dim=1024)
        index = TantivyIndex(self.path / "index", analyser=analyser, dim=1024)
        vectors = VectorCache(self.path / "vectors", encoder=encoder.name, dim=1024)
        state = MemoryState(self.clock)
        kept = StateFile(state, self.path / "state" / "memory.npz")
        kept.open(store)
        given = Ingredients(
            store=store,
            index=index,
            state=state,
            clock=self.clock,
            fuse=Fusion(),
            analyser=analyser,
            encoder=encoder,
            vectors=vectors,
            learned=self.learned,
            release="r1",
            keep=[kept.save],
            close=[index.close, vectors.close],
        )
        return open_shop(given, pace=Pace(follow=0.02, rankings=0.02, nudge=0.05, keep=600))


def learned(log, folder):
    """Fit all models, write them as a Release does, and read them back."""
    repeats = RepeatPolicy({(): 0.0, ("食品",): 0.9})
    folder.mkdir()
    Bundle(Blend().fit(log), repeats).save(folder)
    bundle = load(folder)
    return Learned(
        blend=bundle.blend,
        members=bundle.members,
        neighbours=bundle.member("knn"),
        together=bundle.member("bought_together"),
        repeats=bundle.repeats,
    )


def until(true, *, seconds=20.0):
    pause = threading.Event()
    for _ in range(int(seconds / 0.01)):
        if true():
            return
        pause.wait(0.01)
    raise AssertionError(f"not true within {seconds} s")


def ids(page):
    return [candidate.item for candidate in page.items]


@pytest.fixture
def home(tmp_path):
    store = open_store(tmp_path / "shop.db")
    store.put_products(PRODUCTS)
    store.put_events(history())
    models = learned(store.interactions(), tmp_path / "models")
    store.close()
    return Home(tmp_path, FixedClock(NOW), models)


@pytest.fixture
def shop(home):
    shop = home.open()
    until(lambda: shop.health().meaning.done == len(PRODUCTS))
    yield shop
    shop.close()


def click(serial, user, item, kind=EventType.CLICK, **options):
    return Event(f"live-{serial}", user, kind, NOW, item, **options)


def test_a_request_and_an_event_walk_the_whole_way(home, shop):
    page = shop.page(Request(Surface.SEARCH, user="ann", query="绿茶"))
    assert ids(page)[0] == "tea" and page.total >= 1 and not page.degraded
    assert {f.name for f in page.facets} >= {"category"}
    assert reason(page.items[0], page.products, "zh") == "匹配：标题含“绿茶”"

    before = shop.page(Request(Surface.FOR_YOU, user="ann"))
    receipt = shop.put_events([click(1, "ann", "tea", ranking_id=page.ranking_id, position=0, query="绿茶")])
    after = shop.page(Request(Surface.FOR_YOU, user="ann"))
    assert receipt.written == 1 and [act.item for act in shop.history("ann")] == ["tea"]
    assert ids(before) != ids(after)
    assert ids(after)[0] == "mug" and ids(after).index("mug") < ids(after).index("filter")
    mug = next(c for c in after.items if c.item == "mug")
    assert "西湖龙井绿茶" in reason(mug, after.products, "zh") and "Longjing" in reason(mug, after.products, "en")

    shop.close()
    store = open_store(home.path / "shop.db")
    ranking = store.ranking(page.ranking_id)
    assert ranking.items == tuple(ids(page)) and ranking.release == "r1" and ranking.query == "绿茶"
    assert store.events_of("ann")[0].ranking_id == page.ranking_id
    store.close()


def test_what_goes_together_is_counted(shop):
    page = shop.page(Request(Surface.BOUGHT_TOGETHER, item="tea"))
    assert ids(page)[0] == "mug" and "tea" not in ids(page)
    assert reason(page.items[0], page.products, "zh") == "和「西湖龙井绿茶 250g」一起买过的有 4 位顾客"
    english = reason(page.items[0], page.products, "en")
    assert english == "Bought together with Longjing green tea by 4 shoppers"
    similar = shop.page(Request(Surface.SIMILAR, item="filter"))
    assert ids(similar)[0] == "oil"


def test_groceries_come_back_and_mugs_do_not(shop):
    page = shop.page(Request(Surface.FOR_YOU, user="u1"))
    assert "tea" in ids(page) and "bread" in ids(page) and "mug" not in ids(page)
    assert ("mug", "seen") in {(d.candidate.item, d.filter) for d in page.dropped}
    tea = next(c for c in page.items if c.item == "tea")
    assert reason(tea, page.products, "zh") == "你常买（1 次）"


def test_a_new_product_is_found_by_words_and_by_meaning_and_is_similar(shop):
    shop.put_products([Product("new", "武夷岩茶 大红袍", category=("食品", "茶"), created_at=NOW)])
    assert "new" in ids(shop.page(Request(Surface.SEARCH, query="大红袍")))
    until(lambda: shop.health().meaning.done == len(PRODUCTS) + 1)
    similar = shop.page(Request(Surface.SIMILAR, item="new"))
    assert len(similar.items) == len(PRODUCTS) and all(c.by("content") for c in similar.items)
    shop.put_events([click(n, "bea", "new") for n in range(3)])
    page = shop.page(Request(Surface.FOR_YOU, user="bea"))
    assert any(e.source == "content" for e in page.items[0].evidence)
    shop.remove_products(["new"])
    assert "new" not in ids(shop.page(Request(Surface.SEARCH, query="大红袍")))


def test_another_process_writes_and_the_shop_follows(home, shop):
    other = open_store(home.path / "shop.db")
    other.put_products([Product("cup", "搪瓷杯")])
    other.put_events([click(1, "eve", "cup")])
    until(lambda: "cup" in ids(shop.page(Request(Surface.SEARCH, query="搪瓷"))))
    until(lambda: [act.item for act in shop.history("eve")] == ["cup"])
    assert shop.health().lag == 0
    other.close()


def test_a_restart_remembers(home, shop):
    shop.put_events([click(1, "ann", "tea"), click(2, "ann", "oil")])
    expected = [shop.page(Request(s, user="ann", item="tea", query="茶")).items for s in Surface]
    shop.close()
    assert (home.path / "state" / "memory.npz").exists()
    again = home.open()
    until(lambda: again.health().meaning.done == len(PRODUCTS))
    assert [act.item for act in again.history("ann")] == ["tea", "oil"] and again.health().lag == 0
    shown = [again.page(Request(s, user="ann", item="tea", query="茶")).items for s in Surface]
    assert [[c.item for c in page] for page in shown] == [[c.item for c in page] for page in expected]
    again.close()


@pytest.mark.parametrize(("folder", "share"), [("index", None), ("state", 0.5), ("vectors", 0.5), ("vectors", None)])
def test_whatever_is_lost_or_torn_is_built_anew(home, shop, folder, share):
    expected = ids(shop.page(Request(Surface.SEARCH, query="茶")))
    shop.close()
    for file in [file for file in (home.path / folder).rglob("*") if file.is_file()]:
        whole = file.read_bytes()
        file.unlink()
        if share is not None:
            file.write_bytes(whole[: int(len(whole) * share)])
    again = home.open()
    until(lambda: again.health().meaning.done == len(PRODUCTS))
    assert ids(again.page(Request(Surface.SEARCH, query="茶"))) == expected
    assert [act.item for act in again.history("u1")] == ["tea", "mug", "bread"]
    again.close()


def test_filters_and_the_future(shop):
    page = shop.page(Request(Surface.SEARCH, query="茶", filters=Filters(categories=(("家居",),))))
    assert set(ids(page)) == {"mug", "pot"} and page.total == 2
    tomorrow = Event("later", "zoe", EventType.CLICK, NOW + DAY, "tea")
    shop.put_events([tomorrow, Event("soon", "zoe", EventType.CLICK, NOW + 5 * SECOND, "mug")])
    assert [act.item for act in shop.history("zoe")] == ["mug"]


def test_a_broken_encoder_leaves_the_words(shop, monkeypatch):
    def fail(self, texts):
        raise RuntimeError("the graph is torn")

    monkeypatch.setattr(HashEncoder, "queries", fail)
    page = shop.page(Request(Surface.SEARCH, query="普洱"))
    assert ids(page)[0] == "puer" and page.degraded == ("encoder",)
    assert shop.health().degraded == ("encoder",)


def test_the_state_fades_as_the_clock_moves(home, shop):
    shop.put_events([click(1, "ann", "oil")])
    assert "filter" in ids(shop.page(Request(Surface.FOR_YOU, user="ann")))[:3]
    home.clock.advance(24 * HOUR)
    page = shop.page(Request(Surface.FOR_YOU, user="ann"))
    assert all(e.fact("recent") is None for c in page.items for e in c.evidence)
