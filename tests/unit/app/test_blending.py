"""How much a cross-encoder counts: chosen by what it does to pages of search."""

import numpy as np
import pytest

from zhanggui.app.blending import (
    WEIGHTS,
    Page,
    Questions,
    ask,
    best_weight,
    confirmed,
    harmless_weights,
    judgments_of,
    logits_of,
    mean_mrr,
    page_milliseconds,
)
from zhanggui.core.candidate import Candidate
from zhanggui.core.ids import ItemId
from zhanggui.core.interactions import Judgments
from zhanggui.core.passage import passage
from zhanggui.core.product import Product
from zhanggui.core.protocols import Change, ChangeKind
from zhanggui.data.examples.pair import Pair, PairKind
from zhanggui.retrieval.index import MemoryIndex
from zhanggui.retrieval.text.analyser import Analyser
from zhanggui.training.teachers import SearchTeacher

SHELF = [Product(ItemId(f"p{n}"), title=f"cup {'cup ' * n}size{n}") for n in range(6)]
TEXTS = {product.item_id: passage(product) for product in SHELF}


class Wordy:
    """A scorer that likes one item; it remembers what it was asked."""

    name = "wordy"

    def __init__(self, liked, *, much=5.0):
        self.liked, self.much, self.asked = TEXTS[liked], much, []

    def score(self, query, texts):
        self.asked.append((query, tuple(texts)))
        return np.array([self.much if text == self.liked else 0.0 for text in texts], np.float32)


@pytest.fixture
def search():
    index = MemoryIndex(analyser=Analyser(), dim=0)
    index.apply([Change(n, ChangeKind.PRODUCT, p.item_id, p) for n, p in enumerate(SHELF, 1)], len(SHELF))
    return SearchTeacher(index, depth=20)


def questions(search, right, query="cup"):
    """The same query, asked twice."""
    names = ("q", "again")
    return ask(search, Judgments(dict.fromkeys(names, query), {name: {ItemId(right): 1.0} for name in names}), TEXTS)


def nobody(done, steps):
    pass


def worst_of(search):
    return search(["cup"])[0][-1][0]


def test_a_scorer_that_knows_better_gets_the_least_weight_that_is_enough(search):
    worst = worst_of(search)
    asked = questions(search, worst)
    logits = logits_of(asked, Wordy(worst), told=nobody)
    weight = best_weight(asked, logits)
    assert weight > 0 and mean_mrr(asked, logits, weight) == 1.0
    assert mean_mrr(asked, logits, WEIGHTS[WEIGHTS.index(weight) - 1]) < 1.0
    assert mean_mrr(asked, logits, 0.0) == pytest.approx(1 / 6)


def test_a_scorer_that_errs_gets_none(search):
    best = search(["cup"])[0][0][0]
    asked = questions(search, best)
    assert best_weight(asked, logits_of(asked, Wordy(worst_of(search)), told=nobody)) == 0.0


def test_a_scorer_that_says_nothing_gets_none(search):
    asked = questions(search, worst_of(search))
    assert best_weight(asked, logits_of(asked, Wordy("p0", much=0.0), told=nobody)) == 0.0


def test_a_gain_within_chance_is_no_gain():
    """One query of ten gains half a rank, as it might by chance; three of ten do not."""
    found = (Candidate(ItemId("a"), (), 0.9), Candidate(ItemId("b"), (), 0.8))
    names = [f"q{n}" for n in range(10)]
    pages = dict.fromkeys(names, Page("cup", found, ("a", "b")))
    for gaining, helps in ((1, False), (3, True)):
        right = {name: {ItemId("b" if n < gaining else "a"): 1.0} for n, name in enumerate(names)}
        logits = {name: np.array([0.0, 1.0 if n < gaining else 0.0]) for n, name in enumerate(names)}
        asked = Questions(Judgments(dict.fromkeys(names, "cup"), right), pages)
        assert mean_mrr(asked, logits, 0.9) == 1.0 > mean_mrr(asked, logits, 0.0)
        assert (best_weight(asked, logits) > 0) is helps


def told_apart(rights, *, logit=1.0):
    """Return queries whose pages have a before b, right is what is said, and a scorer prefers b by so much."""
    found = (Candidate(ItemId("a"), (), 0.9), Candidate(ItemId("b"), (), 0.8))
    right = {f"q{n}": {ItemId(one): 1.0} for n, one in enumerate(rights)}
    names = list(right)
    asked = Questions(Judgments(dict.fromkeys(names, "cup"), right), dict.fromkeys(names, Page("cup", found, TWO)))
    return asked, {name: np.array([0.0, logit]) for name in names}


TWO = ("a", "b")


def test_what_search_is_sure_of_bounds_the_weight():
    kept = harmless_weights(*told_apart("aaaa"))
    assert kept == WEIGHTS[: len(kept)] and 0.0 < max(kept) < 0.6, "from one half on the scorer decides"
    assert harmless_weights(*told_apart("bbbb")) == WEIGHTS
    assert harmless_weights(*told_apart("")) == WEIGHTS, "who asks nothing forbids nothing"
    wished = told_apart("bbbb")
    assert best_weight(*wished) > 0.5 and best_weight(*wished, kept) == 0.0


def test_a_weight_must_hold_where_it_was_not_chosen():
    assert confirmed(0.9, *told_apart("bbba")) == 0.9
    assert confirmed(0.9, *told_apart("baaa")) == 0.0
    assert confirmed(0.9, *told_apart("")) == 0.9
    assert confirmed(0.9, *told_apart("aa", logit=-1.0)) == 0.9, "no worse is enough"


def test_queries_are_put_as_serving_puts_them(search):
    scorer = Wordy("p0")
    logits_of(questions(search, "p0", '"cup" -mug'), scorer, told=nobody)
    assert [query for query, _ in scorer.asked] == ["cup", "cup"]
    assert set(scorer.asked[0][1]) == set(TEXTS.values())


def test_pages_of_nothing_and_of_one_count_as_they_are(search):
    for query, found in (("unheard", 0), ("size3", 1)):
        asked = questions(search, "p3", query)
        logits = logits_of(asked, Wordy("p0"), told=nobody)
        assert len(asked.pages["q"].best) == found
        assert best_weight(asked, logits) == 0.0 and mean_mrr(asked, logits, 1.0) == found


def test_without_a_question_nothing_is_claimed(search):
    asked = ask(search, Judgments({"q": "cup"}, {}), TEXTS)
    assert (best_weight(asked, {}), mean_mrr(asked, {}, 0.5), page_milliseconds(asked, Wordy("p0"))) == (0.0, 0.0, 0.0)


def test_twenty_pairs_are_timed_however_short_the_page(search):
    scorer = Wordy("p0")
    assert page_milliseconds(questions(search, "p0"), scorer) > 0
    assert {len(texts) for _, texts in scorer.asked} == {20}


def test_whatever_says_the_same_is_right_too():
    pairs = [Pair("cup", "mug", ItemId("1"), PairKind.TITLE), Pair("cup", "pot", ItemId("3"), PairKind.QUERY)]
    made = judgments_of(pairs, {"mug": [ItemId("1"), ItemId("2")]})
    assert made == Judgments({"cup": "cup"}, {"cup": {"1": 1.0, "2": 1.0, "3": 1.0}})
