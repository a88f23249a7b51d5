from collections import Counter
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhanggui.core.candidate import Candidate
from zhanggui.core.product import Product
from zhanggui.data.store.memory import MemoryStore
from zhanggui.engine.arrange import Arrangement
from zhanggui.engine.shelf import Shelf


def shelf_with(products):
    store = MemoryStore()
    store.put_products(products)
    return Shelf(store)


def candidates(products):
    return [Candidate(p.item_id, (), score=-float(n)) for n, p in enumerate(products)]


def arrange(ranked, shelf, *, need, share):
    arrangement = Arrangement(shelf, share=share)
    arrangement.fill(ranked, need=need)
    return arrangement


def ids(arranged):
    return [candidate.item for candidate in arranged.placed]


def test_of_variants_the_best_stands_for_all():
    products = [Product(f"i{n}", group_id="shirt" if n % 2 else "") for n in range(6)]
    arranged = arrange(candidates(products), shelf_with(products), need=9, share=None)
    assert ids(arranged) == ["i0", "i1", "i2", "i4"]
    assert [(d.candidate.item, d.filter, d.reason) for d in arranged.dropped] == [
        ("i3", "group", "a variant of i1"),
        ("i5", "group", "a variant of i1"),
    ]


def test_the_store_has_the_last_word():
    products = [Product("here"), Product("gone"), Product("off", available=False)]
    arranged = arrange(candidates(products), shelf_with([products[0], products[2]]), need=9, share=None)
    assert ids(arranged) == ["here"] and [d.candidate.item for d in arranged.dropped] == ["gone", "off"]


def test_one_shelf_does_not_fill_the_page():
    products = [Product(f"a{n}", category=("milk",)) for n in range(8)] + [Product("b", category=("tea",))]
    arranged = arrange(candidates(products), shelf_with(products), need=9, share=0.3)
    assert ids(arranged) == ["a0", "a1", "b", "a2", "a3", "a4", "a5", "a6", "a7"]


def test_products_without_a_category_are_not_one_shelf():
    products = [Product(f"i{n}") for n in range(9)]
    assert ids(arrange(candidates(products), shelf_with(products), need=9, share=0.1)) == [p.item_id for p in products]


def test_a_second_list_follows_behind_all_of_the_first():
    products = [Product(f"a{n}", category=("milk",), group_id="g" if n == 3 else "") for n in range(4)]
    others = [Product("b0", category=("milk",)), Product("b1", category=("tea",)), Product("b2", group_id="g")]
    for need in range(8):
        arrangement = Arrangement(shelf_with([*products, *others]), share=0.3)
        arrangement.fill(candidates(products), need=need)
        arrangement.fill(candidates(others), need=need)
        assert ids(arrangement) == ["a0", "a1", "a2", "a3", "b1", "b0"][:need]


CATALOGUE = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["", "g", "h"])), max_size=30)


@given(CATALOGUE, st.sampled_from([None, 0.2, 0.5]), st.integers(0, 30), st.integers(0, 30))
def test_a_longer_page_begins_with_the_shorter(rows, share, one, other):
    products = [Product(f"i{n:02}", category=(leaf,), group_id=group) for n, (leaf, group) in enumerate(rows)]
    shelf, short, long = shelf_with(products), min(one, other), max(one, other)
    first = ids(arrange(candidates(products), shelf, need=short, share=share))
    assert ids(arrange(candidates(products), shelf, need=long, share=share))[: len(first)] == first


@given(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=40), st.sampled_from([0.2, 0.34, 0.5]))
def test_nothing_is_lost_and_shares_hold_while_there_is_a_choice(leaves, share):
    products = [Product(f"i{n:02}", category=(leaf,)) for n, leaf in enumerate(leaves)]
    placed = ids(arrange(candidates(products), shelf_with(products), need=len(products), share=share))
    assert sorted(placed) == [p.item_id for p in products]
    by_id = {p.item_id: p.category[0] for p in products}
    for n in range(1, len(placed) + 1):
        counts, left = Counter(by_id[i] for i in placed[:n]), {by_id[i] for i in placed[n - 1 :]}
        allowed = max(2, ceil(share * n))
        too_many = counts[by_id[placed[n - 1]]] > allowed
        assert not too_many or all(counts[leaf] - (leaf == by_id[placed[n - 1]]) >= allowed for leaf in left)


@pytest.mark.parametrize("share", [None, 0.3])
def test_an_empty_list_gives_an_empty_page(share):
    assert arrange([], shelf_with([]), need=5, share=share).placed == []
