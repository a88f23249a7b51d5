import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from zhanggui.retrieval.fusion import FUSIONS, Fusion, meaning_only, reciprocal_rank, words_only

SCORES = st.one_of(st.just(np.nan), st.floats(0, 1, width=32))
BOTH = st.integers(0, 12).flatmap(lambda n: st.tuples(*[arrays(np.float32, n, elements=SCORES)] * 2))
EVERY = [*FUSIONS.values(), words_only, meaning_only]


def order(scores):
    return np.argsort(-scores, kind="stable").tolist()


def single(*values):
    return np.array(values, np.float32)


@pytest.mark.parametrize("fuse", EVERY)
@given(both=BOTH)
def test_gives_every_match_a_number(fuse, both):
    lexical, dense = both
    scores = fuse(lexical, dense)
    assert (scores.shape, scores.dtype) == (lexical.shape, np.float32)
    assert np.isfinite(scores).all()


@pytest.mark.parametrize("fuse", EVERY)
def test_better_on_both_sides_is_better(fuse):
    assert order(fuse(single(0.2, 0.9, 0.5), single(0.7, 0.9, 0.8))) == [1, 2, 0]


@pytest.mark.parametrize("fuse", FUSIONS.values())
def test_a_silent_side_leaves_the_order_to_the_other(fuse):
    silent = single(np.nan, np.nan, np.nan)
    assert order(fuse(single(0.1, 0.3, 0.2), silent)) == [1, 2, 0]
    assert order(fuse(silent, single(0.81, 0.83, 0.82))) == [1, 2, 0]


def test_a_vector_still_missing_counts_as_average():
    scores = Fusion(weight=0.5)(single(0.5, 0.5, 0.5), single(0.9, np.nan, 0.8))
    assert order(scores) == [0, 1, 2]


def test_the_score_of_a_match_does_not_depend_on_the_others():
    lexical, dense = single(0.9, 0.4, 0.1), single(0.9, 0.85, 0.88)
    fewer = Fusion()(lexical[:2], dense[:2])
    assert Fusion()(lexical, dense)[:2].tolist() == fewer.tolist()


def test_single_sides_put_the_unknown_last():
    assert order(words_only(single(0.1, np.nan, 0.3, np.nan), single(0.7, 0.8, np.nan, 0.9))) == [2, 0, 3, 1]
    assert order(meaning_only(single(0.1, np.nan, 0.3, 0.2), single(0.7, 0.8, np.nan, np.nan))) == [1, 0, 2, 3]


def test_reciprocal_ranks_are_the_formula():
    assert reciprocal_rank(single(3, 1), single(np.nan, 9), k=1).tolist() == pytest.approx([1 / 2, 1 / 3 + 1 / 2])
