import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhanggui.core.candidate import Candidate, Evidence
from zhanggui.core.protocols import Context
from zhanggui.core.request import Request, Surface
from zhanggui.engine.rankers.joined import JoinedRanker

REQUEST, CONTEXT = Request(Surface.FOR_YOU), Context(0)


def ranked(ranker, candidates):
    return {c.item: c.score for c in ranker.rank(REQUEST, CONTEXT, candidates)}


def one(item, **scores):
    return Candidate(item, tuple(Evidence(source, score) for source, score in scores.items()))


def test_places_count_and_lists_add_up():
    scores = ranked(JoinedRanker({"a": 1.0, "b": 0.5}), [one("x", a=9.0), one("y", a=1.0, b=1e6), one("z", c=5.0)])
    assert scores == pytest.approx({"x": 1.0, "y": 1 / (1 + 1 / 20) + 0.5, "z": 0.0})


def test_what_goes_with_a_recent_act_counts_by_how_recent_it_is():
    def related(item, source, recent):
        return Candidate(item, (Evidence(source, 0.1, (("item", "seed"), ("recent", recent))),))

    scores = ranked(JoinedRanker({}, recent=0.8), [related("now", "knn", 1.0), related("then", "content", 0.25)])
    assert scores == pytest.approx({"now": 0.8, "then": 0.2})


@given(st.lists(st.integers(-1000, 1000), unique=True, min_size=1, max_size=20))
def test_only_the_order_of_a_list_counts(scores):
    ranker = JoinedRanker({"a": 1.0})
    plain = [one(str(n), a=score) for n, score in enumerate(scores)]
    stretched = [one(str(n), a=score * 3 - 7) for n, score in enumerate(scores)]
    assert ranked(ranker, plain) == ranked(ranker, stretched)


@given(st.permutations(list(range(8))))
def test_the_order_of_arrival_does_not_count(order):
    items = [one(str(n), a=n // 2) for n in range(8)]
    assert ranked(JoinedRanker({"a": 1.0}), [items[n] for n in order]) == ranked(JoinedRanker({"a": 1.0}), items)
