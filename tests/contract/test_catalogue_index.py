"""What every `CatalogueIndex` promises."""

from collections.abc import Callable

import numpy as np
import pytest

from zhanggui.core.ids import ItemId
from zhanggui.core.passage import content_hash, passage
from zhanggui.core.product import Product, Translation
from zhanggui.core.protocols import CatalogueIndex, Change, ChangeKind
from zhanggui.core.request import Filters, Sort
from zhanggui.retrieval.index import MemoryIndex, TantivyIndex
from zhanggui.retrieval.text.analyser import Analyser

Make = Callable[[], CatalogueIndex]
ANALYSER = Analyser()


@pytest.fixture(params=["tantivy", "memory"])
def make(request, tmp_path):
    if request.param == "memory":
        return lambda: MemoryIndex(analyser=ANALYSER, dim=4)
    return lambda: TantivyIndex(tmp_path, analyser=ANALYSER, dim=4)


TEA = Product(
    ItemId("tea"),
    title="明前龍井綠茶 礼盒装",
    category=("食品", "茶"),
    brand="西湖",
    price=88.0,
    stock=3,
    attributes={"产地": ("杭州",), "净含量": ("250g",)},
    created_at=3,
)
MUG = Product(
    ItemId("mug"),
    title="Women's Coffee Mugs, 500ml",
    translations={"zh": Translation("女士咖啡杯")},
    category=("home", "kitchen"),
    brand="Acme",
    price=12.5,
    stock=0,
    attributes={"colour": ("white", "red")},
    created_at=1,
)
PHONE = Product(
    ItemId("phone"),
    title="iPhone15 Pro 手机壳 安装简单",
    description="Fits model DV7-1211ea. A white case with green tea smell.",
    category=("home", "phones"),
    brand="Acme",
    attributes={"colour": ("white",)},
    created_at=2,
)
GONE = Product(ItemId("gone"), title="绿茶 green tea", available=False)
ALL = (TEA, MUG, PHONE, GONE)
EAST, NORTH = np.array([1, 0, 0, 0], np.float32), np.array([0, 1, 0, 0], np.float32)


def filled(make: Make) -> CatalogueIndex:
    index = make()
    index.apply([Change(n, ChangeKind.PRODUCT, p.item_id, p) for n, p in enumerate(ALL, start=1)], len(ALL))
    return index


def found(index: CatalogueIndex, query: str, filters: Filters | None = None) -> set[str]:
    matches = index.search(query, None, filters or Filters())
    assert matches.total == len(matches.items) == len(matches.lexical) == len(matches.dense)
    return set(matches.items)


@pytest.mark.parametrize(
    ("query", "items"),
    [
        ("绿茶", {"tea"}),
        ("綠茶禮盒", {"tea"}),
        ("简单", {"phone"}),
        ("mug", {"mug"}),
        ("WOMEN", {"mug"}),
        ("咖啡", {"mug"}),
        ("ｉＰｈｏｎｅ１５", {"phone"}),
        ("iphone 15", {"phone"}),
        ("dv7-1211ea", {"phone"}),
        ("DV71211EA", {"phone"}),
        ("500 ml", {"mug"}),
        ("杭州", {"tea"}),
        ("acme", {"mug", "phone"}),
        ("kitchen", {"mug"}),
        ("茶", {"tea"}),
        ("“简单手机”", set()),
        ("“安装简单”", {"phone"}),
        ('"coffee mugs"', {"mug"}),
        ('"mugs coffee"', set()),
        ("white -coffee", {"phone"}),
        ("acme -安装", {"mug"}),
        ('acme -"green tea"', {"mug"}),
        ("-acme", {"tea"}),
        ("zebra", set()),
        ("?!", set()),
        ("", {"tea", "mug", "phone"}),
        ('title:tea OR "', {"phone"}),
    ],
)
def test_finds(make, query, items):
    assert found(filled(make), query) == items


@pytest.mark.parametrize(
    ("filters", "items"),
    [
        (Filters(categories=(("home",),)), {"mug", "phone"}),
        (Filters(categories=(("home", "kitchen"), ("食品",))), {"mug", "tea"}),
        (Filters(categories=(("kitchen",),)), set()),
        (Filters(brands=("Acme",)), {"mug", "phone"}),
        (Filters(brands=("acme",)), set()),
        (Filters(price_min=12.5, price_max=88), {"mug", "tea"}),
        (Filters(price_max=20), {"mug"}),
        (Filters(attributes=(("colour", ("red", "blue")),)), {"mug"}),
        (Filters(attributes=(("colour", ("white",)), ("colour", ("red",)))), {"mug"}),
        (Filters(attributes=(("size", ("white",)),)), set()),
        (Filters(in_stock=True), {"tea", "phone"}),
        (Filters(brands=("Acme",), in_stock=True), {"phone"}),
    ],
)
def test_filters(make, filters, items):
    index = filled(make)
    assert found(index, "", filters) == items
    everything = [p.item_id for p in ALL] + [ItemId("none")]
    assert {i for i, ok in zip(everything, index.allowed(everything, filters), strict=True) if ok} == items


