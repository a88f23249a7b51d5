"""Kept row sets tell what tantivy tells, through changes, many of them, and for readers of an older state."""

import numpy as np
import pytest

from zhanggui.core.ids import ItemId
from zhanggui.core.product import Product
from zhanggui.core.protocols import Change, ChangeKind
from zhanggui.core.request import Filters, Sort
from zhanggui.retrieval.index import MemoryIndex, TantivyIndex, asking, lexical, row_sets
from zhanggui.retrieval.text.analyser import Analyser
from zhanggui.retrieval.text.query import Unit

ANALYSER = Analyser()
WORDS = ("tea", "cup", "white", "绿茶", "wi-fi", "box")
QUERIES = ("tea", "white cup", "绿茶 tea cup", "wi-fi", '"white tea"', "tea -cup", "-tea", "绿茶 -“wi fi”", "")
TEA = Unit(("tea",))


@pytest.fixture
def broad(monkeypatch):
    """Take every word for a broad one."""
    monkeypatch.setattr(asking, "BROAD", 0)
    monkeypatch.setattr(row_sets, "_WORTH", 0)
    monkeypatch.setattr(lexical, "_FEW", 0)
    monkeypatch.setattr(lexical, "_SPARE", 0)


def product(number: int, random: np.random.Generator) -> Product:
    return Product(
        ItemId(f"p{number}"),
        title=" ".join(random.choice(WORDS, random.integers(1, 5))),
        brand=str(random.choice(["Acme", "小米"])),
        attributes={"colour": (str(random.choice(list("rgb"))),)} if random.random() < 0.7 else {},
        price=float(random.integers(1, 9)),
        available=bool(random.random() < 0.9),
    )


def change(number: int, random: np.random.Generator) -> Change:
    gone = random.random() < 0.1
    item = ItemId(f"p{number}")
    return Change(0, ChangeKind.REMOVED, item) if gone else Change(0, ChangeKind.PRODUCT, item, product(number, random))


@pytest.mark.parametrize("batch", [1, 40])
def test_changes_reach_what_is_kept(tmp_path, broad, monkeypatch, batch):
    monkeypatch.setattr(row_sets, "_ASKED_AGAIN", 15)
    random = np.random.default_rng(batch)
    real = TantivyIndex(tmp_path, analyser=ANALYSER, dim=4)
    plain = MemoryIndex(analyser=ANALYSER, dim=4)
    for position in range(1, 25):
        changes = [change(int(number), random) for number in random.choice(60, batch, replace=False)]
        for index in (real, plain):
            index.apply(changes, position)
        for query in QUERIES:
            for filters in (Filters(), Filters(brands=("Acme",), price_max=4)):
                sort = Sort.PRICE_UP if position % 2 else Sort.RELEVANCE
                ours, theirs = (i.search(query, None, filters, sort=sort, limit=7) for i in (real, plain))
                assert (ours.total, ours.facets, len(ours.items)) == (theirs.total, theirs.facets, len(theirs.items))
                assert sort is Sort.RELEVANCE or ours.items == theirs.items
    real.close()


def test_a_reader_of_an_older_state_sees_what_was_so_then(tmp_path, broad):
    index = TantivyIndex(tmp_path, analyser=ANALYSER, dim=4)
    tea, cup = (Product(ItemId(word), title=word) for word in ("tea", "cup"))
    index.apply([Change(n, ChangeKind.PRODUCT, p.item_id, p) for n, p in enumerate((tea, cup))], 2)
    before, sets = index._state.text, index._lexical.sets
    assert sets.mask(before, TEA).tolist() == [True, False]
    index.apply([Change(3, ChangeKind.PRODUCT, ItemId("cup"), Product(ItemId("cup"), title="tea cup"))], 3)
    index.apply([Change(4, ChangeKind.PRODUCT, ItemId("pot"), Product(ItemId("pot"), title="tea pot"))], 4)
    assert sets.mask(index._state.text, TEA).tolist() == [True, True, True]
    assert sets.mask(before, TEA).tolist() == [True, False]
    assert sets.mask(index._state.text, TEA).tolist() == [True, True, True]
    index.close()


def test_what_is_kept_stays_within_its_bytes(tmp_path, broad):
    index = TantivyIndex(tmp_path, analyser=ANALYSER, dim=4)
    products = [Product(ItemId(f"p{n}"), title=f"tea word{n}") for n in range(80)]
    index.apply([Change(n, ChangeKind.PRODUCT, p.item_id, p) for n, p in enumerate(products)], 80)
    sets = row_sets.RowSets(index._lexical._make, size=35)
    for n in range(5):
        assert np.flatnonzero(sets.mask(index._state.text, Unit((f"word{n}",)))).tolist() == [n]
    assert len(sets._kept) == 3 and sets._bytes == 30
    index.close()
