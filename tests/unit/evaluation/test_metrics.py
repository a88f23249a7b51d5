"""Every metric against its formula, by hand, and against ranx."""

import warnings
from math import log2

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhanggui.core.interactions import Judgments
from zhanggui.evaluation.coverage import coverage
from zhanggui.evaluation.hit_rate import hit_rate
from zhanggui.evaluation.judged import judged, judged_queries
from zhanggui.evaluation.mrr import mrr
from zhanggui.evaluation.ndcg import gain, ndcg, ndcg_of_hits
from zhanggui.evaluation.precision import precision
from zhanggui.evaluation.recall import recall

HITS = np.array([[True, False, True, False], [False, False, False, True], [False] * 4])
RELEVANT = np.array([3, 1, 0])


def test_ndcg_is_its_formula():
    grades = np.array([[2.0, 0.0, 1.0]])
    judged_grades = np.array([[1.0, 2.0, 3.0, 0.0]])
    actual = 3 / log2(2) + 1 / log2(4)
    ideal = 7 / log2(2) + 3 / log2(3) + 1 / log2(4)
    assert ndcg(gain(grades), gain(judged_grades), k=3) == pytest.approx([actual / ideal])


def test_ndcg_counts_what_was_judged_but_not_found():
    assert ndcg(np.array([[1.0]]), np.array([[1.0, 1.0]]), k=2) == pytest.approx([1 / (1 + 1 / log2(3))])


def test_ndcg_of_hits_is_its_formula():
    expected = [(1 + 1 / log2(4)) / (1 + 1 / log2(3) + 1 / log2(4)), (1 / log2(5)) / 1, 0.0]
    assert ndcg_of_hits(HITS, RELEVANT, k=4) == pytest.approx(expected)


def test_others_are_their_formula():
    assert mrr(HITS, k=4) == pytest.approx([1, 1 / 4, 0])
    assert recall(HITS, RELEVANT, k=3) == pytest.approx([2 / 3, 0 / 1, 0])
    assert precision(HITS, k=3) == pytest.approx([2 / 3, 0 / 3, 0 / 3])
    assert hit_rate(HITS, k=3) == pytest.approx([1, 0, 0])
    assert coverage(np.array([[3, 1], [1, -1]], np.int32), items=5) == 2 / 5


def test_a_page_shorter_than_k_is_not_more_precise_for_it():
    assert precision(np.array([[True]]), k=10) == pytest.approx([1 / 10])


def test_nothing_to_measure():
    none = np.zeros((0, 5), bool)
    for column in (mrr(none, k=5), hit_rate(none, k=5), precision(none, k=5), recall(none, np.zeros(0, int), k=5)):
        assert column.shape == (0,)
    assert mrr(np.zeros((2, 0), bool), k=5).tolist() == [0, 0]
    assert coverage(np.zeros((0, 5), np.int32), items=0) == 0


rankings = st.lists(
    st.tuples(st.permutations(range(8)), st.lists(st.integers(0, 3), min_size=8, max_size=8).filter(any)),
    min_size=1,
    max_size=6,
)


@settings(max_examples=40, deadline=None)
@given(rankings, st.integers(1, 9))
def test_graded_metrics_agree_with_ranx(rows, k):
    ranx = _ranx()
    grades = {f"q{i}": {f"d{d}": grade for d, grade in enumerate(line)} for i, (_, line) in enumerate(rows)}
    run = {f"q{i}": [f"d{d}" for d in order] for i, (order, _) in enumerate(rows)}
    ours = judged(run, Judgments({}, grades), k=k)
    qrels = ranx.Qrels({q: {d: g for d, g in line.items() if g} for q, line in grades.items()})
    scored = ranx.Run({q: {d: 10.0 - r for r, d in enumerate(line)} for q, line in run.items()})
    names = {f"ndcg@{k}": f"ndcg_burges@{k}", f"mrr@{k}": f"mrr@{k}", f"recall@{k}": f"recall@{k}"}
    names[f"hr@{k}"] = f"hit_rate@{k}"
    for name, theirs in names.items():
        assert ours[name].mean() == pytest.approx(ranx.evaluate(qrels, scored, theirs)), name


@settings(max_examples=40, deadline=None)
@given(rankings, st.integers(1, 9))
def test_binary_metrics_agree_with_ranx(rows, k):
    ranx = _ranx()
    hits = np.array([[line[d] > 0 for d in order] for order, line in rows])
    relevant = hits.sum(axis=1)
    qrels = ranx.Qrels({f"q{i}": {f"d{d}": 1 for d in range(8) if line[d]} for i, (_, line) in enumerate(rows)})
    run = ranx.Run({f"q{i}": {f"d{d}": 10.0 - r for r, d in enumerate(order)} for i, (order, _) in enumerate(rows)})
    assert ndcg_of_hits(hits, relevant, k=k).mean() == pytest.approx(ranx.evaluate(qrels, run, f"ndcg@{k}"))
    assert precision(hits, k=k).mean() == pytest.approx(ranx.evaluate(qrels, run, f"precision@{k}"))


def test_judged_leaves_out_queries_without_a_right_answer_and_punishes_a_missing_run():
    judgments = Judgments({}, {"b": {"x": 1.0}, "a": {"x": 2.0}, "c": {"x": 0.0}})
    assert judged_queries(judgments) == ["a", "b"]
    assert judged({"a": ["x"]}, judgments, k=5)["ndcg@5"].tolist() == [1.0, 0.0]
    assert judged({}, Judgments(), k=5)["mrr@5"].shape == (0,)


def _ranx():
    """Import the oracle uncompiled: on a handful of rows its compiler takes a minute, its arithmetic a moment."""
    import numba

    numba.config.DISABLE_JIT = True
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import ranx
    return ranx