def test_facets_speak_of_all_that_matches_and_count_ancestors(make):
    matches = filled(make).search("acme", None, Filters(), limit=1)
    counts = {facet.name: dict(facet.values) for facet in matches.facets}
    assert (len(matches.items), matches.total) == (1, 2)
    assert counts["category"] == {"home": 2, "home > kitchen": 1, "home > phones": 1}
    assert counts["brand"] == {"Acme": 2}
    assert counts["attributes.colour"] == {"white": 2, "red": 1}


@pytest.mark.parametrize(
    ("sort", "items"),
    [
        (Sort.PRICE_UP, ("mug", "tea", "phone")),
        (Sort.PRICE_DOWN, ("tea", "mug", "phone")),
        (Sort.NEWEST, ("tea", "phone", "mug")),
    ],
)
def test_sorts(make, sort, items):
    assert filled(make).search("", None, Filters(), sort=sort).items == items


def test_meaning_adds_what_words_do_not_say(make):
    index = filled(make)
    index.put_vectors([TEA.item_id, MUG.item_id, ItemId("none")], np.stack([EAST, NORTH, EAST]))
    matches = index.search("coffee", EAST, Filters())
    assert matches.items == ("mug", "tea")
    assert matches.total == 2
    assert matches.lexical[0] > 0 and np.isnan(matches.lexical[1])
    assert matches.dense.tolist() == [0.0, 1.0]
    assert index.search("coffee", EAST, Filters(brands=("Acme",))).items == ("mug",)


def test_a_vector_that_is_being_made_is_waited_for_and_one_that_does_not_come_was_never_there(make):
    index = filled(make)
    index.put_vectors([TEA.item_id, MUG.item_id], np.stack([EAST, NORTH]))
    for query in ("coffee", "coffee elephant phone tea", ""):
        there, coming = (index.search(query, vector, Filters()) for vector in (EAST, lambda: EAST))
        never, missing = (index.search(query, vector, Filters()) for vector in (None, lambda: None))
        for one, other in ((there, coming), (never, missing)):
            assert (one.items, one.total, one.facets) == (other.items, other.total, other.facets)
            np.testing.assert_array_equal(one.lexical, other.lexical)
            np.testing.assert_array_equal(one.dense, other.dense)


def test_nearest_first_and_only_what_is_allowed(make):
    index = filled(make)
    index.put_vectors([TEA.item_id, MUG.item_id, PHONE.item_id, GONE.item_id], np.stack([NORTH, EAST, EAST, EAST]))
    assert index.nearest(EAST, Filters(), k=2) == [("mug", 1.0), ("phone", 1.0)]
    assert index.nearest(EAST, Filters(in_stock=True), k=9) == [("phone", 1.0), ("tea", 0.0)]


def test_which_texts_are_said_is_known_by_their_hashes(make):
    index = filled(make)
    index.apply([Change(5, ChangeKind.PRODUCT, MUG.item_id, Product(MUG.item_id, title="sofa"))], 6)
    index.apply([Change(7, ChangeKind.REMOVED, PHONE.item_id)], 7)
    texts = [passage(TEA), passage(MUG), "sofa", passage(PHONE), passage(GONE), "never said"]
    assert index.saying([content_hash(text) for text in texts]).tolist() == [True, False, True, False, True, False]
    assert index.saying([]).shape == (0,)


def test_vector_goes_with_the_text_it_was_made_of(make):
    index = filled(make)
    index.put_vectors([TEA.item_id, MUG.item_id], np.stack([EAST, NORTH]))
    cheaper = Product(TEA.item_id, title=TEA.title, price=1.0)
    other = Product(MUG.item_id, title="sofa")
    index.apply([Change(5, ChangeKind.PRODUCT, p.item_id, p) for p in (cheaper, other)], 6)
    assert index.vector(TEA.item_id).tolist() == EAST.tolist()
    assert index.vector(MUG.item_id) is None


def test_a_change_is_seen_at_once_and_twice_is_once(make):
    index = filled(make)
    changed = Product(TEA.item_id, title="乌龙茶")
    for _ in range(2):
        index.apply(
            [Change(5, ChangeKind.PRODUCT, TEA.item_id, changed), Change(6, ChangeKind.REMOVED, ItemId("mug"))], 6
        )
        assert (found(index, "龙井"), found(index, "乌龙"), found(index, "mug")) == (set(), {"tea"}, set())
        assert (len(index), index.position) == (3, 6)
    index.apply([Change(7, ChangeKind.PRODUCT, MUG.item_id, MUG)], 7)
    assert found(index, "mug") == {"mug"}


def test_a_position_without_products_is_remembered(make):
    index = make()
    index.apply([Change(1, ChangeKind.EVENT)], 9)
    assert (index.position, len(index), found(index, ""), found(index, "tea")) == (9, 0, set(), set())
    assert index.nearest(EAST, Filters(), k=3) == []
