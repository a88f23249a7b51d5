"""The best of a search judged again: which, in what order, when not, and what is counted."""

import threading

import numpy as np
import pytest

from zhanggui.core.candidate import Candidate, Evidence
from zhanggui.core.product import Product
from zhanggui.core.protocols import Context
from zhanggui.core.request import Request, Surface
from zhanggui.data.store.memory import MemoryStore
from zhanggui.engine.rankers.cross_encoder import CrossEncoderRanker, Judge, mixed
from zhanggui.engine.rankers.given import GivenRanker
from zhanggui.engine.rankers.pace import Judged, PairPace, Tally
from zhanggui.engine.shelf import Shelf
from zhanggui.engine.timely import Timely

TEA = Request(Surface.SEARCH, query="tea")
FOUND = [Candidate(f"p{n:02}", (Evidence("bm25", 30.0 - n),)) for n in range(30)]


class Scorer:
    """The later in the list, the better; counts what it is asked, fails or waits when told to."""

    name = "numbers"

    def __init__(self):
        self.asked, self.fails, self.gate = [], False, threading.Event()
        self.gate.set()

    def score(self, query, texts):
        self.asked.append((query, list(texts)))
        assert self.gate.wait(30)
        if self.fails:
            raise RuntimeError("no")
        return np.array([float(text.split()[-1]) for text in texts], np.float32)


@pytest.fixture
def bench():
    timely, tally, scorer = Timely(), Tally(), Scorer()
    store = MemoryStore()
    store.put_products([Product(f"p{n:02}", title=f"tea {n}") for n in range(30)])
    shelf = Shelf(store)

    def make(**options):
        judge = Judge(scorer, **{"weight": 1.0, "milliseconds": 30_000, **options})
        return CrossEncoderRanker(GivenRanker(), judge, shelf, timely, tally)

    yield make, scorer, tally
    scorer.gate.set()
    timely.close()


def order(ranker, request=TEA):
    ranked = ranker.rank(request, Context(0), FOUND)
    return [int(c.item[1:]) for c in sorted(ranked, key=lambda c: (-c.score, c.item))]


def test_the_first_twenty_are_judged_and_the_rest_stays_as_it_was(bench):
    make, scorer, tally = bench
    assert order(make()) == [*range(19, -1, -1), *range(20, 30)]
    assert scorer.asked == [("tea", [f"tea {n}" for n in range(20)])]
    assert (tally.now().runs, tally.now().pairs, tally.now().skipped) == (1, 20, {})


def test_weight_nought_keeps_the_order(bench):
    assert order(bench[0](weight=0.0)) == list(range(30))


def test_what_it_said_is_evidence_of_the_judged_alone(bench):
    ranked = {c.item: c for c in bench[0]().rank(TEA, Context(0), FOUND)}
    assert ranked["p07"].by("cross_encoder") == Evidence("cross_encoder", 7.0)
    assert ranked["p25"].by("cross_encoder") is None and ranked["p07"].by("bm25").score == 23.0


def test_pairs_are_remembered_by_what_is_said(bench):
    make, scorer, tally = bench
    ranker = make()
    assert order(ranker) == order(ranker) and len(scorer.asked) == 1
    assert (tally.now().runs, tally.now().remembered) == (1, 1)
    order(ranker, Request(Surface.SEARCH, query="pot"))
    assert len(scorer.asked) == 2


def test_a_late_one_leaves_the_order_and_is_known_next_time(bench, until):
    make, scorer, tally = bench
    ranker = make(milliseconds=5.0)
    scorer.gate.clear()
    assert order(ranker) == list(range(30))
    assert tally.now().skipped == {"late": 1} and tally.now().runs == 0
    scorer.gate.set()
    until(lambda: len(ranker._known) == 20)
    assert order(ranker)[0] == 19 and len(scorer.asked) == 1


def test_one_that_is_expected_to_be_late_is_not_asked(bench):
    make, scorer, tally = bench
    ranker = make(milliseconds=40.0)
    ranker._pace.took(20, 400.0)
    assert order(ranker) == list(range(30))
    assert scorer.asked == [] and tally.now() == Judged(skipped={"expected": 1})


def test_after_enough_skips_it_is_tried_again(bench):
    make, scorer, tally = bench
    ranker = make(milliseconds=40.0)
    ranker._pace.took(20, 60.0)
    skips = 0
    while not scorer.asked:
        order(ranker)
        skips += 1
        assert skips < 100
    assert tally.now().skipped["expected"] == skips - 1 == 21  # 60 * .98 ** 21 is the first below 40


def test_one_that_fails_leaves_the_order_and_is_counted(bench):
    make, scorer, tally = bench
    scorer.fails = True
    assert order(make()) == list(range(30)) and tally.now().skipped == {"failed": 1}


def test_logits_that_are_no_numbers_are_a_failure(bench, monkeypatch):
    make, scorer, tally = bench
    monkeypatch.setattr(scorer, "score", lambda query, texts: np.full(len(texts), np.nan, np.float32))
    assert order(make()) == list(range(30)) and tally.now().skipped == {"failed": 1}


def test_nothing_typed_or_nothing_to_order_is_left_alone(bench):
    make, scorer, _ = bench
    assert order(make(), Request(Surface.SEARCH, query="  ")) == list(range(30))
    assert make().rank(TEA, Context(0), FOUND[:1])[0].item == "p00" and scorer.asked == []


def test_equals_keep_their_order_and_stay_before_the_rest():
    found = [Candidate(name, (), 0.5) for name in "zyx"]
    ranked = mixed(found, np.zeros(3), weight=0.5)
    assert [c.item for c in ranked] == ["z", "y", "x"] and min(c.score for c in ranked) > 0.5


@pytest.mark.parametrize("seed", range(5))
def test_nine_runs_in_ten_stay_below_the_guess(seed):
    rng, pace = np.random.default_rng(seed), PairPace()
    times = rng.gamma(4.0, 5.0, size=2000)
    held = []
    for milliseconds in times:
        held.append(milliseconds <= pace.expects(20))
        pace.took(20, milliseconds)
    assert 0.75 < np.mean(held[200:]) < 0.98
