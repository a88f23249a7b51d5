import numpy as np

from zhanggui.core.candidate import Candidate, Evidence
from zhanggui.core.ids import ItemId, Millis
from zhanggui.core.protocols import Context
from zhanggui.core.request import Request, Surface
from zhanggui.engine.rankers.fusion import FusionRanker
from zhanggui.retrieval.fusion import words_only

REQUEST, CONTEXT = Request(Surface.SEARCH, query="tea"), Context(Millis(0))


def found(item, score):
    return Candidate(ItemId(item), (Evidence("bm25", score),))


def ranked(candidates, wanted):
    ranker = FusionRanker(words_only, lambda items: np.array([wanted.get(item, 0) for item in items]))
    return [c.item for c in sorted(ranker.rank(REQUEST, CONTEXT, candidates), key=lambda c: (-c.score, c.item))]


def test_of_equal_matches_the_more_wanted_comes_first():
    same = [found("a", 0.5), found("b", 0.5), found("c", 0.5)]
    assert ranked(same, {"b": 9, "c": 2}) == ["b", "c", "a"]


def test_popularity_never_passes_a_better_match():
    assert ranked([found("better", 0.51), found("loved", 0.50)], {"loved": 1_000_000}) == ["better", "loved"]


def test_a_shop_without_shoppers_orders_by_the_match_alone():
    assert ranked([found("x", 0.1), found("y", 0.2)], {}) == ["y", "x"]


def test_nothing_found_stays_nothing():
    assert ranked([], {}) == []
