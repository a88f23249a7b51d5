"""Full ranking: pages, targets, terms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from zhanggui.core.errors import InputError
from zhanggui.core.interactions import Histories, Interactions, Split, Vocabulary
from zhanggui.evaluation import ranking
from zhanggui.evaluation.novelty import new_only, new_targets
from zhanggui.evaluation.ranking import evaluate, hits_of, shown
from zhanggui.evaluation.seen import AllSeen, NoneSeen
from zhanggui.evaluation.topk import topk, topk_without
from zhanggui.models.checks import small_log
from zhanggui.models.popularity import Popularity

ITEMS = Vocabulary("abcd")


class Fixed:
    """A recommender that gives every history the same scores."""

    name = "fixed"

    def __init__(self, *scores):
        self.items_ = ITEMS
        self.scores = np.array(scores, np.float32)
        self.calls = 0

    def score(self, histories):
        self.calls += 1
        return np.tile(self.scores, (len(histories), 1))


def ragged(*rows):
    starts = np.concatenate(([0], np.cumsum([len(row) for row in rows]))).astype(np.int64)
    flat = np.array([item for row in rows for item in row], np.int32)
    return Histories(starts, flat, np.arange(len(flat)), np.zeros(len(flat), np.uint8))


def question(histories, targets):
    none = np.zeros(0, np.int64)
    log = Interactions(Vocabulary(()), ITEMS, none, np.array([0, 1, 2], np.int32), none, none, none)
    return Split("hand made", log, tuple("uvw"[: len(histories)]), ragged(*histories), ragged(*targets), "by hand")


def test_metrics_by_hand():
    found = evaluate({"fixed": Fixed(4, 3, 2, 1)}, question([[0], [3]], [[2], [0, -1]]), k=2, shipped={"fixed"})
    row = found.rows[0]
    assert row.values["hr@2"].tolist() == [1, 1] and row.values["mrr@2"].tolist() == [1 / 2, 1]
    assert row.values["recall@2"].tolist() == [1, 1 / 2] and row.values["precision@2"].tolist() == [1 / 2, 1 / 2]
    ideal = 1 + 1 / np.log2(3)
    assert row.values["ndcg@2"] == pytest.approx([1 / np.log2(3), 1 / ideal])
    assert row.metrics["coverage@2"] == 3 / 3 and found.n == 2 and row.shipped
    assert found.note == "by hand; seen items are filtered"
    assert found.as_json()["rows"][0]["metrics"]["hr@2"] == 1


def test_seen_items_return_when_they_may():
    pages = shown({"f": Fixed(4, 3, 2, 1)}, ragged([0, 1]), k=2, seen={"new": AllSeen(), "all": NoneSeen()})
    assert pages["new", "f"].tolist() == [[2, 3]] and pages["all", "f"].tolist() == [[0, 1]]


def test_memory_is_bounded_and_progress_told(monkeypatch):
    monkeypatch.setattr(ranking, "_CELLS", 8)
    model, told = Fixed(4, 3, 2, 1), []
    whole = ragged(*[[n % 4] for n in range(5)])
    pages = shown({"f": model}, whole, k=1, seen={"": AllSeen()}, progress=lambda *a: told.append(a))
    assert model.calls == 3 and told == [(2, 5), (4, 5), (5, 5)]
    assert pages["", "f"].ravel().tolist() == [1, 0, 0, 0, 1]


def test_other_items_than_the_split_are_refused():
    with pytest.raises(InputError, match="Fit it on split.train first"):
        evaluate({"p": Popularity().fit(small_log())}, question([[0]], [[1]]))


def test_nobody_to_ask():
    found = evaluate({"f": Fixed(1, 2, 3, 4)}, question([], []), k=3)
    assert found.n == 0 and found.rows[0].metrics["ndcg@3"] == 0


def test_unknown_targets_count_as_misses():
    hits, relevant = hits_of(np.array([[1, -1]], np.int32), ragged([-1, -1, 1]))
    assert hits.tolist() == [[True, False]] and relevant.tolist() == [3]


def test_new_items_only():
    old = question([[0, 1], [2], [3]], [[0], [0, 2, 0], [-1]])
    new = new_only(old)
    assert new.users == ("v", "w") and new.targets.item.tolist() == [0, 0, -1]
    assert new.histories.item.tolist() == [2, 3] and "which 2 did" in new.note
    assert len(new_targets(old.histories, old.targets)) == 3


scores = arrays(
    np.float32, st.tuples(st.integers(0, 4), st.integers(0, 7)), elements=st.sampled_from([-np.inf, 0, 1, 2])
)


@given(scores, st.integers(1, 9))
def test_topk_is_a_stable_sort(values, k):
    for row, found in zip(values, topk(values, k=k), strict=True):
        best = sorted((c for c in range(len(row)) if row[c] > -np.inf), key=lambda c: (-row[c], c))[:k]
        assert found.tolist() == best + [-1] * (k - len(best))


@given(scores.filter(lambda values: values.size), st.integers(1, 3), st.data())
def test_topk_without_leaves_the_scores_alone(values, k, data):
    rows = np.array(data.draw(st.lists(st.integers(0, len(values) - 1), max_size=4)), np.int64)
    columns = np.array([data.draw(st.integers(0, values.shape[1] - 1)) for _ in rows], np.int64)
    before = values.copy()
    found = topk_without(values, (rows, columns), k=k)
    assert np.array_equal(values, before)
    assert not any(column in found[row] for row, column in zip(rows, columns, strict=True))
