"""Words that very many products have are asked for before anybody types them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from zhanggui.core.ids import ItemId
from zhanggui.core.product import Product
from zhanggui.core.protocols import Change, ChangeKind
from zhanggui.core.request import Filters
from zhanggui.retrieval.index import TantivyIndex
from zhanggui.retrieval.index import asking as asking_module
from zhanggui.retrieval.index import broad as broad_module
from zhanggui.retrieval.index import row_sets as row_sets_module
from zhanggui.retrieval.index.broad import broad_units
from zhanggui.retrieval.text.analyser import Analyser

N = 400


def shop() -> dict[ItemId, Product]:
    """Every product is a tea, every second one is green, one is 普洱."""
    titles = [f"tea n{n}" + (" green" if n % 2 else "") + (" 普洱" if n == 7 else "") for n in range(N)]
    return {ItemId(f"p{n}"): Product(ItemId(f"p{n}"), title=title, brand="acme") for n, title in enumerate(titles)}


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TantivyIndex:
    for module in (asking_module, broad_module):
        monkeypatch.setattr(module, "BROAD", 100)
    monkeypatch.setattr(row_sets_module, "_WORTH", 10)
    index = TantivyIndex(tmp_path, analyser=Analyser(), dim=0)
    index.apply([Change(n, ChangeKind.PRODUCT, i, p) for n, (i, p) in enumerate(shop().items(), start=1)], N)
    return index


def looked_up(items: Sequence[ItemId]) -> Mapping[ItemId, Product]:
    known = shop()
    return {item: known[item] for item in items}


def test_the_most_frequent_words_are_kept_and_rare_ones_are_not(index: TantivyIndex) -> None:
    assert index.warm(looked_up, lambda: False) == 3
    kept = [unit.terms for unit in index._lexical.sets._kept]
    assert sorted(kept) == [("acm",), ("green",), ("tea",)]
    assert kept[-1] in {("acm",), ("tea",)}, "what most have is forgotten last"


def test_a_search_finds_the_same_before_and_after(index: TantivyIndex) -> None:
    before = {query: index.search(query, None, Filters()) for query in ("tea", "green tea", "普洱 tea")}
    index.warm(looked_up, lambda: False)
    for query, found in before.items():
        again = index.search(query, None, Filters())
        assert (again.items, again.total, again.facets) == (found.items, found.total, found.facets)


def test_what_was_kept_follows_later_changes(index: TantivyIndex) -> None:
    index.warm(looked_up, lambda: False)
    index.apply([Change(N + 1, ChangeKind.PRODUCT, ItemId("p1"), Product(ItemId("p1"), title="coffee"))], N + 1)
    assert index.search("tea", None, Filters()).total == N - 1


def test_it_ends_when_the_shop_closes(index: TantivyIndex) -> None:
    assert index.warm(looked_up, lambda: True) == 0
    assert not index._lexical.sets._kept


def test_products_that_the_store_has_no_more_are_no_fault(index: TantivyIndex) -> None:
    assert index.warm(lambda items: {}, lambda: False) == 0


def test_an_empty_catalogue_has_no_broad_words(tmp_path: Path) -> None:
    assert TantivyIndex(tmp_path, analyser=Analyser(), dim=0).warm(looked_up, lambda: False) == 0


def test_no_more_words_than_there_is_room_for(index: TantivyIndex) -> None:
    index._lexical.sets._size = N // 8
    assert index.warm(looked_up, lambda: False) == 1


def test_a_word_seen_once_in_a_sample_says_nothing() -> None:
    assert broad_units([Product(ItemId("p"), title="tea")], Analyser(), products=1_000_000) == []


def test_frequent_words_that_few_products_share_are_not_handed_over(index: TantivyIndex) -> None:
    titles = [" ".join(["black"] * (n < 155) + ["kettle"] * (n >= 150)) for n in range(300)]
    products = [Product(ItemId(f"q{n}"), title=title) for n, title in enumerate(titles)]
    index.apply([Change(N + n, ChangeKind.PRODUCT, p.item_id, p) for n, p in enumerate(products, start=1)], N + 300)
    both = index.search("black kettle", None, Filters())
    assert both.total == 5 and not index._lexical.sets._kept
    index.warm(lambda items: {p.item_id: p for p in products if p.item_id in items}, lambda: False)
    assert index.search("black", None, Filters()).total == 155 and index._lexical.sets._kept
    again = index.search("black kettle", None, Filters())
    assert (again.items, again.total, again.facets) == (both.items, both.total, both.facets)
