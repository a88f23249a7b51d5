"""Scores of the real index are BM25 as the oracle computes it, on a catalogue written at once."""

import numpy as np
import pytest

from zhanggui.core.ids import ItemId
from zhanggui.core.product import Product
from zhanggui.core.protocols import DEPTH, Change, ChangeKind
from zhanggui.core.request import Filters
from zhanggui.retrieval.index import MemoryIndex, TantivyIndex
from zhanggui.retrieval.index.matching import ENOUGH
from zhanggui.retrieval.index.order import NEAR, joined, near_wanted
from zhanggui.retrieval.text.analyser import Analyser

WORDS = "绿茶 红茶 茶杯 保温杯 tea cup steel glass gift box 礼盒 家用 500ml wi-fi".split()


@pytest.fixture(scope="module")
def indexes(tmp_path_factory):
    random = np.random.default_rng(7)
    texts = [" ".join(random.choice(WORDS, random.integers(1, 30))) for _ in range(400)]
    changes = [
        Change(n, ChangeKind.PRODUCT, ItemId(f"{n}"), Product(ItemId(f"{n}"), title=text, description=text[::-1]))
        for n, text in enumerate(texts)
    ]
    analyser = Analyser()
    both = (
        TantivyIndex(tmp_path_factory.mktemp("index"), analyser=analyser, dim=4),
        MemoryIndex(analyser=analyser, dim=4),
    )
    for index in both:
        index.apply(changes, len(changes))
    return both


@pytest.mark.parametrize("query", ["绿茶", "保温杯 礼盒", "steel tea cup", "wifi 500ml", "家用茶杯礼盒 gift gift"])
def test_scores_are_the_formula(indexes, query):
    ours, theirs = (index.search(query, None, Filters()) for index in indexes)
    assert ours.total == theirs.total > 10
    expected = dict(zip(theirs.items, theirs.lexical.tolist(), strict=True))
    np.testing.assert_allclose(ours.lexical, [expected[item] for item in ours.items], rtol=0.01)
    assert (np.diff(ours.lexical) <= 0).all()


def test_dense_matches_have_places_among_the_first():
    lexical, dense = np.arange(5000), np.arange(9000, 9100)
    rows, words = joined(lexical, dense, limit=3000), DEPTH - 100
    assert rows[words - 1 : words + 2].tolist() == [words - 1, 9000, 9001]
    assert rows[DEPTH - 1 : DEPTH + 2].tolist() == [9099, words, words + 1]
    assert joined(lexical, dense, limit=DEPTH).tolist() == rows[:DEPTH].tolist()
    assert joined(np.arange(2), dense, limit=10).tolist() == [0, 1, *range(9000, 9008)]
    assert joined(lexical, dense, limit=10).tolist() == [0, 1, 2, 3, 4, *range(9000, 9005)]


def test_where_words_find_enough_fewer_of_the_nearest_are_asked_for():
    assert [near_wanted(found, most=200) for found in (0, ENOUGH - 1, ENOUGH, 9000)] == [200, 200, NEAR, NEAR]
    assert near_wanted(9000, most=3) == 3


def test_the_nearest_of_many_that_have_the_words_are_ranked_too():
    """Of ten thousand white cups, the nearest in meaning used to be left out where words put them far behind."""
    near = np.array([7, 4321, 9000])
    rows = joined(np.arange(5000), near, limit=6000)
    assert {4321, 9000} <= set(rows[:DEPTH].tolist()) and rows.tolist().count(4321) == 1
    assert sorted(rows.tolist()) == [*range(5000), 9000]
