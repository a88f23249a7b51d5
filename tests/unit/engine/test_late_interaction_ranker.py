"""The best of a search in the order of their tokens: which, how far, and when not."""

import numpy as np
import pytest

from zhanggui.core.candidate import Candidate, Evidence
from zhanggui.core.product import Product
from zhanggui.core.protocols import Context
from zhanggui.core.request import Request, Surface
from zhanggui.data.store.memory import MemoryStore
from zhanggui.engine.rankers.given import GivenRanker
from zhanggui.engine.rankers.late_interaction import SOURCE, LateInteractionRanker, met_again
from zhanggui.engine.shelf import Shelf
from zhanggui.engine.timely import Timely

FOUND = [Candidate(f"p{n:02}", (Evidence("dense", 30.0 - n),)) for n in range(30)]


class Scorer:
    """The later in the list, the better; knows no odd number when told so, and fails when told so."""

    name = "numbers"

    def __init__(self):
        self.asked, self.fails, self.even = [], False, False

    def score(self, query, texts):
        self.asked.append((query, list(texts)))
        if self.fails:
            raise RuntimeError("no")
        numbers = [float(text.split()[-1]) for text in texts]
        return np.array([np.nan if self.even and n % 2 else n for n in numbers], np.float32)

    def read_missing(self):
        return 0


@pytest.fixture
def bench():
    timely, scorer, store = Timely(), Scorer(), MemoryStore()
    store.put_products([Product(f"p{n:02}", title=f"tea {n}") for n in range(30)])
    yield LateInteractionRanker(GivenRanker(), scorer, Shelf(store), timely), scorer, timely
    timely.close()


def ranked(ranker, query="茶"):
    found = ranker.rank(Request(Surface.SEARCH, query=query), Context(0), FOUND)
    return sorted(found, key=lambda c: (-c.score, c.item))


def order(ranker, query="茶"):
    return [int(c.item[1:]) for c in ranked(ranker, query)]


def test_the_best_twenty_are_ordered_by_tokens_and_the_rest_stays_behind(bench):
    ranker, scorer, _ = bench
    assert order(ranker) == [*range(19, -1, -1), *range(20, 30)]
    assert scorer.asked == [("茶", [f"tea {n}" for n in range(20)])]


def test_the_evidence_says_how_well_it_was_met(bench):
    ranker, _, _ = bench
    first = ranked(ranker)[0]
    assert [(one.source, one.score) for one in first.evidence] == [("dense", 11.0), (SOURCE, 19.0)]


def test_tokens_count_more_in_a_chinese_query(bench):
    ranker, _, _ = bench
    assert order(ranker, "tea")[:20] == list(range(20))  # a place and a token weigh the same: the order stays
    assert order(ranker, "green 茶")[0] == 19


def test_a_product_without_tokens_is_neither_lost_nor_favoured(bench):
    ranker, scorer, _ = bench
    scorer.even = True
    found = order(ranker)[:20]
    assert found.index(18) < found.index(1) < found.index(0) and [c for c in found if c % 2] == list(range(1, 20, 2))
    assert all(len(c.evidence) == (1 if int(c.item[1:]) % 2 else 2) for c in ranked(ranker)[:20])


def test_a_scorer_that_fails_leaves_the_order(bench):
    ranker, scorer, timely = bench
    scorer.fails = True
    assert order(ranker) == list(range(30)) and timely.failures() == {SOURCE: 1}


def test_without_words_nothing_is_judged(bench):
    ranker, scorer, _ = bench
    assert order(ranker, "") == list(range(30)) and order(ranker, "-tea") == list(range(30)) and not scorer.asked


def test_a_page_that_meaning_missed_does_not_wait_for_tokens(bench):
    ranker, scorer, _ = bench
    words = [Candidate(c.item, (Evidence("bm25", 1.0),)) for c in FOUND]
    found = ranker.rank(Request(Surface.SEARCH, query="茶"), Context(0), words)
    assert [c.item for c in found] == [c.item for c in FOUND] and not scorer.asked


def test_what_is_not_on_the_shelf_and_a_single_product_do_no_harm(bench):
    ranker, scorer, _ = bench
    request = Request(Surface.SEARCH, query="tea")
    assert [c.item for c in ranker.rank(request, Context(0), FOUND[:1])] == ["p00"] and not scorer.asked
    assert ranker.rank(request, Context(0), []) == []


def test_equals_keep_their_order_and_scores_stay_above_what_follows():
    found = [Candidate(name, (), 0.5) for name in "abc"]
    assert [c.item for c in met_again(found, np.full(3, np.nan), query="茶")] == ["a", "b", "c"]
    assert min(c.score for c in met_again(found, np.array([0.1, 0.9, -1.0]), query="茶")) > 0.5
